#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.h"
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

Result<std::string> find_token(const Console& console, const std::string& data) {
  const std::string& option = console.globals.token_file;
  if (!option.empty()) return read_first_line(console, option);
  if (std::string token = variable("DANDORI_TOKEN"); !token.empty()) return token;
  if (const std::string file = variable("DANDORI_TOKEN_FILE"); !file.empty()) {
    return read_first_line(console, file);
  }
  if (data.empty()) {
    return fail("cli.no_token", console.text("problem.no_token"), console.text("hint.no_token"));
  }
  return read_first_line(console, data + "/admin.token");
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
  std::error_code error;
  for (auto folder = std::filesystem::current_path(error); !error; folder = folder.parent_path()) {
    if (is_folder(folder / ".dandori")) return folder / ".dandori";
    if (folder == folder.parent_path()) break;
  }
  return is_folder("/var/lib/dandori") ? "/var/lib/dandori" : "";
}

Result<Place> find_server(const Console& console) {
  Place place;
  place.url = console.globals.server.empty() ? variable("DANDORI_SERVER") : console.globals.server;
  std::string data = find_data(console.globals);
  if (place.url.empty()) {
    if (data.empty()) {
      return fail("cli.no_server", console.text("problem.no_server"),
                  console.text("hint.no_server"));
    }
    auto url = local_url(console, data);
    if (!url) return std::unexpected(url.error());
    place.url = std::move(*url);
    place.data = data;
  } else if (console.globals.data.empty()) {
    data.clear();  // the token of some local server is no business of another one
  }
  auto token = find_token(console, data);
  if (!token) return std::unexpected(token.error());
  place.token = std::move(*token);
  return place;
}

}  // namespace dandori::cli
