#pragma once
/// A thread with as little stack as musl gives one.

#include <pthread.h>

#include <functional>
#include <stdexcept>

namespace n2c::test {

/// Runs `body`, which must not throw, on a thread with 128 KiB of stack (8 times as much under
/// AddressSanitizer and ThreadSanitizer, whose frames are larger) and waits for it.
inline void on_small_stack(const std::function<void()>& body) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t bytes = 1 << 20;
#elif defined(__has_feature)
  constexpr bool are_frames_larger =
      __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
  constexpr std::size_t bytes = are_frames_larger ? 1 << 20 : 128 << 10;
#else
  constexpr std::size_t bytes = 128 << 10;
#endif
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, bytes);
  pthread_t thread;
  const auto run = [](void* given) -> void* {
    (*static_cast<const std::function<void()>*>(given))();
    return nullptr;
  };
  void* const given = const_cast<std::function<void()>*>(&body);
  const int failed = pthread_create(&thread, &attributes, run, given);
  pthread_attr_destroy(&attributes);
  if (failed != 0) throw std::runtime_error("no thread could be made");
  pthread_join(thread, nullptr);
}

}  // namespace n2c::test
