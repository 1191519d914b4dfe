#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/time.h"

namespace dandori::api {

/// A browser's sign-in.
struct Session {
  std::string id;  ///< 32 hex digits
  Uuid token;      ///< whose rights it has; nil: the administrator's token
  Timestamp expires_at;
  std::string csrf;  ///< what X-Dandori-CSRF must hold for writes
};

/// Browser sessions as signed cookies: nothing is stored, so they survive a restart of the server
/// (docs/decisions/0020-sessions.md). A session ends when it expires, its token is revoked or
/// expires, or the administrator's token is replaced; or when it is signed out, which the store
/// knows. Thread-safe.
class Sessions {
 public:
  static constexpr std::string_view kCookie = "dandori_session";
  static constexpr Duration kLife = std::chrono::hours{12};

  /// secret: the administrator's token; the signing key is derived from it.
  explicit Sessions(std::string_view secret);

  Session open(const Uuid& token, Timestamp now) const;
  /// The session again, to expire later.
  Session renewed(Session session, Timestamp now) const;
  /// Value of the cookie.
  std::string cookie_of(const Session& session) const;
  /// nullopt: forged or expired.
  std::optional<Session> find(std::string_view cookie, Timestamp now) const;

 private:
  std::string sign(std::string_view text) const;

  std::string key_;
};

/// The value of a cookie in a `Cookie` header, or empty.
std::string_view find_cookie(std::string_view header, std::string_view name);
/// Equal, without telling by its time where they differ.
bool same_secret(std::string_view left, std::string_view right);
/// `bytes` random bytes from the kernel as hex: for secrets.
std::string random_hex(std::size_t bytes);

}  // namespace dandori::api
