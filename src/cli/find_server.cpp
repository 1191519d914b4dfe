#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "cli/contexts.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kSmallFileBytes = 64U << 10U;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

/// `.dandori` in the current folder or the nearest one above it; empty: none.
std::string find_near_data() {
  std::error_code error;
  for (auto folder = std::filesystem::current_path(error); !error; folder = folder.parent_path()) {
    if (is_folder(folder / ".dandori")) return folder / ".dandori";
    if (folder == folder.parent_path()) break;
  }
  return {};
}

/// own: a token that belongs to the server for sure (of its context, or its data folder's file).
Result<std::string> find_token(const Console& console, const std::string& own,
                               const std::string& data) {
  const Globals& globals = console.globals;
  if (!globals.token_file.empty()) return read_first_line(console, globals.token_file);
  if (std::string token = variable("DANDORI_TOKEN"); !token.empty()) return token;
  if (const std::string file = variable("DANDORI_TOKEN_FILE"); !file.empty()) {
    return read_first_line(console, file);
  }
  if (!own.empty()) return own;
  if (!data.empty()) return read_first_line(console, data + "/admin.token");
  if (!globals.file_token_file.empty()) return read_first_line(console, globals.file_token_file);
  return fail("cli.no_token", console.text("problem.no_token"), console.text("hint.no_token"));
}

/// Member `url` of DATA/server.json.
Result<std::string> local_url(const Console& console, const std::string& data) {
  const auto file = read_file(console, data + "/server.json", kSmallFileBytes);
  const auto parsed = file ? parse_json(*file) : std::unexpected(file.error());
  const std::string url{parsed ? parsed->text_or("url", "") : ""};
  if (!url.empty()) return url;
  return fail("cli.no_server", console.text("problem.no_server_in", {{"data", data}}),
              console.text("hint.no_server_in", {{"data", data}}));
}

}  // namespace

Result<std::string> read_file(const Console& console, const std::string& path,
                              std::size_t bytes_max) {
  std::ifstream file{path == "-" ? "/dev/stdin" : path, std::ios::binary};
  std::string text;
  char piece[16U << 10U];
  while (file.read(piece, sizeof piece) || file.gcount() > 0) {
    text.append(piece, static_cast<std::size_t>(file.gcount()));
    if (text.size() > bytes_max) {
      return fail("cli.read_file", console.text("problem.file_too_big", {{"path", path}}),
                  console.text("hint.file_too_big", {{"max", bytes_text(bytes_max)}}));
    }
  }
  // A folder opens, but cannot be read.
  if (!file.eof() || is_folder(path)) {
    return fail("cli.read_file", console.text("problem.read_file", {{"path", path}}),
                console.text("hint.read_file"));
  }
  return text;
}

Result<std::string> read_first_line(const Console& console, const std::string& path) {
  auto text = read_file(console, path, kSmallFileBytes);
  if (!text) return text;
  return std::string{trim(split(*text, '\n').front())};
}

std::string find_data(const Globals& globals) {
  if (!globals.data.empty()) return globals.data;
  if (std::string named = variable("DANDORI_DATA"); !named.empty()) return named;
  if (std::string near = find_near_data(); !near.empty()) return near;
  if (!globals.file_data.empty()) return globals.file_data;
  return is_folder("/var/lib/dandori") ? "/var/lib/dandori" : "";
}

namespace {

/// A server by URL. data: only if it was named beside it; the token of some other local server is
/// no business of this one.
Result<Place> named_server(const Console& console, std::string url, std::string own_token = {}) {
  Place place{.url = std::move(url), .token = {}, .data = console.globals.data};
  if (own_token.empty() && place.data.empty()) {
    // Signed in there once: its token is kept with its URL.
    if (const auto contexts = load_contexts(console, contexts_path())) {
      for (const Context& kept : contexts->items) {
        if (kept.server == place.url) own_token = kept.token;
      }
    }
  }
  auto token = find_token(console, own_token, place.data);
  if (!token) return std::unexpected(token.error());
  place.token = std::move(*token);
  return place;
}

Result<Place> local_server(const Console& console, const std::string& data) {
  auto url = local_url(console, data);
  if (!url) return std::unexpected(url.error());
  auto token = find_token(console, {}, data);
  if (!token) return std::unexpected(token.error());
  return Place{std::move(*url), std::move(*token), data};
}

Result<Place> server_of_context(const Console& console, const std::string& name) {
  const auto contexts = load_contexts(console, contexts_path());
  if (!contexts) return std::unexpected(contexts.error());
  const Context* context = contexts->find(name);
  if (context == nullptr) {
    return fail("cli.no_context", console.text("problem.no_context", {{"name", printable(name)}}),
                console.text("hint.no_context"));
  }
  return named_server(console, context->server, context->token);
}

}  // namespace

Result<ServerChoice> choose_server(const Console& console) {
  const Globals& globals = console.globals;
  if (!globals.server.empty()) return ServerChoice{.url = globals.server};
  if (!globals.context.empty()) return ServerChoice{.context = globals.context};
  if (!globals.data.empty()) return ServerChoice{.data = globals.data};
  if (std::string url = variable("DANDORI_SERVER"); !url.empty()) return ServerChoice{.url = url};
  if (std::string name = variable("DANDORI_CONTEXT"); !name.empty()) {
    return ServerChoice{.context = name};
  }
  if (std::string data = variable("DANDORI_DATA"); !data.empty()) return ServerChoice{.data = data};
  // A server of the folder one works in comes before those further away.
  if (const std::string near = find_near_data(); !near.empty()) return ServerChoice{.data = near};
  const auto contexts = load_contexts(console, contexts_path());
  if (!contexts) return std::unexpected(contexts.error());
  if (!contexts->current.empty()) return ServerChoice{.context = contexts->current};
  if (!globals.file_server.empty()) return ServerChoice{.url = globals.file_server};
  if (const std::string data = find_data(globals); !data.empty()) return ServerChoice{.data = data};
  return fail("cli.no_server", console.text("problem.no_server"), console.text("hint.no_server"));
}

Result<Place> find_server(const Console& console) {
  const auto choice = choose_server(console);
  if (!choice) return std::unexpected(choice.error());
  if (!choice->url.empty()) return named_server(console, choice->url);
  if (!choice->context.empty()) return server_of_context(console, choice->context);
  return local_server(console, choice->data);
}

}  // namespace dandori::cli
