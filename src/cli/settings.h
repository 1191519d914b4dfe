#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dandori::cli {

/// Where a value of the configuration comes from; a later one wins over an earlier one.
enum class Origin { fallback, file, environment, flag };

/// One value, and where it stands: `DANDORI_LISTEN`, `/etc/dandori/dandori.yaml:3`, `--listen`.
struct Setting {
  std::string key, value;
  Origin origin = Origin::fallback;
  std::string where;
};

/// A configuration file as it was read.
struct ConfigFile {
  std::string path;
  std::string text;
};

/// Value of a variable of the environment; nullopt: not set, or empty.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// What files and environment say of the options that can be configured. Pure.
///
/// Every key has one variable: `listen` is DANDORI_LISTEN. A file is a YAML map of keys to scalars.
class Settings {
 public:
  Settings() = default;
  /// files: weakest first; what is wrong in them stands in `problems`.
  Settings(Environment environment, const std::vector<ConfigFile>& files);

  /// The strongest value of the key that is no flag; nullopt: none.
  std::optional<Setting> find(std::string_view key) const;
  /// What the files alone say of the key; empty: nothing.
  std::string from_file(std::string_view key) const;

  /// Adds a problem for every key of a file that is not among the known ones.
  void check_keys(const std::vector<std::string>& known);
  void add_problem(Error problem) { problems_.push_back(std::move(problem)); }
  const std::vector<Error>& problems() const { return problems_; }

 private:
  void read(const ConfigFile& file);

  Environment environment_;
  std::vector<Setting> entries_;  ///< of the files, weakest first
  std::vector<Error> problems_;
};

/// `DANDORI_RUNNING_MAX` of `running_max`.
std::string variable_of(std::string_view key);

/// The process's environment.
std::optional<std::string> process_variable(const std::string& name);

/// `$XDG_CONFIG_HOME/dandori`, else `~/.config/dandori`; empty without a home.
std::string user_config_folder(const Environment& environment);

/// The files that count: `named` alone if it is not empty, else /etc/dandori/dandori.yaml and the
/// user's. Those that are not there are left out; one that cannot be read is a problem.
Settings load_settings(const std::string& named, const Environment& environment);

}  // namespace dandori::cli
