#include "api/pages.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace dandori::api {

namespace {

constexpr std::string_view kPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

const WebFile* find_file(std::string_view path) {
  const auto files = web_files();
  const auto found = std::ranges::lower_bound(files, path, {}, &WebFile::path);
  return found != files.end() && found->path == path ? &*found : nullptr;
}

/// A place that the UI's router shows, as a browser opens it; a file that is missing is none.
bool is_place_of_ui(const http::Request& request) {
  if (request.path.starts_with("/api/") || request.path.starts_with("/assets/")) return false;
  return request.headers.value("Accept").find("text/html") != std::string_view::npos;
}

const WebFile* file_for(const http::Request& request) {
  if (request.path == "/api" || request.path == "/api/") return find_file("/api/index.html");
  if (const WebFile* file = find_file(request.path)) return file;
  if (request.path != "/" && !is_place_of_ui(request)) return nullptr;
  const WebFile* index = find_file("/index.html");
  return index != nullptr ? index : find_file("/api/no_ui.html");
}

/// Is `coding` acceptable by an Accept-Encoding header?
bool accepts(std::string_view header, std::string_view coding) {
  return std::ranges::any_of(split(header, ','), [&](std::string_view item) {
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    if (!http::equal_ignoring_case(trim(item.substr(0, semicolon)), coding)) return false;
    const std::string_view weight = trim(item.substr(std::min(semicolon + 1, item.size())));
    return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000";
  });
}

struct Coded {
  std::string_view coding, bytes;
};

Coded choose_coding(const WebFile& file, std::string_view accepted) {
  if (!file.brotli.empty() && accepts(accepted, "br")) return {"br", file.brotli};
  if (!file.gzip.empty() && accepts(accepted, "gzip")) return {"gzip", file.gzip};
  return {"", file.plain};
}

bool has_etag(std::string_view header, std::string_view etag) {
  return std::ranges::any_of(split(header, ','), [&](std::string_view item) {
    item = trim(item);
    if (item.starts_with("W/")) item.remove_prefix(2);
    return item == "*" || item == etag;
  });
}

}  // namespace

bool is_page(const http::RouteMatch& match, const http::Request& request) {
  return match.outcome == http::RouteOutcome::unknown_path &&
         (request.method == "GET" || request.method == "HEAD") && file_for(request) != nullptr;
}

http::Response page_answer(const http::Request& request) {
  const WebFile& file = *file_for(request);
  const Coded coded = choose_coding(file, request.headers.value("Accept-Encoding"));
  const std::string etag =
      fmt::format("\"{}{}{}\"", file.digest, coded.coding.empty() ? "" : "-", coded.coding);
  const bool is_fresh = has_etag(request.headers.value("If-None-Match"), etag);
  http::Response response = is_fresh ? http::Response{.status = 304}
                                     : http::content(200, file.type, std::string{coded.bytes});
  response.label = "page";
  response.headers.set("ETag", etag);
  response.headers.set("Vary", "Accept-Encoding");
  // A name with a hash in it never means anything else.
  response.headers.set("Cache-Control", file.path.starts_with("/assets/")
                                            ? "public, max-age=31536000, immutable"
                                            : "no-cache");
  if (!is_fresh && !coded.coding.empty()) {
    response.headers.set("Content-Encoding", std::string{coded.coding});
  }
  response.headers.set("Content-Security-Policy", std::string{kPolicy});
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace dandori::api
