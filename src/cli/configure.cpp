#include "cli/configure.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cli/grammar.h"

namespace dandori::cli {

namespace {

/// Of one command line, not of a configuration.
constexpr std::array<std::string_view, 9> kNotLasting{
    "help", "version", "yes", "quiet", "reason", "watch", "config", "context", "test-clock"};
constexpr std::array<std::string_view, 3> kByHand{"server", "data", "token-file"};

std::string key_of(const CLI::App* command, const std::string& name) {
  if (name == "output") return "format";
  std::string key = name;
  std::ranges::replace(key, '-', '_');
  return key == "name" ? command->get_name() + "_name" : key;
}

void collect(CLI::App* command, std::vector<Configurable>& found) {
  for (const CLI::Option* known : options_of(command)) {
    if (known->get_lnames().empty()) continue;
    const std::string& name = known->get_lnames().front();
    if (std::ranges::find(kNotLasting, name) != kNotLasting.end()) continue;
    CLI::Option* option = command->get_option("--" + name);
    const std::string key = key_of(command, name);
    auto at = std::ranges::find(found, key, &Configurable::key);
    if (at == found.end()) {
      found.push_back({key,
                       "--" + name,
                       option->get_description(),
                       {},
                       std::ranges::find(kByHand, name) != kByHand.end()});
      at = found.end() - 1;
    }
    at->options.push_back(option);
  }
}

void set_default(const Configurable& item, const Setting& setting, Settings& settings) {
  for (CLI::Option* option : item.options) {
    try {
      option->run_callback_for_default()->default_val(setting.value);
    } catch (const CLI::Error&) {
      const std::string allowed = value_name(option);
      settings.add_problem(
          {"config.bad_value",
           fmt::format("{}: '{}' is no value of {}", setting.where, setting.value, item.key),
           fmt::format("write {}; `dandori config --effective --origin` shows every key",
                       allowed)});
      return;
    }
  }
}

}  // namespace

std::vector<Configurable> configurables(CLI::App& app) {
  std::vector<Configurable> found;
  collect(&app, found);
  for (const char* name : {"server", "dev", "agent"}) {
    if (CLI::App* command = find_command(app, name)) collect(command, found);
  }
  return found;
}

void configure(CLI::App& app, Settings& settings) {
  std::vector<std::string> keys;
  for (Configurable& item : configurables(app)) {
    keys.push_back(item.key);
    if (item.by_hand) continue;
    for (CLI::Option* option : item.options) {
      if (option->get_expected_max() > 0) option->capture_default_str();
    }
    if (const auto setting = settings.find(item.key)) set_default(item, *setting, settings);
  }
  settings.check_keys(keys);
}

std::vector<Setting> effective(CLI::App& app, const Settings& settings) {
  std::vector<Setting> all;
  for (const Configurable& item : configurables(app)) {
    Setting setting{item.key, {}, Origin::fallback, {}};
    if (auto found = settings.find(item.key)) setting = std::move(*found);
    for (const CLI::Option* option : item.options) {
      if (option->count() > 0) {
        const auto results = option->results();
        setting = {item.key, results.empty() ? "true" : results.back(), Origin::flag, item.flag};
      }
    }
    if (setting.origin == Origin::fallback) setting.value = item.options.front()->get_default_str();
    all.push_back(std::move(setting));
  }
  return all;
}

}  // namespace dandori::cli
