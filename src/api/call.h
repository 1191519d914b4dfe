#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "api/access.h"
#include "api/reply.h"
#include "api/services.h"
#include "base/day.h"
#include "http/message.h"
#include "http/router.h"

namespace dandori::api {

/// One request on its way through a handler. Move-only; whoever holds it owes the answer.
struct Call {
  Services& services;
  Access& access;
  http::Request request;
  http::RouteParams params;
  Reply respond;
  Caller caller;

  std::string param(std::string_view name) const { return std::string{params.value(name)}; }
  void answer(int status, const Json& body) {
    respond(http::json(status, write_json(body) + "\n"));
  }
  /// The same with what `make` makes: on the connection's thread, not on the one that answers.
  void answer_later(std::function<Json()> make) {
    http::Response response = http::json(200, {});
    response.make_body = [make = std::move(make)] { return write_json(make()) + "\n"; };
    respond(std::move(response));
  }
  void fail(const Error& error);
  /// Answers with a stream, which ends when the caller may no longer read: his token is revoked or
  /// has expired, or he has signed out.
  void stream(http::Response response);
};

/// Status of an error code: the one table. 500 for codes that are our own mistake.
int status_of(std::string_view code);

/// The request's body as a JSON object with no other members than `known` and `more`.
/// An empty body is an empty object. Errors: json.*, request.not_object, request.unknown_field.
Result<Json> read_body(const http::Request& request, std::initializer_list<std::string_view> known,
                       std::span<const std::string_view> more = {});
/// Errors: request.unknown_field where the object has another member than these.
Result<void> check_members(const Json& object, std::span<const std::string_view> known,
                           std::string_view what = "the body");

/// Member as text; absent is empty. Errors: request.bad_field (wrong type), request.missing_field.
Result<std::string> text_field(const Json& body, std::string_view name, bool required = false);
Result<bool> bool_field(const Json& body, std::string_view name);

/// A whole number from the query, `fallback` when absent. Errors: request.bad_parameter.
Result<std::uint64_t> number_parameter(const http::Request& request, std::string_view name,
                                       std::uint64_t fallback, std::uint64_t max);
/// A day from the query, `fallback` when absent. Errors: request.bad_parameter.
Result<Day> day_parameter(const http::Request& request, std::string_view name, Day fallback);
/// Days from `from` to `until`, both included, of the query. until: absent, `usual` days from
/// there. Errors: request.bad_parameter (also: more than days_max, or none).
Result<DayRange> days_parameter(const http::Request& request, Day today, std::int32_t usual,
                                std::int32_t days_max);
/// An instant from the query, or nullopt. Errors: request.bad_parameter.
Result<std::optional<Timestamp>> instant_parameter(const http::Request& request,
                                                   std::string_view name);
/// `true` or `false` from the query; absent is false. Errors: request.bad_parameter.
Result<bool> bool_parameter(const http::Request& request, std::string_view name);
/// Today in the server's zone. Errors: calendar.unknown_zone.
Result<Day> today(const Services& services);
/// Reads only these names from the query. Errors: request.unknown_parameter.
Result<void> check_parameters(const http::Request& request,
                              std::initializer_list<std::string_view> known);
Result<void> check_parameters(const http::Request& request, std::span<const std::string> known);
/// limit: unless the query says another.
Result<store::Page> read_page(const http::Request& request, std::uint32_t limit = 50);
/// Of lists that most callers want whole.
inline constexpr std::uint32_t kLongPage = 1000;

/// What every operation takes beside its own fields: `dry_run`, `plan_id`, `reason`.
struct Terms {
  bool dry_run = false;  ///< answer with the preview, do nothing
  std::string plan;      ///< of a preview: refused when the world has moved since
  std::string reason;    ///< over the one of the header
};
Result<Terms> read_terms(const Json& body);
/// `reason`; absent is empty. Errors: request.bad_field (wrong type, longer than kReasonMax).
Result<std::string> reason_field(const Json& body);

/// Bound of an Idempotency-Key, and what is said beyond it.
inline constexpr std::size_t kKeyBytesMax = 200;
Error long_key();
/// Names the request: another one under the same Idempotency-Key is refused.
std::string request_digest(const http::Request& request);

/// The command of this caller, with the terms.
model::Command make_command(const Call& call, model::Request body, Terms terms);

/// Submits `body` as this caller and answers with what the engine says, under `status`.
///
/// shape: what is answered instead, made of the engine's answer; quick, as it runs on the engine's
/// thread.
void submit(Call call, model::Request body, int status = 200, Terms terms = {},
            std::function<Json(const Json& answer)> shape = {});

/// `{items, next_cursor}`.
Json page_json(Json::Array items, const std::string& next_cursor);

}  // namespace dandori::api
