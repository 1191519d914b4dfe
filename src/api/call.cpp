#include "api/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hash.h"
#include "base/text.h"
#include "calendar/zone.h"

namespace dandori::api {

namespace {

struct CodeStatus {
  std::string_view code;
  int status;
};

// Codes whose status is not the one of their room below.
constexpr auto kCodes = std::to_array<CodeStatus>({
    {"auth.missing", 401},
    {"auth.wrong_token", 401},
    {"auth.session_ended", 401},
    {"auth.csrf", 403},
    {"auth.denied", 403},
    {"auth.too_many_attempts", 429},
    {"token.unknown", 404},
    {"token.exists", 409},
    {"request.key_reused", 409},
    {"request.key_in_use", 409},
    {"server.busy", 429},
    {"server.retry", 503},
    {"server.starting", 503},
    {"server.stopping", 503},
    {"server.not_ready", 503},
    {"server.no_test_clock", 409},
    {"server.clock_backwards", 409},
    {"store.full", 507},
    {"run.unknown", 404},
    {"job.unknown", 404},
    {"job.outputs_needed", 422},
    {"job.bad_state", 422},
    {"job.not_in_rerun", 422},
    {"calendar.unknown", 404},
    {"calendar.unknown_revision", 404},
    {"calendar.in_use", 409},
    {"business_date.unknown", 404},
    {"workflow.unknown", 404},
    {"workflow.unknown_revision", 404},
    {"workflow.unknown_job", 404},
    {"workflow.unknown_calendar", 422},
    {"workflow.unknown_business_date", 422},
    {"workflow.unknown_workflow", 422},
    {"workflow.exclusion_circle", 422},
    {"business_date.unknown_calendar", 422},
    {"business_date.unknown_workflow", 422},
    {"variable.unknown", 404},
    {"spec.unknown_kind", 404},
    {"log.unknown_attempt", 404},
    {"log.agent_gone", 503},
    {"log.busy", 429},
    {"log.timeout", 504},
    {"log.bad_pattern", 422},
    {"workflow.changed", 412},
    {"agent.unknown", 404},
    {"audit.unknown", 404},
});

// Status by room: what a caller did wrong is 4xx, what we did is 500.
constexpr auto kRooms = std::to_array<CodeStatus>({
    {"json.", 400},      {"request.", 422},  {"param.", 422},         {"spec.", 422},
    {"expr.", 422},      {"cron.", 422},     {"calendar.", 422},      {"time.", 422},
    {"id.", 422},        {"token.", 422},    {"business_date.", 409}, {"run.", 409},
    {"job.", 409},       {"workflow.", 409}, {"mark.", 409},          {"plan.", 409},
    {"operation.", 422}, {"bulk.", 422},     {"store.", 503},         {"log.", 503},
});

}  // namespace

int status_of(std::string_view code) {
  for (const auto& [known, status] : kCodes) {
    if (known == code) return status;
  }
  for (const auto& [room, status] : kRooms) {
    if (code.starts_with(room)) return status;
  }
  return 500;
}

void Call::fail(const Error& error) {
  Error told = error;
  if (told.hint.empty()) told.hint = fmt::format("`dandori explain {}` tells more", error.code);
  if (told.path.empty()) told.path = to_valid_utf8(request.path);
  http::Response response = http::problem(status_of(error.code), told, request.request_id);
  if (error.code == "auth.too_many_attempts") {
    response.headers.set("Retry-After", fmt::to_string(access.sign_in_wait_s(request.peer)));
  } else if (response.status == 429 || response.status == 503) {
    response.headers.set("Retry-After", "1");
  }
  if (response.status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  respond(std::move(response));
}

void Call::stream(http::Response response) {
  // Of the request only what tells the caller is kept.
  http::Request again;
  again.method = "GET";
  for (const std::string_view name : {"Authorization", "Cookie"}) {
    if (const auto value = request.headers.find(name)) again.headers.set(name, std::string{*value});
  }
  response.stream->may_go_on = [&access = access, again = std::move(again)] {
    return access.may_still(again, Permission::view);
  };
  respond(std::move(response));
}

Result<Json> read_body(const http::Request& request, std::initializer_list<std::string_view> known,
                       std::span<const std::string_view> more) {
  if (trim(request.body).empty()) return Json::object();
  Result<Json> body = parse_json(request.body, {.bytes_max = 8U << 20U, .depth_max = 32});
  if (!body) return body;
  if (!body->is_object()) {
    return dandori::fail("request.not_object", "the body is JSON, but no object",
                         "send an object such as {\"workflow\": \"daily_close\"}");
  }
  std::vector<std::string_view> names(known);
  names.insert(names.end(), more.begin(), more.end());
  if (const auto checked = check_members(*body, names); !checked)
    return std::unexpected(checked.error());
  return body;
}

Result<void> check_members(const Json& object, std::span<const std::string_view> known,
                           std::string_view what) {
  for (const auto& [name, value] : object.members()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::vector<std::string> names(known.begin(), known.end());
    const auto near = nearest(name, names);
    return dandori::fail("request.unknown_field",
                         fmt::format("{} has an unknown field '{}'", what, excerpt(name)),
                         near            ? fmt::format("did you mean '{}'?", *near)
                         : names.empty() ? std::string{"none is taken here"}
                                         : fmt::format("known fields: {}", fmt::join(names, ", ")),
                         "/" + name);
  }
  return {};
}

Result<std::string> text_field(const Json& body, std::string_view name, bool required) {
  const Json* value = body.find(name);
  if (value == nullptr || value->is_null()) {
    if (!required) return std::string{};
    return dandori::fail("request.missing_field", fmt::format("the field '{}' is missing", name),
                         "it is required", fmt::format("/{}", name));
  }
  if (!value->is_string()) {
    return dandori::fail("request.bad_field", fmt::format("the field '{}' must be text", name), "",
                         fmt::format("/{}", name));
  }
  return value->as_string();
}

Result<bool> bool_field(const Json& body, std::string_view name) {
  const Json* value = body.find(name);
  if (value == nullptr || value->is_null()) return false;
  if (!value->is_bool()) {
    return dandori::fail("request.bad_field",
                         fmt::format("the field '{}' must be true or false", name), "",
                         fmt::format("/{}", name));
  }
  return value->as_bool();
}

Result<std::uint64_t> number_parameter(const http::Request& request, std::string_view name,
                                       std::uint64_t fallback, std::uint64_t max) {
  const auto text = request.query.find(name);
  if (!text) return fallback;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value > max) {
    return dandori::fail(
        "request.bad_parameter",
        fmt::format("the parameter '{}' is '{}', not a whole number up to {}", name, *text, max),
        "", fmt::format("?{}", name));
  }
  return value;
}

Result<Day> day_parameter(const http::Request& request, std::string_view name, Day fallback) {
  const auto text = request.query.find(name);
  if (!text) return fallback;
  if (const auto day = parse_day(*text)) return *day;
  return dandori::fail("request.bad_parameter", fmt::format("'{}' is no date", excerpt(*text)),
                       "write it as 2026-11-20", fmt::format("?{}", name));
}

Result<DayRange> days_parameter(const http::Request& request, Day today, std::int32_t usual,
                                std::int32_t days_max) {
  const auto from = day_parameter(request, "from", today);
  if (!from) return std::unexpected(from.error());
  const auto until = day_parameter(request, "until", *from + (usual - 1));
  if (!until) return std::unexpected(until.error());
  if (*until < *from || *until - *from >= days_max) {
    return dandori::fail("request.bad_parameter",
                         fmt::format("{} to {} are {} days", format_day(*from), format_day(*until),
                                     *until < *from ? "no" : fmt::to_string(*until - *from + 1)),
                         fmt::format("ask for 1 to {} days", days_max), "?until");
  }
  return DayRange{*from, *until};
}

Result<std::optional<Timestamp>> instant_parameter(const http::Request& request,
                                                   std::string_view name) {
  const auto text = request.query.find(name);
  if (!text) return std::nullopt;
  const auto at = parse_rfc3339(*text);
  if (!at) {
    return dandori::fail("request.bad_parameter", fmt::format("'{}' is no instant", excerpt(*text)),
                         "write it as 2026-11-20T13:00:00Z (a + of a zone must be written %2B)",
                         fmt::format("?{}", name));
  }
  return *at;
}

Result<bool> bool_parameter(const http::Request& request, std::string_view name) {
  const auto text = request.query.find(name);
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return dandori::fail(
      "request.bad_parameter",
      fmt::format("the parameter '{}' is '{}', neither true nor false", name, excerpt(*text)), "",
      fmt::format("?{}", name));
}

Result<Day> today(const Services& services) {
  const auto zone = services.zone(services.settings.timezone);
  if (!zone) return std::unexpected(zone.error());
  return calendar::day_of(zone->to_local(services.engine.now()));
}

Result<void> check_parameters(const http::Request& request,
                              std::initializer_list<std::string_view> known) {
  const std::vector<std::string> names(known.begin(), known.end());
  return check_parameters(request, std::span{names});
}

Result<void> check_parameters(const http::Request& request, std::span<const std::string> known) {
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return dandori::fail("request.unknown_parameter", fmt::format("unknown parameter '{}'", name),
                         known.empty()
                             ? std::string{"this resource takes none"}
                             : fmt::format("known parameters: {}", fmt::join(known, ", ")),
                         fmt::format("?{}", name));
  }
  return {};
}

