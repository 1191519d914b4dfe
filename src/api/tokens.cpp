#include <fmt/format.h>

#include <memory>

#include "api/access.h"
#include "api/routes.h"
#include "base/hash.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

Json session_json(const Caller& caller) {
  Json body = Json::object({{"name", caller.actor.name},
                            {"role", to_string(caller.role)},
                            {"permissions", permissions_json(caller.role)},
                            {"channel", to_string(caller.actor.channel)},
                            {"expires_at", instant_json(caller.expires_at)}});
  if (caller.session) body.set("csrf", caller.session->csrf);
  return body;
}

http::Response json_answer(int status, const Json& body) {
  return http::json(status, write_json(body) + "\n");
}

/// When a token is to expire: an instant, a span from now, or never.
Result<Timestamp> read_expiry(const Json& body, Timestamp now) {
  const auto at = text_field(body, "expires_at");
  if (!at) return std::unexpected(at.error());
  const auto in = text_field(body, "expires_in");
  if (!in) return std::unexpected(in.error());
  if (!at->empty() && !in->empty()) {
    return fail("request.bad_field", "'expires_at' and 'expires_in' exclude each other",
                "name one of them, or none for a token that does not expire", "/expires_in");
  }
  if (!at->empty()) return parse_rfc3339(*at);
  if (in->empty()) return Timestamp{};
  const auto span = parse_duration(*in);
  if (!span) return std::unexpected(span.error());
  return now + *span;
}

Result<model::Role> read_role(const Json& body) {
  const auto text = text_field(body, "role", true);
  if (!text) return std::unexpected(text.error());
  const auto role = model::parse_word<model::Role>(*text);
  if (!role) {
    return fail("request.bad_field", fmt::format("'{}' is no role", *text),
                fmt::format("roles: {}", fmt::join(model::words_of<model::Role>(), ", ")), "/role");
  }
  return *role;
}

}  // namespace

void post_session(Call call) {
  const auto body = read_body(call.request, {"token"});
  if (!body) return call.fail(body.error());
  const auto token = text_field(*body, "token", true);
  if (!token) return call.fail(token.error());
  const Result<Caller> caller = call.access.sign_in(call.request, *token);
  if (!caller) return call.fail(caller.error());
  http::Response response = json_answer(200, session_json(*caller));
  response.headers.add("Set-Cookie", call.access.set_cookie(call.request, &*caller->session));
  call.respond(std::move(response));
}

void get_session(Call call) {
  if (!call.caller.session) return call.answer(200, session_json(call.caller));
  const Session session = call.access.renewed(*call.caller.session);
  call.caller.expires_at = session.expires_at;
  http::Response response = json_answer(200, session_json(call.caller));
  response.headers.add("Set-Cookie", call.access.set_cookie(call.request, &session));
  call.respond(std::move(response));
}

void delete_session(Call call) {
  const auto take_cookie = [](Call& of) {
    http::Response response{.status = 204};
    response.headers.add("Set-Cookie", of.access.set_cookie(of.request, nullptr));
    of.respond(std::move(response));
  };
  if (!call.caller.session) return take_cookie(call);
  Access& access = call.access;
  auto shared = std::make_shared<Call>(std::move(call));
  access.sign_out(shared->caller, [shared, take_cookie](const Result<void>& done) {
    if (!done) return shared->fail(done.error());
    take_cookie(*shared);
  });
}

void list_tokens(Call call) {
  const auto known = check_parameters(call.request, {"limit", "cursor"});
  if (!known) return call.fail(known.error());
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  const auto listed = call.services.query.tokens(*page);
  if (!listed) return call.fail(listed.error());
  Json::Array items;
  for (const model::TokenRow& row : listed->items) items.push_back(wire::to_json(row));
  call.answer(200, page_json(std::move(items), listed->next_cursor));
}

void create_token(Call call) {
  const auto body = read_body(call.request, {"name", "role", "expires_at", "expires_in", "reason"});
  if (!body) return call.fail(body.error());
  const auto name = text_field(*body, "name", true);
  if (!name) return call.fail(name.error());
  const auto role = read_role(*body);
  if (!role) return call.fail(role.error());
  const auto expires_at = read_expiry(*body, call.services.engine.now());
  if (!expires_at) return call.fail(expires_at.error());
  const auto reason = reason_field(*body);
  if (!reason) return call.fail(reason.error());
  if (!reason->empty()) call.caller.actor.reason = *reason;

  // The secret is made here and never handed to the engine: what is stored is its hash.
  std::string secret = "dandori_" + random_hex(32);
  model::Command command;
  command.actor = call.caller.actor;
  command.request = model::CreateToken{*name, *role, sha256_hex(secret), *expires_at};
  Services& services = call.services;
  auto shared = std::make_shared<Call>(std::move(call));
  services.engine.submit(
      std::move(command), [shared, secret = std::move(secret)](const Result<Json>& token) {
        if (!token) return shared->fail(token.error());
        shared->answer(201, Json::object({{"token", *token}, {"secret", secret}}));
      });
}

void revoke_token(Call call) {
  const auto body = read_body(call.request, {"reason"});
  if (!body) return call.fail(body.error());
  const auto reason = reason_field(*body);
  if (!reason) return call.fail(reason.error());
  if (!reason->empty()) call.caller.actor.reason = *reason;
  model::RevokeToken revoke{call.param("token")};
  submit(std::move(call), std::move(revoke));
}

}  // namespace dandori::api
