#include "api/sessions.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <span>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "base/text.h"

namespace dandori::api {

namespace {

constexpr std::string_view kAdmin = "admin";

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  std::size_t filled = 0;
  while (filled < bytes) {
    const ssize_t count = ::getrandom(random.data() + filled, bytes - filled, 0);
    DANDORI_ASSERT(count > 0 || errno == EINTR, "the kernel has no random bytes");
    if (count > 0) filled += static_cast<std::size_t>(count);
  }
  return hex(random);
}

bool same_secret(std::string_view left, std::string_view right) {
  return left.size() == right.size() && !left.empty() &&
         CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string_view find_cookie(std::string_view header, std::string_view name) {
  for (const std::string_view part : split(header, ';')) {
    const std::string_view pair = trim(part);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
  }
  return {};
}

Sessions::Sessions(std::string_view secret)
    : key_{sha256_hex(fmt::format("dandori session key\n{}", secret))} {}

std::string Sessions::sign(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return hex({mac.data(), size});
}

Session Sessions::open(const Uuid& token, Timestamp now) const {
  return renewed(Session{random_hex(16), token, {}, {}}, now);
}

Session Sessions::renewed(Session session, Timestamp now) const {
  session.expires_at = now + kLife;
  session.csrf = sign("csrf." + session.id);
  return session;
}

// ID.EXPIRES.TOKEN.SIGNATURE, where EXPIRES counts seconds.
std::string Sessions::cookie_of(const Session& session) const {
  const std::string text =
      fmt::format("{}.{}.{}", session.id, session.expires_at.us / 1'000'000,
                  session.token.is_nil() ? std::string{kAdmin} : format_uuid(session.token));
  return fmt::format("{}.{}", text, sign(text));
}

std::optional<Session> Sessions::find(std::string_view cookie, Timestamp now) const {
  const std::size_t dot = cookie.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  if (!same_secret(cookie.substr(dot + 1), sign(cookie.substr(0, dot)))) return std::nullopt;
  const auto parts = split(cookie.substr(0, dot), '.');
  if (parts.size() != 3) return std::nullopt;
  Session session{std::string{parts[0]}, {}, {}, {}};
  std::int64_t seconds = 0;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), seconds);
  session.expires_at = Timestamp{seconds * 1'000'000};
  if (session.expires_at <= now) return std::nullopt;
  if (parts[2] != kAdmin) {
    const Result<Uuid> token = parse_uuid(parts[2]);
    if (!token) return std::nullopt;
    session.token = *token;
  }
  session.csrf = sign("csrf." + session.id);
  return session;
}

}  // namespace dandori::api
