#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/stream.h"

namespace dandori::http {

/// Header fields in the order they came; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_{fields} {}

  /// The first value of that name, or nullopt.
  std::optional<std::string_view> find(std::string_view name) const;
  /// The first value of that name, or an empty text.
  std::string_view value(std::string_view name) const { return find(name).value_or(""); }
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::size_t count(std::string_view name) const;

  /// Adds one more field, also where the name is there already.
  void add(std::string name, std::string value);
  /// Replaces all fields of that name by one.
  void set(std::string_view name, std::string value);

  bool empty() const { return fields_.empty(); }
  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

bool equal_ignoring_case(std::string_view left, std::string_view right);
/// Is `token` one of the comma-separated tokens of `list`? Without case.
bool has_token(std::string_view list, std::string_view token);

/// Parameters of a query, decoded, in the order they came; names may repeat.
class Query {
 public:
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view value(std::string_view name) const { return find(name).value_or(""); }
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::vector<std::string_view> all(std::string_view name) const;

  void add(std::string name, std::string value);
  bool empty() const { return params_.empty(); }
  std::size_t size() const { return params_.size(); }
  auto begin() const { return params_.begin(); }
  auto end() const { return params_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> params_;
};

/// Replaces `%XX` by its octet; nullopt where a `%` is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);
/// Encodes all but RFC 3986's unreserved characters: safe as one path segment or query value.
std::string percent_encode(std::string_view text);
/// Reads `a=1&b=x+y`. Errors: http.bad_request (a bad `%` sequence or text that is not UTF-8).
Result<Query> parse_query(std::string_view text);

/// One request, read completely.
struct Request {
  std::string method;  ///< as sent: `GET`
  std::string target;  ///< as sent: `/api/v1/runs/nightly%23142?x=1`
  std::string path;    ///< before the `?`, not decoded (Router decodes each segment)
  Query query;         ///< decoded
  Headers headers;
  std::string body;               ///< without its transfer coding
  std::string peer;               ///< `127.0.0.1:43210`, `[::1]:43210`, or `unix`
  bool peer_is_loopback = false;  ///< 127.0.0.0/8, ::1, or a unix socket
  std::string request_id;         ///< from `X-Request-Id` where that is sane, else made here
};

/// A body that is written while it comes into being, chunk by chunk.
struct BodyStream {
  std::unique_ptr<ChunkSource> source;
  /// Sent whenever nothing else was sent for `idle_every`; empty: nothing. For SSE: ":\n\n".
  std::string idle_chunk = {};
  std::chrono::milliseconds idle_every{15'000};
  /// Asked every `check_every`, whatever the stream is at: false cuts it. Must be quick.
  std::function<bool()> may_go_on = {};
  std::chrono::milliseconds check_every{5'000};
};

/// What is answered. Date, Content-Length, Transfer-Encoding, Connection and X-Request-Id are added
/// by the server and must not be set here.
struct Response {
  int status = 200;
  Headers headers = {};
  std::string body = {};
  /// Where set, makes `body` on the connection's thread: for whoever answers from a thread that
  /// must not be held up.
  std::function<std::string()> make_body = {};
  /// Where set, `body` is unused and the stream is sent instead.
  std::optional<BodyStream> stream = {};
  // For ServerOptions::on_answered; not sent.
  std::string_view label = {};  ///< what kind of request it was, such as a route; outlives all
  std::string user = {};        ///< who asked, where that is known
};

/// `OK`, `Not Found`, …; `Unknown` for a status without a name here.
std::string_view reason_phrase(int status);

Response text(int status, std::string body);
/// `body` is JSON already.
Response json(int status, std::string body);
Response content(int status, std::string_view content_type, std::string body);
/// 200 with `source` as its body.
Response streamed(std::string_view content_type, std::unique_ptr<ChunkSource> source);
/// RFC 9457 problem JSON `{code, title, detail, hint, path, request_id}`; empty members are left
/// out.
Response problem(int status, const Error& error, std::string_view request_id = {});

}  // namespace dandori::http
