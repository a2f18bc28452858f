#pragma once
/// libcurl's easy handle with an owner. Setting an option throws when it fails.

#include <curl/curl.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace n2c::http {

struct EasyCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One easy handle. Used by one thread at a time.
class CurlHandle {
 public:
  CurlHandle() : easy_(curl_easy_init()) {
    if (!easy_) throw std::bad_alloc();
  }
  CURL* get() const { return easy_.get(); }

  // One overload for each type that libcurl reads from its varargs: with a wrong width it would
  // read a wrong value.
  void set(CURLoption option, long value) { check(option, apply(option, value)); }
  void set(CURLoption option, const std::string& value) {
    check(option, apply(option, value.c_str()));
  }
  void set(CURLoption option, void* value) { check(option, apply(option, value)); }
  /// `value` is not copied. It must outlive the handle.
  void set_memory(CURLoption option, const std::string& value) {
    curl_blob blob{const_cast<char*>(value.data()), value.size(), CURL_BLOB_NOCOPY};
    check(option, apply(option, &blob));
  }
  void set_size(CURLoption option, curl_off_t value) { check(option, apply(option, value)); }
  template <class Result, class... Arguments>
  void set(CURLoption option, Result (*callback)(Arguments...)) {
    check(option, apply(option, callback));
  }

  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)headers_.release();
    headers_.reset(longer);
  }
  void use_headers() { set(CURLOPT_HTTPHEADER, static_cast<void*>(headers_.get())); }

  long number(CURLINFO which) const {
    long value = 0;
    curl_easy_getinfo(easy_.get(), which, &value);
    return value;
  }

 private:
  template <class Value>
  CURLcode apply(CURLoption option, Value value) {
    return curl_easy_setopt(easy_.get(), option, value);
  }
  static void check(CURLoption option, CURLcode code) {
    if (code == CURLE_OK) return;
    throw Error(ErrorKind::internal, cat("libcurl refuses its option ", static_cast<int>(option),
                                         ": ", curl_easy_strerror(code)));
  }

  std::unique_ptr<curl_slist, ListCleanup> headers_;  // must outlive the handle
  std::unique_ptr<CURL, EasyCleanup> easy_;
};

}  // namespace n2c::http
