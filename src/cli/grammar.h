#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/catalogue.h"
#include "cli/console.h"

namespace dandori::cli {

/// How commands and options are made: names here, texts from the catalogue. Remembers which command
/// was meant.
class Grammar {
 public:
  Grammar(Lang lang, const std::string& version);
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  CLI::App& app() { return app_; }
  Lang lang() const { return lang_; }
  const Command& chosen() const { return chosen_; }

  CLI::App* add(CLI::App& parent, const char* name, Key help, Command command);
  CLI::App* add(const char* name, Key help, Command command) {
    return add(app_, name, help, std::move(command));
  }
  /// A noun: its verbs are commands of their own. The same noun may be asked for again.
  CLI::App* add_noun(const char* name, Key help);
  template <class T>
  CLI::Option* option(CLI::App* sub, const char* name, T& value, Key help) {
    return sub->add_option(name, value, text(lang_, help));
  }
  void flag(CLI::App* sub, const char* name, bool& value, Key help) {
    sub->add_flag(name, value, text(lang_, help));
  }

 private:
  const Lang lang_;
  CLI::App app_;
  Command chosen_;
};

/// `dandori workflow list`: the command with those above it.
std::string command_name(const CLI::App* app);

/// The innermost command that was named on the line that was parsed.
const CLI::App* innermost(const CLI::App& app);

/// The command of that name directly below; nullptr: none.
CLI::App* find_command(CLI::App& app, std::string_view name);
const CLI::App* find_command(const CLI::App& app, std::string_view name);

/// Commands or options of a command that people may type; hidden ones are left out.
std::vector<const CLI::App*> commands_of(const CLI::App* app);
std::vector<const CLI::Option*> options_of(const CLI::App* app);
std::vector<const CLI::Option*> arguments_of(const CLI::App* app);

/// What an option takes, as help and manual show it: `URL`, `table|wide|json`; empty: nothing.
std::string value_name(const CLI::Option* option);

/// `-o, --output`.
std::string option_names(const CLI::Option* option);

/// The text of `dandori COMMAND --help`.
std::string help_text(const CLI::App* app, Lang lang);

}  // namespace dandori::cli
