#include "registry/client/address_guard.h"

#include <utility>

#include "base/text.h"
#include "registry/client/failure.h"

namespace n2c::registry {

namespace {

Error address_refused(std::string_view what, const std::string& host) {
  return {ErrorKind::registry, cat("refusing to be led to ", what),
          cat("a registry may lead into a private network only from within one: is ", host,
              " the registry you mean?")};
}

}  // namespace

AddressGuard::AddressGuard(http::Transport& next, std::string host, http::Url home)
    : next_(next),
      host_(std::move(host)),
      home_(std::move(home)),
      home_nearness_(nearness_of(home_.host())) {}

http::Response AddressGuard::send(const http::Request& request, std::stop_token stop) {
  const auto checked = [&](const auto& check) { with_context(http::request_line(request), check); };
  checked([&] { check_name(request.url); });
  http::Request guarded = request;
  guarded.on_connected = [&](std::string_view address) {
    checked([&] { check_address(request.url, address); });
  };
  return next_.send(guarded, std::move(stop));
}

void AddressGuard::check_name(const http::Url& url) const {
  if (url.host() == home_.host() || nearness_of(url.host()) <= home_nearness_) return;
  throw address_refused(cat("the private address ", url.host()), host_);
}

void AddressGuard::check_address(const http::Url& url, std::string_view address) {
  const Nearness nearness = nearness_of(address);
  if (url.host() == home_.host()) {
    home_nearness_ = nearness;
  } else if (nearness > home_nearness_) {
    throw address_refused(cat(url.host(), ", which is at the private address ", address), host_);
  }
}

}  // namespace n2c::registry
