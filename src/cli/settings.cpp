#include "cli/settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ranges>

#include "base/text.h"
#include "spec/reader.h"

namespace dandori::cli {

namespace {

constexpr std::string_view kSystemFile = "/etc/dandori/dandori.yaml";
constexpr std::size_t kFileBytesMax = 1U << 20U;

std::string place_of(const std::string& path, int line) {
  return line > 0 ? fmt::format("{}:{}", path, line) : path;
}

/// nullopt: not there. Errors: config.unreadable.
Result<std::optional<ConfigFile>> read_config(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::nullopt;
  std::ifstream file{path, std::ios::binary};
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  if (file.bad() || (!file.eof() && file.fail()) ||
      !std::filesystem::is_regular_file(path, error)) {
    return fail("config.unreadable", fmt::format("{}: cannot be read", path),
                "it must be a file that you may read");
  }
  if (text.size() > kFileBytesMax) {
    return fail("config.unreadable", fmt::format("{}: larger than 1 MiB", path),
                "a configuration is a short map of keys to values");
  }
  return ConfigFile{path, std::move(text)};
}

}  // namespace

std::string variable_of(std::string_view key) {
  std::string name{"DANDORI_"};
  for (const char c : key) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::optional<std::string> process_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::string user_config_folder(const Environment& environment) {
  if (const auto folder = environment("XDG_CONFIG_HOME"); folder && folder->starts_with('/')) {
    return *folder + "/dandori";
  }
  const auto home = environment("HOME");
  return home ? *home + "/.config/dandori" : std::string{};
}

Settings load_settings(const std::string& named, const Environment& environment) {
  std::vector<std::string> paths{named};
  if (named.empty()) {
    paths = {std::string{kSystemFile}};
    if (const std::string folder = user_config_folder(environment); !folder.empty()) {
      paths.push_back(folder + "/dandori.yaml");
    }
  }
  std::vector<ConfigFile> files;
  std::vector<Error> problems;
  for (const std::string& path : paths) {
    auto file = read_config(path);
    if (!file) problems.push_back(file.error());
    if (file && *file) files.push_back(std::move(**file));
    if (file && !*file && !named.empty()) {
      problems.push_back({"config.unreadable", fmt::format("{}: there is no such file", path),
                          "name an existing file with --config or DANDORI_CONFIG"});
    }
  }
  Settings settings{environment, files};
  for (Error& problem : problems) settings.add_problem(std::move(problem));
  return settings;
}

Settings::Settings(Environment environment, const std::vector<ConfigFile>& files)
    : environment_{std::move(environment)} {
  for (const ConfigFile& file : files) read(file);
}

void Settings::read(const ConfigFile& file) {
  spec::Problems found{file.path, file.text};
  const auto documents = spec::read_documents(found);
  for (const spec::Problem& problem : found.take()) {
    add_problem({"config.syntax", spec::format_problem(problem, true), {}});
  }
  const auto wrong = [&](const spec::Place& place, std::string message, std::string hint) {
    add_problem({"config.syntax",
                 fmt::format("{}: {}", place_of(file.path, place.line), std::move(message)),
                 std::move(hint)});
  };
  for (const spec::Document& document : documents) {
    if (document.root.kind != spec::NodeKind::map) {
      wrong(document.root.place, "a configuration is a map of keys to values",
            "write lines such as `listen: 127.0.0.1:7010`");
      continue;
    }
    for (const spec::Member& member : document.root.members) {
      if (!member.value.is_scalar()) {
        wrong(member.place, fmt::format("'{}' is not one value", excerpt(member.key)),
              "every key takes one word, number or text");
        continue;
      }
      entries_.push_back(
          {member.key, member.value.text, Origin::file, place_of(file.path, member.place.line)});
    }
  }
}

std::optional<Setting> Settings::find(std::string_view key) const {
  const std::string variable = variable_of(key);
  if (environment_) {
    if (auto value = environment_(variable)) {
      return Setting{std::string{key}, std::move(*value), Origin::environment, variable};
    }
  }
  for (const Setting& entry : std::views::reverse(entries_)) {
    if (entry.key == key) return entry;
  }
  return std::nullopt;
}

std::string Settings::from_file(std::string_view key) const {
  for (const Setting& entry : std::views::reverse(entries_)) {
    if (entry.key == key) return entry.value;
  }
  return {};
}

void Settings::check_keys(const std::vector<std::string>& known) {
  for (const Setting& entry : entries_) {
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    const auto near = nearest(entry.key, known);
    add_problem({"config.unknown_key",
                 fmt::format("{}: there is no key '{}'", entry.where, excerpt(entry.key)),
                 near ? fmt::format("did you mean '{}'?", *near)
                      : std::string{"`dandori config` lists the keys"}});
  }
}

}  // namespace dandori::cli
