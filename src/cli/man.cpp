#include "cli/man.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "base/utf8.h"
#include "cli/client_commands.h"
#include "cli/configure.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

struct ExitText {
  int code;
  Key key;
};

constexpr ExitText kExits[] = {
    {kOk, "exit.ok"},
    {kInternal, "exit.internal"},
    {kUsage, "exit.usage"},
    {kNotFound, "exit.not_found"},
    {kDenied, "exit.denied"},
    {kConflict, "exit.conflict"},
    {kInvalid, "exit.invalid"},
    {kUnreachable, "exit.unreachable"},
    {kRunFailed, "exit.failed"},
    {kRunWarning, "exit.warning"},
    {kRunKilled, "exit.killed"},
    {kStillRunning, "exit.running"},
};

/// May a line end between these two characters of Japanese text?
bool may_break(std::string_view before, std::string_view after) {
  constexpr std::string_view kNeverFirst = "。、」』)・ーっゃゅょッャュョ";
  return before.size() == 3 && after.size() == 3 && !kNeverFirst.contains(after);
}

/// Text that roff takes as it is. Long text without spaces gets places where a line may end.
std::string plain(std::string_view text) {
  constexpr std::size_t kShort = 40;
  const bool is_long = display_width(text) > kShort;
  std::string out;
  std::string_view last;
  while (!text.empty()) {
    const std::string_view character = text.substr(0, std::max<std::size_t>(utf8_length(text), 1));
    if (is_long && may_break(last, character)) out += "\\:";
    if (character == "\\") {
      out += "\\e";
    } else if (character == "-") {
      out += "\\-";
    } else {
      out += character;
    }
    last = character;
    text.remove_prefix(character.size());
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

class Page {
 public:
  Page(Lang lang, const std::string& title, const std::string& version) : lang_{lang} {
    out_ = fmt::format(".TH {} 1 \"\" \"dandori {}\" \"{}\"\n.nh\n.ad l\n", plain(title),
                       plain(version), text(lang, "man.book"));
  }
  void section(Key title) { out_ += fmt::format(".SH {}\n", text(lang_, title)); }
  void part(std::string_view title) { out_ += fmt::format(".SS {}\n", plain(title)); }
  void line(std::string_view words) { out_ += plain(words) + "\n"; }
  void entry(std::string_view left, std::string_view right) {
    out_ += fmt::format(".TP\n.B {}\n{}\n", plain(left), plain(right));
  }
  void paragraph() { out_ += ".PP\n"; }
  std::string take() { return std::move(out_); }

 private:
  const Lang lang_;
  std::string out_;
};

std::string synopsis(const CLI::App* command, Lang lang) {
  // The second line of the help is `usage: …`.
  const std::string help = help_text(command, lang);
  const std::size_t begin = help.find('\n') + 1;
  const std::string line = help.substr(begin, help.find('\n', begin) - begin);
  return line.substr(line.find(": ") + 2);
}

void write_options(Page& page, const CLI::App* command) {
  for (const CLI::Option* option : arguments_of(command)) {
    page.entry(option->get_name(true, false), option->get_description());
  }
  for (const CLI::Option* option : options_of(command)) {
    const std::string value = value_name(option);
    page.entry(option_names(option) + (value.empty() ? "" : " " + value),
               option->get_description());
  }
}

void write_exits(Page& page, Lang lang) {
  page.section("man.exit");
  for (const ExitText& exit : kExits) page.entry(std::to_string(exit.code), text(lang, exit.key));
}

std::string page_name(const CLI::App* command) {
  std::string name = command_name(command);
  std::ranges::replace(name, ' ', '-');
  return name;
}

ManPage main_page(Grammar& grammar, const std::string& version) {
  const Lang lang = grammar.lang();
  const CLI::App* app = &grammar.app();
  Page page{lang, "DANDORI", version};
  page.section("man.name");
  // The description begins with the name of the program.
  const std::string about = app->get_description();
  page.line("dandori - " + about.substr(about.find(": ") + 2));
  page.section("man.synopsis");
  page.line(synopsis(app, lang));
  page.section("man.commands");
  for (const CLI::App* sub : commands_of(app)) page.entry(sub->get_name(), sub->get_description());
  page.section("man.options");
  write_options(page, app);
  page.section("man.environment");
  for (const Configurable& item : configurables(grammar.app())) {
    page.entry(variable_of(item.key), fmt::format("{} ({})", item.help, item.flag));
  }
  page.entry("DANDORI_TOKEN", text(lang, "man.token"));
  page.section("man.files");
  page.entry("/etc/dandori/dandori.yaml", text(lang, "man.file_system"));
  page.entry("~/.config/dandori/dandori.yaml", text(lang, "man.file_user"));
  page.entry("~/.config/dandori/contexts.json", text(lang, "man.file_contexts"));
  write_exits(page, lang);
  page.section("man.see");
  std::string others;
  for (const CLI::App* sub : commands_of(app)) {
    others += (others.empty() ? "" : ", ") + page_name(sub) + "(1)";
  }
  page.line(others);
  return {"dandori", page.take()};
}

ManPage command_page(const CLI::App* command, Lang lang, const std::string& version) {
  const std::string name = page_name(command);
  Page page{lang, name, version};
  page.section("man.name");
  page.line(name + " - " + command->get_description());
  page.section("man.synopsis");
  const auto verbs = commands_of(command);
  if (command->get_require_subcommand_min() == 0) page.line(synopsis(command, lang));
  for (const CLI::App* verb : verbs) {
    page.paragraph();
    page.line(synopsis(verb, lang));
  }
  if (command->get_require_subcommand_min() == 0) {
    page.section("man.options");
    write_options(page, command);
  }
  if (!verbs.empty()) page.section("man.commands");
  for (const CLI::App* verb : verbs) {
    page.part(command_name(verb));
    page.line(verb->get_description());
    write_options(page, verb);
  }
  page.paragraph();
  page.line(text(lang, "man.globals"));
  write_exits(page, lang);
  page.section("man.see");
  page.line("dandori(1)");
  return {name, page.take()};
}

Result<void> write_pages(const std::string& folder, const std::vector<ManPage>& pages) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const ManPage& page : pages) {
    const std::string path = fmt::format("{}/{}.1", folder, page.name);
    std::ofstream file{path, std::ios::binary | std::ios::trunc};
    file << page.text;
    file.flush();
    if (!file) {
      return fail("cli.write_file", fmt::format("cannot write {}: {}", path, std::strerror(errno)),
                  "the folder must be writable, on a disk with room");
    }
  }
  return {};
}

}  // namespace