Result<store::Page> read_page(const http::Request& request, std::uint32_t limit) {
  const auto wanted = number_parameter(request, "limit", limit, 1000);
  if (!wanted) return std::unexpected(wanted.error());
  if (*wanted == 0) {
    return dandori::fail("request.bad_parameter", "the parameter 'limit' is 0",
                         "ask for 1 to 1000 items", "?limit");
  }
  return store::Page{static_cast<std::uint32_t>(*wanted),
                     std::string{request.query.value("cursor")}};
}

Result<std::string> reason_field(const Json& body) {
  auto reason = text_field(body, "reason");
  if (!reason) return reason;
  if (const auto fits = check_reason(*reason, "/reason"); !fits)
    return std::unexpected(fits.error());
  return reason;
}

Result<Terms> read_terms(const Json& body) {
  Terms terms;
  const auto dry_run = bool_field(body, "dry_run");
  if (!dry_run) return std::unexpected(dry_run.error());
  auto plan = text_field(body, "plan_id");
  if (!plan) return std::unexpected(plan.error());
  auto reason = reason_field(body);
  if (!reason) return std::unexpected(reason.error());
  terms.dry_run = *dry_run;
  terms.plan = std::move(*plan);
  terms.reason = std::move(*reason);
  return terms;
}

Error long_key() {
  return {"request.bad_field",
          fmt::format("the Idempotency-Key is longer than {} characters", kKeyBytesMax),
          "a random id of 36 characters does", "Idempotency-Key"};
}

