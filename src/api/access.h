#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/permission.h"
#include "api/services.h"
#include "api/sessions.h"
#include "api/sign_in_limit.h"
#include "http/message.h"

namespace dandori::api {

/// Who calls, and what he may do.
struct Caller {
  model::Actor actor;
  model::Role role = model::Role::viewer;
  Timestamp expires_at;            ///< of the token or session; 0: never
  std::optional<Session> session;  ///< of a browser
};

/// Characters of a reason, as the audit log keeps it with every line.
inline constexpr std::size_t kReasonMax = 1000;
/// Errors: request.bad_field. path: where it stands.
Result<void> check_reason(std::string_view reason, std::string path);

/// What a browser is told whose session's token was not found good: only what is wrong with the
/// token ends the session, not a store that cannot be read now.
Error session_error(const Error& cause);

/// Tells callers by bearer token or by session cookie. Thread-safe.
class Access {
 public:
  explicit Access(Services& services) : services_{services}, sessions_{services.settings.token} {}

  /// A caller with this permission. Errors: auth.missing, auth.wrong_token, auth.session_ended,
  /// auth.csrf (a write of a browser without the right header), auth.denied.
  Result<Caller> identify(const http::Request& request, Permission permission);

  /// Whether the caller of an earlier request still has the permission. A store that cannot be read
  /// now takes nothing away.
  bool may_still(const http::Request& request, Permission permission);

  /// Signs a browser in. A right token is never kept waiting. Errors: auth.wrong_token,
  /// auth.too_many_attempts.
  Result<Caller> sign_in(const http::Request& request, const std::string& token);
  /// The caller's session, to expire later where half of its life has passed.
  Session renewed(const Session& session) const;
  /// `done` once it is durable: the cookie is refused from then on, also after a restart. Errors:
  /// those of the engine.
  void sign_out(const Caller& caller, std::function<void(Result<void>)> done);
  /// Value of Set-Cookie; `session` nullptr takes the cookie away.
  std::string set_cookie(const http::Request& request, const Session* session) const;
  /// Seconds until `peer` may try to sign in again.
  std::int64_t sign_in_wait_s(std::string_view peer);

 private:
  /// What a token may do: the administrator's where `row` is empty.
  struct Owner {
    std::string name;
    model::Role role = model::Role::viewer;
    Uuid id;
    Timestamp expires_at;
  };
  Result<Owner> owner_of(std::string_view secret);
  Result<Owner> owner_of(const Session& session);
  Result<Owner> check(const std::optional<model::TokenRow>& row);
  Result<Caller> by_token(std::string_view header, model::Actor actor);
  Result<Caller> by_cookie(const http::Request& request, model::Actor actor);
  void note_use(const model::TokenRow& token);

  Services& services_;
  Sessions sessions_;
  SignInLimit limit_;
};

}  // namespace dandori::api
