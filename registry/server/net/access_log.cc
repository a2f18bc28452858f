#include "registry/server/net/access_log.h"

#include <array>
#include <chrono>
#include <ctime>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c::registry {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
}

}  // namespace

std::string access_line(const AccessRecord& record) {
  const auto tenths = duration_cast<microseconds>(record.elapsed).count() / 100;
  return cat(record.peer, ' ', printable(record.method), ' ', printable(record.target), ' ',
             record.status == 0 ? std::string("cut") : cat(record.status), ' ', record.bytes_in,
             ' ', record.bytes_out, ' ', tenths / 10, '.', tenths % 10, " ms");
}

std::string access_json(const AccessRecord& record) {
  go::Json json{go::Json::Object{}};
  json.set("time", utc_now())
      .set("peer", record.peer)
      .set("method", record.method)
      .set("target", record.target)
      .set("status", go::Json(std::int64_t{record.status}))
      .set("bytes_in", go::Json(record.bytes_in))
      .set("bytes_out", go::Json(record.bytes_out))
      .set("microseconds",
           go::Json(std::int64_t{duration_cast<microseconds>(record.elapsed).count()}))
      .set("user_agent", record.user_agent);
  return json.compact();
}

}  // namespace n2c::registry
