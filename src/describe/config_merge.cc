#include "describe/config_merge.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "go/encoding_json.h"

namespace n2c {

namespace {

using Texts = std::optional<std::vector<std::string>>;

std::string_view variable_of(std::string_view setting) {
  return setting.substr(0, setting.find('='));
}

Texts merge_env(const Texts& base, const Texts& own) {
  if (!base) return own;
  std::vector<std::string> merged = *base;
  for (const std::string& setting : own.value_or(std::vector<std::string>{})) {
    const auto same = std::ranges::find_if(merged, [&](const std::string& there) {
      return variable_of(there) == variable_of(setting);
    });
    if (same != merged.end()) {
      *same = setting;
    } else {
      merged.push_back(setting);
    }
  }
  return merged;
}

const std::string& own_or(const std::string& own, const std::string& base) {
  return own.empty() ? base : own;
}

bool is_set(const Texts& texts) { return texts && !texts->empty(); }

/// As dockerd does when a container is made of an image.
std::optional<oci::Healthcheck> merge_checks(const std::optional<oci::Healthcheck>& base,
                                             const std::optional<oci::Healthcheck>& own) {
  if (!base || !own) return own ? own : base;
  oci::Healthcheck merged = *own;
  if (!is_set(merged.test)) merged.test = base->test;
  for (const auto member :
       {&oci::Healthcheck::interval, &oci::Healthcheck::timeout, &oci::Healthcheck::start_period,
        &oci::Healthcheck::start_interval, &oci::Healthcheck::retries}) {
    if (merged.*member == 0) merged.*member = (*base).*member;
  }
  merged.others.insert(merged.others.end(), base->others.begin(), base->others.end());
  return merged;
}

oci::DockerConfig merge_dockers(const oci::DockerConfig& base, const oci::DockerConfig& own) {
  oci::DockerConfig merged = own;
  merged.healthcheck = merge_checks(base.healthcheck, own.healthcheck);
  if (!is_set(own.shell)) merged.shell = base.shell;
  if (!own.stop_timeout) merged.stop_timeout = base.stop_timeout;
  return merged;
}

/// The same value with a string Cmd or Entrypoint as a list of one.
go::Json with_lists(const go::Json& container) {
  const go::Json::Object* members = container.as_object();
  if (members == nullptr) return container;
  go::Json::Object fixed;
  for (const auto& [key, value] : *members) {
    const std::string lower = lower_ascii(key);
    const bool may_be_text = lower == "cmd" || lower == "entrypoint";
    if (may_be_text && value.as_string() != nullptr) {
      fixed.emplace_back(key, go::Json(go::Json::Array{value}));
    } else {
      fixed.emplace_back(key, value);
    }
  }
  return fixed;
}

Parsed<std::vector<oci::History>> read_history(const go::Json& config, std::size_t layers) {
  std::vector<oci::History> all;
  if (const go::Json* history = config.find("history")) {
    const auto wrong = go::decode_list<oci::History>(
        *history, all, [](const go::Json& json, oci::History& one) { return one.decode(json); });
    if (wrong) return std::unexpected(wrong->below("history").str());
  }
  if (oci::layers_in(all) > layers) all.clear();
  all.resize(all.size() + layers - oci::layers_in(all));
  return all;
}

}  // namespace

oci::ContainerConfig merge_configs(const oci::ContainerConfig& base,
                                   const oci::ContainerConfig& own) {
  oci::ContainerConfig merged = own;
  merged.user = own_or(own.user, base.user);
  merged.working_dir = own_or(own.working_dir, base.working_dir);
  merged.stop_signal = own_or(own.stop_signal, base.stop_signal);
  merged.env = merge_env(base.env, own.env);
  merged.exposed_ports.insert(base.exposed_ports.begin(), base.exposed_ports.end());
  merged.volumes.insert(base.volumes.begin(), base.volumes.end());
  merged.labels.insert(base.labels.begin(), base.labels.end());
  merged.docker = merge_dockers(base.docker, own.docker);
  if (!is_set(own.entrypoint)) {
    if (!own.entrypoint) merged.entrypoint = base.entrypoint;  // an empty list clears it
    if (!is_set(own.cmd)) {
      merged.cmd = base.cmd;
      merged.args_escaped = own.args_escaped || base.args_escaped;
    }
  }
  return merged;
}

Parsed<BaseConfig> read_base_config(std::string_view config_json, std::size_t layers) {
  const auto config = go::Json::parse(config_json);
  if (!config) return std::unexpected(config.error());
  auto facts = oci::read_config_facts(config_json);
  if (!facts) return std::unexpected(facts.error());
  BaseConfig base{.platform = facts->platform};
  if (const go::Json* container = config->find("config")) {
    if (const auto wrong = base.container.decode(with_lists(*container), oci::DockerKeys::kept)) {
      return std::unexpected(wrong->below("config").str());
    }
  }
  auto history = read_history(*config, layers);
  if (!history) return std::unexpected(history.error());
  base.history = *std::move(history);
  return base;
}

}  // namespace n2c
