#include "api/access.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/hash.h"

namespace dandori::api {

namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kCsrf = "X-Dandori-CSRF";

model::Actor actor_of(const http::Request& request) {
  model::Actor actor;
  actor.channel = request.headers.value("X-Dandori-Channel") == "cli" ? model::Channel::cli
                                                                      : model::Channel::api;
  actor.address = request.peer;
  actor.request_id = request.request_id;
  actor.reason = std::string{request.headers.value("X-Dandori-Reason")};
  return actor;
}

bool is_write(const http::Request& request) {
  return request.method != "GET" && request.method != "HEAD";
}

Error wrong_token() {
  return Error{"auth.wrong_token", "the token is not valid here",
               "it may be misspelt, revoked or expired; the administrator's is in "
               "DATA/admin.token of this server"};
}

Error denied(Permission permission, const Caller& caller) {
  return Error{
      "auth.denied",
      fmt::format("this needs the permission '{}', and '{}' is a {}", to_string(permission),
                  caller.actor.name, to_string(caller.role)),
      fmt::format("ask an administrator for a token with the role {}: dandori token create "
                  "NAME --role {}",
                  to_string(role_for(permission)), to_string(role_for(permission)))};
}

}  // namespace

Result<void> check_reason(std::string_view reason, std::string path) {
  const auto is_first = [](char octet) {
    return (static_cast<unsigned char>(octet) & 0xC0U) != 0x80U;
  };
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(reason, is_first));
  if (characters <= kReasonMax && reason.size() <= 4 * kReasonMax) return {};
  return fail("request.bad_field",
              fmt::format("the reason has {} characters; {} are kept", characters, kReasonMax),
              "say it shorter, or name where more is written", std::move(path));
}

Error session_error(const Error& cause) {
  if (!cause.code.starts_with("auth.")) return cause;
  return {"auth.session_ended", "the session has ended", "sign in again"};
}

bool Access::may_still(const http::Request& request, Permission permission) {
  const Result<Caller> caller = identify(request, permission);
  return caller.has_value() || !caller.error().code.starts_with("auth.");
}

Result<Caller> Access::identify(const http::Request& request, Permission permission) {
  model::Actor actor = actor_of(request);
  if (const auto fits = check_reason(actor.reason, "X-Dandori-Reason"); !fits)
    return std::unexpected(fits.error());
  if (permission == Permission::open) return Caller{std::move(actor), {}, {}, {}};
  const std::string_view header = request.headers.value("Authorization");
  Result<Caller> caller =
      header.empty() ? by_cookie(request, std::move(actor)) : by_token(header, std::move(actor));
  if (!caller) return caller;
  if (!allows(caller->role, permission)) return std::unexpected(denied(permission, *caller));
  return caller;
}

Result<Caller> Access::by_token(std::string_view header, model::Actor actor) {
  if (!header.starts_with(kBearer)) return std::unexpected(wrong_token());
  Result<Owner> owner = owner_of(header.substr(kBearer.size()));
  if (!owner) return std::unexpected(owner.error());
  actor.name = std::move(owner->name);
  return Caller{std::move(actor), owner->role, owner->expires_at, {}};
}

Result<Caller> Access::by_cookie(const http::Request& request, model::Actor actor) {
  const std::string_view cookie = find_cookie(request.headers.value("Cookie"), Sessions::kCookie);
  if (cookie.empty()) {
    return fail("auth.missing", "the request carries no token",
                "send `Authorization: Bearer TOKEN`; the first token is in DATA/admin.token");
  }
  std::optional<Session> session = sessions_.find(cookie, services_.engine.now());
  if (session) {
    const auto signed_out = services_.query.signed_out(session->id);
    if (!signed_out) return std::unexpected(signed_out.error());
    if (*signed_out) session.reset();
  }
  Result<Owner> owner = session ? owner_of(*session) : std::unexpected(wrong_token());
  if (!owner) return std::unexpected(session_error(owner.error()));
  if (is_write(request) && !same_secret(request.headers.value(kCsrf), session->csrf)) {
    return fail("auth.csrf",
                fmt::format("a browser's {} must carry the header {}", request.method, kCsrf),
                "send the value that GET /api/v1/session names as `csrf`");
  }
  actor.name = std::move(owner->name);
  actor.channel = model::Channel::ui;
  return Caller{std::move(actor), owner->role, session->expires_at, std::move(session)};
}

