#include "api/sessions.h"

#include <doctest/doctest.h>

#include "api/access.h"
#include "api/sign_in_limit.h"

namespace dandori::api {
namespace {

constexpr Timestamp kNow{1'795'000'000'000'000};
constexpr Uuid kToken{1, 2};

TEST_CASE("a session is found by its cookie, also by the server after a restart") {
  const Sessions before{"secret"};
  const Session opened = before.open(kToken, kNow);
  const std::string cookie = before.cookie_of(opened);
  const Sessions after{"secret"};
  const auto found = after.find(cookie, kNow + Sessions::kLife - 1s);
  REQUIRE(found);
  CHECK(found->token == kToken);
  CHECK(found->id == opened.id);
  CHECK(found->csrf == opened.csrf);
  CHECK(before.open(kToken, kNow).id != opened.id);
}

TEST_CASE("a session that is forged, expired or of another server is none") {
  const Sessions sessions{"secret"};
  const Session opened = sessions.open({}, kNow);
  const std::string cookie = sessions.cookie_of(opened);
  REQUIRE(sessions.find(cookie, kNow));
  CHECK(sessions.find(cookie, kNow)->token.is_nil());
  for (std::size_t at = 0; at < cookie.size(); ++at) {
    std::string forged = cookie;
    forged[at] = forged[at] == '1' ? '2' : '1';
    CHECK_FALSE(sessions.find(forged, kNow));
  }
  for (const char* bad : {"", ".", "...", "a.b.c.d", "admin"})
    CHECK_FALSE(sessions.find(bad, kNow));
  CHECK_FALSE(sessions.find(cookie, kNow + Sessions::kLife));
  CHECK_FALSE(Sessions{"other"}.find(cookie, kNow));
}

TEST_CASE("a cookie is found among others") {
  CHECK(find_cookie("a=1; dandori_session=x.y; b=2", "dandori_session") == "x.y");
  CHECK(find_cookie("my_dandori_session=no", "dandori_session").empty());
  CHECK(find_cookie("", "dandori_session").empty());
  CHECK(find_cookie("dandori_session", "dandori_session").empty());
}

TEST_CASE("after ten failed sign-ins in a minute an address waits, others do not") {
  SignInLimit limit;
  for (int i = 0; i < 10; ++i) {
    CHECK(limit.wait("10.0.0.1:5000", kNow) == Duration::zero());
    limit.failed("10.0.0.1:5000", kNow);
  }
  CHECK(limit.wait("10.0.0.1:5001", kNow + 10s) == 50s);
  CHECK(limit.wait("10.0.0.2:5000", kNow) == Duration::zero());
  CHECK(limit.wait("10.0.0.1:5000", kNow + 1min) == Duration::zero());
}

TEST_CASE("a store that cannot be read now ends no session") {
  CHECK(session_error({"auth.wrong_token", "", ""}).code == "auth.session_ended");
  CHECK(session_error({"store.busy", "the store is busy", ""}).code == "store.busy");
}

}  // namespace
}  // namespace dandori::api
