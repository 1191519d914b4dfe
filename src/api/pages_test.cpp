#include "api/pages.h"

#include <doctest/doctest.h>

namespace dandori::api {
namespace {

http::Request get(std::string path, http::Headers headers = {}) {
  http::Request request;
  request.method = "GET";
  request.path = std::move(path);
  request.headers = std::move(headers);
  return request;
}

bool shown(const http::Request& request) {
  return is_page(http::RouteMatch{}, request);
}

TEST_CASE("the pages are packed: as they are, and smaller by gzip and brotli") {
  REQUIRE(web_files().size() >= 4);
  for (const WebFile& file : web_files()) {
    CHECK_MESSAGE(!file.plain.empty(), file.path);
    if (!file.gzip.empty()) CHECK(file.gzip.size() < file.plain.size());
    if (!file.brotli.empty()) CHECK(file.brotli.size() < file.plain.size());
  }
}

TEST_CASE("a file goes out in the best coding that the client takes") {
  const auto coding = [](const char* accepted) {
    const http::Response answer =
        page_answer(get("/api/browser.js", {{"Accept-Encoding", accepted}}));
    CHECK(answer.status == 200);
    CHECK(answer.headers.value("Content-Type") == "text/javascript; charset=utf-8");
    CHECK(answer.headers.value("Vary") == "Accept-Encoding");
    return std::string{answer.headers.value("Content-Encoding")};
  };
  CHECK(coding("gzip, deflate, br") == "br");
  CHECK(coding("gzip") == "gzip");
  CHECK(coding("br;q=0, gzip;q=0.5") == "gzip");
  CHECK(coding("") == "");
}

TEST_CASE("a file that the browser has is not sent again") {
  const std::string etag{page_answer(get("/api/browser.js")).headers.value("ETag")};
  const http::Response again =
      page_answer(get("/api/browser.js", {{"If-None-Match", "\"x\", W/" + etag}}));
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(page_answer(get("/api/browser.js", {{"If-None-Match", "\"x\""}})).status == 200);
}

TEST_CASE("places of the UI are answered to browsers only; what is missing is missing") {
  const http::Headers browser{{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};
  for (const char* path :
       {"/", "/runs", "/runs/daily%231", "/workflows/a/revisions/36...37", "/api"})
    CHECK_MESSAGE(shown(get(path, browser)), path);
  for (const char* path : {"/api/v2", "/api/v1/nothing", "/assets/gone.js"})
    CHECK_FALSE_MESSAGE(shown(get(path, browser)), path);
  CHECK(shown(get("/")));
  CHECK_FALSE(shown(get("/runs")));
  http::Request post = get("/runs", browser);
  post.method = "POST";
  CHECK_FALSE(shown(post));
}

TEST_CASE("pages may load nothing from elsewhere") {
  const http::Response answer = page_answer(get("/api"));
  CHECK(answer.headers.value("Content-Security-Policy")
            .starts_with(
                "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"));
  CHECK(answer.headers.value("X-Content-Type-Options") == "nosniff");
  for (const WebFile& file : web_files()) {
    if (!file.path.starts_with("/api/")) continue;
    CHECK_MESSAGE(file.plain.find("https://") == std::string_view::npos, file.path);
    CHECK_MESSAGE(file.plain.find("http://") == std::string_view::npos, file.path);
  }
}

}  // namespace
}  // namespace dandori::api