Result<Access::Owner> Access::owner_of(std::string_view secret) {
  if (same_secret(secret, services_.settings.token)) {
    return Owner{"admin", model::Role::admin, {}, {}};
  }
  const auto row = services_.query.token_of_secret(sha256_hex(secret));
  if (!row) return std::unexpected(row.error());
  return check(*row);
}

Result<Access::Owner> Access::owner_of(const Session& session) {
  if (session.token.is_nil()) return Owner{"admin", model::Role::admin, {}, {}};
  const auto row = services_.query.token(session.token);
  if (!row) return std::unexpected(row.error());
  return check(*row);
}

Result<Access::Owner> Access::check(const std::optional<model::TokenRow>& row) {
  const Timestamp now = services_.engine.now();
  const bool is_valid =
      row && row->revoked_at.us == 0 && (row->expires_at.us == 0 || row->expires_at > now);
  if (!is_valid) return std::unexpected(wrong_token());
  if (now - row->last_used_at >= model::kTokenTouchEvery) note_use(*row);
  return Owner{row->name, row->role, row->id, row->expires_at};
}

/// Nobody waits for it; when the engine is busy the next use is noted instead.
void Access::note_use(const model::TokenRow& token) {
  model::Command command;
  command.actor.name = token.name;
  command.request = model::TouchToken{token.id};
  services_.engine.submit(std::move(command), [](const Result<Json>&) {});
}

Result<Caller> Access::sign_in(const http::Request& request, const std::string& token) {
  const Timestamp now = services_.engine.now();
  Result<Owner> owner = owner_of(token);
  if (!owner && !owner.error().code.starts_with("auth.")) return std::unexpected(owner.error());
  if (!owner) {
    // Behind a proxy all come from one address: who has the right token must not wait for others.
    const bool is_throttled = limit_.wait(request.peer, now) > Duration::zero();
    limit_.failed(request.peer, now);
    if (!is_throttled) return std::unexpected(owner.error());
    return fail("auth.too_many_attempts", "too many failed sign-ins came from this address",
                "wait a minute; the right token is taken at any time");
  }
  Caller caller{actor_of(request), owner->role, {}, sessions_.open(owner->id, now)};
  caller.actor.name = std::move(owner->name);
  caller.actor.channel = model::Channel::ui;
  caller.expires_at = caller.session->expires_at;
  return caller;
}

std::int64_t Access::sign_in_wait_s(std::string_view peer) {
  return limit_.wait(peer, services_.engine.now()).count() / 1'000'000 + 1;
}

Session Access::renewed(const Session& session) const {
  const Timestamp now = services_.engine.now();
  return session.expires_at - now < Sessions::kLife / 2 ? sessions_.renewed(session, now) : session;
}

void Access::sign_out(const Caller& caller, std::function<void(Result<void>)> done) {
  model::Command command;
  command.actor = caller.actor;
  // A renewed cookie of the same session may live that long.
  command.request = model::SignOut{caller.session->id, services_.engine.now() + Sessions::kLife};
  services_.engine.submit(std::move(command), [done = std::move(done)](const Result<Json>& answer) {
    done(answer ? Result<void>{} : std::unexpected(answer.error()));
  });
}

std::string Access::set_cookie(const http::Request& request, const Session* session) const {
  // A proxy in front that speaks TLS says so; it can only make the cookie stricter.
  const bool is_secure = request.headers.value("X-Forwarded-Proto") == "https";
  const Duration life =
      session == nullptr ? Duration::zero() : session->expires_at - services_.engine.now();
  const std::int64_t life_s = (life.count() + 999'999) / 1'000'000;
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", Sessions::kCookie,
                     session == nullptr ? std::string{} : sessions_.cookie_of(*session), life_s,
                     is_secure ? "; Secure" : "");
}

}  // namespace dandori::api
