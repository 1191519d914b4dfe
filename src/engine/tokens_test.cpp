#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

model::CreateToken token(std::string name, model::Role role = model::Role::operator_) {
  return {std::move(name), role, std::string(64, 'a'), {}};
}

TEST_CASE(
    "[MON-12] a token is made and revoked: kept, audited, and its secret's hash stays inside") {
  World world;
  const Json made = world.ask(token("ci"));
  CHECK(made.text_or("role", "") == "operator");
  CHECK(made["revoked_at"].is_null());
  CHECK(write_json(made).find("aaaa") == std::string::npos);
  REQUIRE(world.store.tokens.size() == 1);
  CHECK(world.store.tokens.begin()->second.secret_hash == std::string(64, 'a'));
  CHECK(world.store.audit.back().action == "token.create");
  CHECK(write_json(world.store.audit.back().after).find("aaaa") == std::string::npos);

  const Json revoked = world.ask(model::RevokeToken{"ci"});
  CHECK_FALSE(revoked["revoked_at"].is_null());
  CHECK(world.store.audit.back().action == "token.revoke");
  CHECK(world.store.audit.back().target == "ci");
  CHECK(world.store.tokens.begin()->second.revoked_at.us != 0);
}

TEST_CASE("a name belongs to one valid token at a time") {
  World world;
  const std::string id{world.ask(token("ci")).text_or("id", "")};
  CHECK(world.error_of(token("ci")) == "token.exists");
  CHECK(world.try_ask(model::RevokeToken{id}));
  CHECK(world.try_ask(model::RevokeToken{id}));  // again: the same answer
  CHECK(world.error_of(model::RevokeToken{"ci"}) == "token.unknown");
  CHECK(world.try_ask(token("ci")));
  for (const char* bad : {"", "admin", "schedule", " x", "a\nb"}) {
    CHECK(world.error_of(token(bad)) == "token.bad_name");
  }
}

TEST_CASE("a token that would have expired already is refused") {
  World world;
  model::CreateToken late = token("late");
  late.expires_at = world.now.wall - 1s;
  CHECK(world.error_of(late) == "token.expired");
  late.expires_at = world.now.wall + 1h;
  CHECK(world.try_ask(late));
}

TEST_CASE("the use of a token is noted at most every five minutes") {
  World world;
  world.ask(token("ci"));
  const Uuid id = world.store.tokens.begin()->first;
  const auto used = [&] { return world.store.tokens.begin()->second.last_used_at; };
  world.ask(model::TouchToken{id});
  const Timestamp first = used();
  CHECK(first == world.now.wall);
  world.run_for(4min);
  world.ask(model::TouchToken{id});
  CHECK(used() == first);
  world.run_for(1min);
  world.ask(model::TouchToken{id});
  CHECK(used() == first + 5min);
}

}  // namespace
}  // namespace dandori::engine::test
