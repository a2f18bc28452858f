#include "oci/docker_config.h"

#include <array>

#include "base/text.h"

namespace n2c::oci {

namespace {

using go::Json;
using Texts = std::optional<std::vector<std::string>>;

void add_list(Json& json, const char* key, const Texts& list) {
  if (!list || list->empty()) return;
  json.set(key, Json(Json::Array(list->begin(), list->end())));
}

struct NamedTime {
  const char* name;
  std::int64_t Healthcheck::* nanoseconds;
};
constexpr std::array<NamedTime, 4> check_times{{{"Interval", &Healthcheck::interval},
                                                {"Timeout", &Healthcheck::timeout},
                                                {"StartPeriod", &Healthcheck::start_period},
                                                {"StartInterval", &Healthcheck::start_interval}}};

std::optional<std::string> find_fault(const Healthcheck& check) {
  if (!check.others.empty()) {
    return cat("Healthcheck.", printable(check.others.front().first, 60),
               ": no engine knows this key; it takes Test, Interval, Timeout, StartPeriod, "
               "StartInterval and Retries");
  }
  constexpr std::int64_t millisecond = 1'000'000;
  for (const auto& [name, nanoseconds] : check_times) {
    const std::int64_t time = check.*nanoseconds;
    if (time == 0 || time >= millisecond) continue;
    return cat("Healthcheck.", name, ": ", time, " nanoseconds, and Docker takes no less than ",
               millisecond, "; a second is 1000000000");
  }
  if (check.retries < 0) return cat("Healthcheck.Retries: ", check.retries, " is negative");
  if (!check.test || check.test->empty()) return {};
  const std::string& kind = check.test->front();
  if (kind == "NONE" || kind == "CMD" || kind == "CMD-SHELL") return {};
  return cat("Healthcheck.Test: begins with \"", printable(kind, 60),
             "\", and is [\"CMD\", a program and its words], [\"CMD-SHELL\", a line for the shell] "
             "or [\"NONE\"]");
}

}  // namespace

go::Decoded Healthcheck::decode(const Json& json) {
  std::vector<go::Field> fields{{"Test", [&](const Json& v) { return go::decode(v, test); }},
                                {"Retries", [&](const Json& v) { return go::decode(v, retries); }}};
  for (const NamedTime& time : check_times) {
    fields.push_back({time.name, [this, time](const Json& v) {
                        return go::decode(v, this->*time.nanoseconds);
                      }});
  }
  return go::decode_object(json, "a health check", fields, [&](std::string_view key) {
    if (const Json* value = json.find(key)) others.emplace_back(key, *value);
  });
}

Json Healthcheck::to_json() const {
  Json json(Json::Object{});
  add_list(json, "Test", test);
  for (const auto& [name, nanoseconds] : check_times) {
    if (this->*nanoseconds != 0) json.set(name, Json(this->*nanoseconds));
  }
  if (retries != 0) json.set("Retries", Json(retries));
  for (const auto& [key, value] : others) json.set(key, value);
  return json;
}

std::vector<go::Field> DockerConfig::fields() {
  const auto decode_check = [this](const Json& v) -> go::Decoded {
    if (v.is_null()) {
      healthcheck.reset();
      return {};
    }
    if (!healthcheck) healthcheck.emplace();
    return healthcheck->decode(v);
  };
  const auto decode_timeout = [this](const Json& v) -> go::Decoded {
    if (v.is_null()) {
      stop_timeout.reset();
      return {};
    }
    return go::decode(v, stop_timeout.emplace());
  };
  return {{"Healthcheck", decode_check},
          {"OnBuild", [this](const Json& v) { return go::decode(v, on_build); }},
          {"Shell", [this](const Json& v) { return go::decode(v, shell); }},
          {"StopTimeout", decode_timeout}};
}

void DockerConfig::add_to(Json& config) const {
  if (healthcheck) config.set("Healthcheck", healthcheck->to_json());
  add_list(config, "OnBuild", on_build);
  add_list(config, "Shell", shell);
  if (stop_timeout) config.set("StopTimeout", Json(*stop_timeout));
}

std::optional<std::string> find_fault(const DockerConfig& config) {
  return config.healthcheck ? find_fault(*config.healthcheck) : std::nullopt;
}

}  // namespace n2c::oci
