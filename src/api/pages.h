#pragma once

#include <span>
#include <string_view>

#include "http/message.h"
#include "http/router.h"
#include "http/server.h"

namespace dandori::api {

/// A file of the web UI inside the program, as it is sent. Made by tools/embed_web.
struct WebFile {
  std::string_view path;    ///< `/assets/index-B7x.js`
  std::string_view type;    ///< Content-Type
  std::string_view digest;  ///< of the plain bytes
  std::string_view plain;
  std::string_view gzip;  ///< empty where it gains nothing, as is brotli
  std::string_view brotli;
};
/// By path, ascending.
std::span<const WebFile> web_files();

/// Whether the path is one of the web UI: a file of it, or one that the UI's own router shows.
/// Pages carry no data, so they need no token.
bool is_page(const http::RouteMatch& match, const http::Request& request);
/// `request`: one for which is_page() is true.
http::Response page_answer(const http::Request& request);

}  // namespace dandori::api