std::vector<ManPage> manual(Grammar& grammar, const std::string& version) {
  std::vector<ManPage> pages{main_page(grammar, version)};
  for (const CLI::App* command : commands_of(&grammar.app())) {
    pages.push_back(command_page(command, grammar.lang(), version));
  }
  return pages;
}

int print_manual(Console& console, Grammar& grammar, const ClientOptions& options) {
  const auto pages = manual(grammar, options.version);
  if (!options.folder.empty()) {
    const std::string below = grammar.lang() == Lang::ja ? "/ja/man1" : "/man1";
    const auto written = write_pages(options.folder + below, pages);
    if (!written) return report(console, written.error());
    console.say(console.text(
        "man.written", {{"n", std::to_string(pages.size())}, {"path", options.folder + below}}));
    return kOk;
  }
  std::string name = "dandori";
  if (!options.words.empty()) name += "-" + options.words.front();
  const auto found = std::ranges::find(pages, name, &ManPage::name);
  if (found == pages.end()) {
    report(console,
           Error{"cli.usage",
                 console.text("problem.unknown_command", {{"word", printable(name.substr(8))}}),
                 console.text("hint.usage", {{"command", "dandori"}})});
    return kUsage;
  }
  console.out(found->text);
  return kOk;
}

}  // namespace dandori::cli
