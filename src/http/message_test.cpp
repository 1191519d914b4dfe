#include "http/message.h"

#include <doctest/doctest.h>

#include "base/json.h"

namespace dandori::http {

TEST_CASE("header fields are found without regard to case, and kept in order") {
  Headers headers{{"Accept", "a"}, {"accept", "b"}};
  CHECK(headers.value("ACCEPT") == "a");
  CHECK(headers.count("accept") == 2);
  headers.set("Accept", "c");
  CHECK(headers.count("accept") == 1);
  CHECK(headers.value("accept") == "c");
  CHECK_FALSE(headers.find("missing"));
}

TEST_CASE("percent encoding reads back, and bad sequences are refused") {
  const std::string odd = "a/b:c#d 段%";
  CHECK(percent_encode("nightly#142") == "nightly%23142");
  CHECK(percent_decode(percent_encode(odd)) == odd);
  for (const char* bad : {"%", "%2", "%zz", "a%", "%1g"}) CHECK_FALSE(percent_decode(bad));
}

TEST_CASE("a query keeps order and repetition; plus is a space") {
  const Result<Query> query = parse_query("a=1&b=x+y%2B&a=2&&flag&=v");
  REQUIRE(query);
  CHECK(query->all("a") == std::vector<std::string_view>{"1", "2"});
  CHECK(query->value("b") == "x y+");
  CHECK(query->has("flag"));
  CHECK(query->value("flag").empty());
  CHECK(query->value("") == "v");
  CHECK_FALSE(parse_query("a=%"));
  CHECK_FALSE(parse_query("a=%c3"));
}

TEST_CASE("a token is found in a list") {
  CHECK(has_token("gzip, Br ,x", "br"));
  CHECK_FALSE(has_token("gzipped", "gzip"));
  CHECK_FALSE(has_token("", "gzip"));
}

TEST_CASE("a problem carries code, title and detail, and leaves out what is empty") {
  const Response response =
      problem(404, Error{.code = "x.y", .message = "no \"z\"", .path = "/a"}, "r1");
  CHECK(response.headers.value("content-type") == "application/problem+json");
  CHECK(response.body ==
        R"({"code":"x.y","title":"Not Found","detail":"no \"z\"","path":"/a","request_id":"r1"})");
}

}  // namespace dandori::http