std::string request_digest(const http::Request& request) {
  return sha256_hex(request.method + "\n" + request.target + "\n" + request.body);
}

model::Command make_command(const Call& call, model::Request body, Terms terms) {
  model::Command command;
  command.actor = call.caller.actor;
  if (!terms.reason.empty()) command.actor.reason = std::move(terms.reason);
  command.preview = terms.dry_run;
  command.plan = std::move(terms.plan);
  command.request = std::move(body);
  return command;
}

void submit(Call call, model::Request body, int status, Terms terms,
            std::function<Json(const Json& answer)> shape) {
  const std::string_view key = call.request.headers.value("Idempotency-Key");
  if (key.size() > kKeyBytesMax) return call.fail(long_key());
  if (terms.dry_run) status = 200;
  model::Command command = make_command(call, std::move(body), std::move(terms));
  if (!key.empty()) {
    command.idempotency_key = fmt::format("{}:{}", command.actor.name, key);
    command.request_digest = request_digest(call.request);
  }
  Services& services = call.services;
  auto shared = std::make_shared<Call>(std::move(call));  // std::function wants copyable captures
  services.engine.submit(std::move(command), [shared, status, shape](Result<Json> answer) {
    if (!answer) return shared->fail(answer.error());
    shared->answer(status, shape ? shape(*answer) : *answer);
  });
}

Json page_json(Json::Array items, const std::string& next_cursor) {
  Json page = Json::object({{"items", Json::array(std::move(items))}});
  page.set("next_cursor", next_cursor.empty() ? Json{} : Json{next_cursor});
  return page;
}

}  // namespace dandori::api
