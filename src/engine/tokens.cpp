#include <algorithm>

#include <fmt/core.h>

#include "base/json_time.h"
#include "base/text.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::TokenRow;

namespace {

constexpr std::size_t kNameMax = 64;

/// As the API shows it, and the audit log: never the hash of the secret.
Json token_json(const TokenRow& token) {
  return Json::object({{"id", format_uuid(token.id)},
                       {"name", token.name},
                       {"role", to_string(token.role)},
                       {"created_at", instant_json(token.created_at)},
                       {"created_by", token.created_by},
                       {"expires_at", instant_json(token.expires_at)},
                       {"last_used_at", instant_json(token.last_used_at)},
                       {"revoked_at", instant_json(token.revoked_at)}});
}

bool is_valid(const TokenRow& token, Timestamp now) {
  return token.revoked_at.us == 0 && (token.expires_at.us == 0 || token.expires_at > now);
}

Result<void> check_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kNameMax && is_valid_utf8(name) &&
                    trim(name) == name &&
                    std::ranges::none_of(name, [](unsigned char c) { return c < 0x20; });
  if (!good || name == "admin" || name == "schedule") {
    return fail("token.bad_name", fmt::format("'{}' cannot be the name of a token", name),
                "choose who uses it, such as `ci` or `yamada`: up to 64 characters, not `admin` or "
                "`schedule`",
                "/name");
  }
  return {};
}

/// By id, or the valid one of that name; nullptr: none.
TokenRow* find_token(State& state, std::string_view token, Timestamp now) {
  const Result<Uuid> id = parse_uuid(token);
  if (id) {
    const auto found = state.tokens.find(*id);
    return found == state.tokens.end() ? nullptr : &found->second;
  }
  for (auto& [key, row] : state.tokens) {
    if (row.name == token && is_valid(row, now)) return &row;
  }
  return nullptr;
}

}  // namespace

Result<Json> create_token(Turn& turn, const model::Actor& actor,
                          const model::CreateToken& request) {
  const Result<void> named = check_name(request.name);
  if (!named) return std::unexpected(named.error());
  if (find_token(turn.state, request.name, turn.now.wall) != nullptr) {
    return fail(
        "token.exists", fmt::format("there is a valid token '{}' already", request.name),
        fmt::format("choose another name, or revoke it: dandori token revoke '{}'", request.name),
        "/name");
  }
  if (request.expires_at.us != 0 && request.expires_at <= turn.now.wall) {
    return fail("token.expired", "the token would have expired already", "name an instant to come",
                "/expires_at");
  }
  TokenRow token;
  token.id = turn.new_run_id().value;
  token.name = request.name;
  token.role = request.role;
  token.secret_hash = request.secret_hash;
  token.created_by = actor.name;
  token.created_at = turn.now.wall;
  token.expires_at = request.expires_at;
  turn.state.tokens.insert_or_assign(token.id, token);
  Json answer = token_json(token);
  turn.audit(actor, "token.create", token.name, {}, answer);
  turn.keep(std::move(token));
  return answer;
}

Result<Json> revoke_token(Turn& turn, const model::Actor& actor,
                          const model::RevokeToken& request) {
  TokenRow* const token = find_token(turn.state, request.token, turn.now.wall);
  if (token == nullptr) {
    return fail("token.unknown", fmt::format("there is no token '{}'", request.token),
                "`dandori token list` lists them");
  }
  if (token->revoked_at.us != 0) return token_json(*token);
  Json before = token_json(*token);
  token->revoked_at = turn.now.wall;
  Json answer = token_json(*token);
  turn.audit(actor, "token.revoke", token->name, std::move(before), answer);
  turn.keep(*token);
  return answer;
}

/// Not audited: every request of the token stands in the access log, its changes in the audit log.
Result<Json> touch_token(Turn& turn, const model::TouchToken& request) {
  const auto found = turn.state.tokens.find(request.id);
  if (found == turn.state.tokens.end()) return Json{};
  TokenRow& token = found->second;
  if (turn.now.wall - token.last_used_at < model::kTokenTouchEvery) return Json{};
  token.last_used_at = turn.now.wall;
  turn.keep(token);
  return Json{};
}

/// Only the store remembers it: every request of a browser asks there. Not audited, as above.
Result<Json> sign_out(Turn& turn, const model::SignOut& request) {
  turn.keep(model::SignedOutRow{request.session, request.until});
  return Json{};
}

}  // namespace dandori::engine
