#include "cli/grammar.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kLeftColumns = 34;

/// `  left    right`; the right part goes to a line of its own when the left one is long.
void append_entry(std::string& out, const std::string& left, std::string_view right) {
  out += "  " + left;
  const std::size_t width = display_width(left) + 2;
  out += width + 1 >= kLeftColumns ? "\n" + std::string(kLeftColumns, ' ')
                                   : std::string(kLeftColumns - width, ' ');
  out.append(right).append("\n");
}

std::string argument_name(const CLI::Option* option) {
  std::string name = option->get_name(true, false);
  if (option->get_expected_max() > 1) name += "…";
  return option->get_required() ? name : "[" + name + "]";
}

std::string usage_line(const CLI::App* app, Lang lang) {
  std::string line = fmt::format("{}: {}", text(lang, "help.usage"), command_name(app));
  if (!options_of(app).empty()) line += fmt::format(" [{}]", text(lang, "help.OPTIONS"));
  for (const CLI::Option* option : arguments_of(app)) line += " " + argument_name(option);
  if (!commands_of(app).empty()) {
    const bool needed = app->get_require_subcommand_min() > 0 || app->get_parent() == nullptr;
    const std::string word = text(lang, "help.SUBCOMMAND");
    line += needed ? " " + word : " [" + word + "]";
  }
  return line + "\n";
}

void append_options(std::string& out, const CLI::App* app, std::string_view title) {
  const auto options = options_of(app);
  if (options.empty()) return;
  out.append("\n").append(title).append(":\n");
  for (const CLI::Option* option : options) {
    const std::string value = value_name(option);
    append_entry(out, option_names(option) + (value.empty() ? "" : " " + value),
                 option->get_description());
  }
}

/// Shows help by our own rules instead of the library's.
class Help final : public CLI::FormatterBase {
 public:
  explicit Help(Lang lang) : lang_{lang} {}
  std::string make_help(const CLI::App* app, std::string /*name*/,
                        CLI::AppFormatMode /*mode*/) const override {
    return help_text(app, lang_);
  }

 private:
  const Lang lang_;
};

}  // namespace

Grammar::Grammar(Lang lang, const std::string& version)
    : lang_{lang}, app_{text(lang, "help.about"), "dandori"} {
  app_.formatter(std::make_shared<Help>(lang));
  app_.set_help_flag("-h,--help", text(lang, "help.help"));
  app_.set_version_flag("--version", version, text(lang, "help.version"));
  app_.fallthrough();
  app_.require_subcommand(0, 1);  // `man run` names a command and begins none
}

CLI::App* Grammar::add(CLI::App& parent, const char* name, Key help, Command command) {
  CLI::App* sub = parent.add_subcommand(name, text(lang_, help));
  sub->set_help_flag("-h,--help", text(lang_, "help.help"));
  // A parent's callback comes after its child's: the innermost command counts.
  sub->callback([this, command = std::move(command)] {
    if (!chosen_) chosen_ = command;
  });
  return sub;
}

CLI::App* Grammar::add_noun(const char* name, Key help) {
  if (CLI::App* known = find_command(app_, name)) return known;
  CLI::App* noun = app_.add_subcommand(name, text(lang_, help));
  noun->set_help_flag("-h,--help", text(lang_, "help.help"));
  noun->require_subcommand(1);
  return noun;
}

std::string command_name(const CLI::App* app) {
  std::string name = app->get_name();
  for (const CLI::App* up = app->get_parent(); up != nullptr; up = up->get_parent()) {
    name = fmt::format("{} {}", up->get_name(), name);
  }
  return name;
}

const CLI::App* innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

CLI::App* find_command(CLI::App& app, std::string_view name) {
  const auto found = app.get_subcommands([&](CLI::App* sub) { return sub->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

const CLI::App* find_command(const CLI::App& app, std::string_view name) {
  const auto found =
      app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

std::vector<const CLI::App*> commands_of(const CLI::App* app) {
  return app->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App* app) {
  return app->get_options([](const CLI::Option* option) {
    return option->nonpositional() && !option->get_group().empty();
  });
}

std::vector<const CLI::Option*> arguments_of(const CLI::App* app) {
  return app->get_options([](const CLI::Option* option) {
    return option->get_positional() && !option->get_group().empty();
  });
}

std::string value_name(const CLI::Option* option) {
  if (option->get_expected_max() == 0) return {};
  // The library appends what a check allows: `TEXT:{ja,en}`, `UINT:INT in [1 - 100]`.
  const std::string type = option->get_type_name();
  const std::size_t open = type.find(":{");
  if (open != std::string::npos && type.ends_with('}')) {
    std::string words = type.substr(open + 2, type.size() - open - 3);
    std::ranges::replace(words, ',', '|');
    return words;
  }
  if (type.starts_with("UINT") || type.starts_with("INT")) return "N";
  std::string name = option->get_lnames().empty() ? type : option->get_lnames().front();
  if (name == "token-file" || name == "config" || name == "out") return "FILE";
  if (name == "against") return "FILE…";
  if (name == "context") return "NAME";
  if (name == "reason") return "TEXT";
  if (name == "data" || name == "work" || name == "dir") return "DIR";
  if (name == "server") return "URL";
  if (name == "tz" || name == "timezone") return "ZONE";
  if (name == "param") return "NAME=VALUE";
  if (name.ends_with("date")) return "DATE";
  const std::size_t dash = name.rfind('-');
  if (dash != std::string::npos) name = name.substr(dash + 1);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

std::string option_names(const CLI::Option* option) {
  std::string names;
  for (const std::string& name : option->get_snames()) names += "-" + name + ", ";
  for (const std::string& name : option->get_lnames()) names += "--" + name + ", ";
  return names.substr(0, names.size() - 2);
}

std::string help_text(const CLI::App* app, Lang lang) {
  std::string out = app->get_description() + "\n" + usage_line(app, lang);
  if (const auto arguments = arguments_of(app); !arguments.empty()) {
    out += "\n" + text(lang, "help.positionals") + ":\n";
    for (const CLI::Option* option : arguments) {
      append_entry(out, option->get_name(true, false), option->get_description());
    }
  }
  append_options(out, app, text(lang, "help.options"));
  if (const auto commands = commands_of(app); !commands.empty()) {
    out += "\n" + text(lang, "help.subcommands") + ":\n";
    for (const CLI::App* sub : commands) append_entry(out, sub->get_name(), sub->get_description());
  }
  if (app->get_parent() != nullptr) out += "\n" + text(lang, "help.globals") + "\n";
  return out + "\n" + text(lang, "help.footer") + "\n";
}

}  // namespace dandori::cli
