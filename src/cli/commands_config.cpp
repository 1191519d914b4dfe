#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/text.h"
#include "cli/client_commands.h"
#include "cli/contexts.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

std::string origin_text(const Console& console, const Setting& setting) {
  switch (setting.origin) {
    case Origin::fallback:
      return console.text("config.default");
    case Origin::file:
    case Origin::environment:
    case Origin::flag:
      return setting.where;
  }
  return {};
}

/// No echo while a secret is typed; the terminal is as before afterwards.
class Silence {
 public:
  Silence() : is_terminal_{::tcgetattr(STDIN_FILENO, &before_) == 0} {
    if (!is_terminal_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Silence() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  const bool is_terminal_;
};

/// From --token-file, DANDORI_TOKEN, or asked for.
Result<std::string> read_token(const Console& console) {
  if (!console.globals.token_file.empty()) {
    return read_first_line(console, console.globals.token_file);
  }
  if (const auto token = process_variable("DANDORI_TOKEN")) return *token;
  if (const auto file = process_variable("DANDORI_TOKEN_FILE")) {
    return read_first_line(console, *file);
  }
  const bool asks = ::isatty(STDIN_FILENO) == 1;
  if (asks) std::fputs((console.text("login.token") + ": ").c_str(), stderr);
  std::string line;
  {
    const Silence silence;
    std::getline(std::cin, line);
  }
  if (asks) std::fputc('\n', stderr);
  const std::string token{trim(line)};
  if (!token.empty()) return token;
  return fail("cli.no_token", console.text("problem.no_token"), console.text("hint.no_token"));
}

/// `https://ops.example.com:7010/x` is kept as `ops.example.com`.
std::string name_of_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return std::string{url.substr(0, url.find_first_of(":/"))};
}

}  // namespace

int show_config(Console& console, std::vector<Setting> all, const std::vector<Error>& problems,
                const ClientOptions& options) {
  Json::Array items;
  Table table{
      options.with_origin
          ? std::vector<std::string>{console.text("config.key"), console.text("column.value"),
                                     console.text("config.origin"), console.text("config.variable")}
          : std::vector<std::string>{console.text("config.key"), console.text("column.value")}};
  if (auto place = find_server(console); place && options.is_effective) {
    for (Setting& setting : all) {
      if (setting.key != "server" || !setting.value.empty()) continue;
      setting.value = place->url;
      setting.origin = Origin::file;
      setting.where = place->data.empty() ? contexts_path() : place->data + "/server.json";
    }
  }
  for (const Setting& setting : all) {
    if (setting.origin == Origin::fallback && !options.is_effective) continue;
    Json item = Json::object({{"key", setting.key}, {"value", setting.value}});
    if (options.with_origin) {
      item.set("origin", setting.origin == Origin::fallback ? "default" : setting.where);
      item.set("variable", variable_of(setting.key));
    }
    items.push_back(std::move(item));
    std::vector<Cell> row{setting.key, setting.value};
    if (options.with_origin) {
      row.emplace_back(origin_text(console, setting),
                       setting.origin == Origin::fallback ? Style::faint : Style::plain);
      row.emplace_back(variable_of(setting.key), Style::faint);
    }
    table.add(std::move(row));
  }
  const bool good = problems.empty();
  for (const Error& problem : problems) report(console, problem);
  const bool nothing = items.empty();
  if (print_raw(console, Json::object({{"items", Json::array(std::move(items))}}), "key")) {
    return good ? kOk : kInvalid;
  }
  if (nothing) console.say(console.text("config.nothing"));
  if (!table.empty()) console.print(table);
  return good ? kOk : kInvalid;
}

int login(Console& console, const std::string& server, const std::string& name) {
  auto token = read_token(console);
  if (!token) return report(console, token.error());
  Globals globals = console.globals;
  globals.server = server;
  globals.data.clear();
  globals.token_file.clear();
  Console other{globals};
  auto remote = Remote::with_token(other, server, *token);
  // Asks for something that takes a token: a wrong one is not kept.
  const auto answer = remote.get("/api/v1/doctor");
  if (!answer) return report(console, answer.error());
  auto contexts = load_contexts(console, contexts_path());
  if (!contexts) return report(console, contexts.error());
  const std::string kept = name.empty() ? name_of_url(server) : name;
  contexts->put({kept, server, *token});
  contexts->current = kept;
  const auto saved = save_contexts(console, contexts_path(), *contexts);
  if (!saved) return report(console, saved.error());
  if (print_raw(console, Json::object({{"name", kept}, {"server", server}}), "name")) return kOk;
  console.line(console.text("login.done", {{"name", printable(kept)}, {"url", printable(server)}}));
  return kOk;
}

int list_contexts(Console& console) {
  const auto contexts = load_contexts(console, contexts_path());
  if (!contexts) return report(console, contexts.error());
  Json::Array items;
  Table table{{"", console.text("column.name"), console.text("config.server")}};
  for (const Context& context : contexts->items) {
    const bool current = context.name == contexts->current;
    items.push_back(
        Json::object({{"name", context.name}, {"server", context.server}, {"current", current}}));
    table.add({current ? "*" : " ", context.name, context.server});
  }
  if (print_raw(console, Json::object({{"items", Json::array(std::move(items))}}), "name")) {
    return kOk;
  }
  if (table.empty()) console.say(console.text("config.no_contexts"));
  if (!table.empty()) console.print(table);
  return kOk;
}

int use_context(Console& console, const std::string& name) {
  auto contexts = load_contexts(console, contexts_path());
  if (!contexts) return report(console, contexts.error());
  const Context* context = contexts->find(name);
  if (context == nullptr) {
    report(console,
           Error{"cli.no_context", console.text("problem.no_context", {{"name", printable(name)}}),
                 console.text("hint.no_context")});
    return kNotFound;
  }
  contexts->current = name;
  const auto saved = save_contexts(console, contexts_path(), *contexts);
  if (!saved) return report(console, saved.error());
  console.line(
      console.text("login.done", {{"name", printable(name)}, {"url", printable(context->server)}}));
  return kOk;
}

int remove_context(Console& console, const std::string& name) {
  auto contexts = load_contexts(console, contexts_path());
  if (!contexts) return report(console, contexts.error());
  if (!contexts->remove(name)) {
    report(console,
           Error{"cli.no_context", console.text("problem.no_context", {{"name", printable(name)}}),
                 console.text("hint.no_context")});
    return kNotFound;
  }
  const auto saved = save_contexts(console, contexts_path(), *contexts);
  if (!saved) return report(console, saved.error());
  console.line(fmt::format("{}  {}", printable(name), console.text("applied.removed")));
  return kOk;
}

}  // namespace dandori::cli
