#include "cli/remote.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "http/client.h"
#include "model/trace.h"

namespace dandori::cli {

namespace {

constexpr std::uint64_t kPageMax = 1000;
constexpr std::chrono::milliseconds kConnectMax{5'000};

std::string fresh_key() {
  std::array<char, 16> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0) return {};
  return "cli-" + to_hex({bytes.data(), bytes.size()});
}

Problem problem_of(int status, const std::string& body) {
  Problem problem;
  problem.status = status;
  const auto parsed = parse_json(body);
  if (parsed && parsed->is_object()) {
    problem.body = *parsed;
    problem.error = {std::string{parsed->text_or("code", "http.protocol")},
                     std::string{parsed->text_or("detail", parsed->text_or("title", ""))},
                     std::string{parsed->text_or("hint", "")},
                     std::string{parsed->text_or("path", "")}};
  } else {
    problem.error = {"http.protocol", fmt::format("HTTP {}: {}", status, excerpt(body))};
  }
  return problem;
}

Answer<Json> read_answer(const http::ClientResponse& response) {
  if (response.status < 200 || response.status > 299) {
    return std::unexpected(problem_of(response.status, response.body));
  }
  if (trim(response.body).empty()) return Json::object();
  auto parsed = parse_json(response.body, {.bytes_max = 256U << 20U});
  if (!parsed) return std::unexpected(Problem{.error = parsed.error()});
  return std::move(*parsed);
}

}  // namespace

std::string run_path(std::string_view run) {
  return fmt::format("/api/v1/runs/{}", http::percent_encode(run));
}

Remote::Remote(const Console& console, Place place)
    : console_{&console}, place_{std::move(place)} {}
Remote::~Remote() = default;
Remote::Remote(Remote&&) noexcept = default;
Remote& Remote::operator=(Remote&&) noexcept = default;

Result<Remote> Remote::open(const Console& console) {
  auto place = find_server(console);
  if (!place) return std::unexpected(place.error());
  return Remote{console, std::move(*place)};
}

Remote Remote::with_token(const Console& console, std::string url, std::string token) {
  return Remote{console, Place{.url = std::move(url), .token = std::move(token), .data = {}}};
}

http::Headers Remote::headers(std::string_view key) const {
  http::Headers headers{{"Authorization", "Bearer " + place_.token},
                        {"Accept", "application/json"},
                        {"X-Dandori-Channel", "cli"}};
  const std::string& reason = console_->globals.reason;
  if (!reason.empty()) headers.add("X-Dandori-Reason", printable(reason));
  if (!key.empty()) headers.add("Idempotency-Key", std::string{key});
  // Within a traced job or pipeline, a run that is started here belongs to its trace.
  const char* around = std::getenv("TRACEPARENT");
  if (around != nullptr && model::parse_traceparent(around)) headers.add("traceparent", around);
  return headers;
}

Result<http::Client*> Remote::client() {
  if (client_) return client_.get();
  auto address = http::parse_server_address(place_.url);
  if (!address) return std::unexpected(address.error());
  client_ = std::make_unique<http::Client>(
      std::move(*address), http::ClientOptions{.connect_timeout = std::min(patience_, kConnectMax),
                                               .timeout = patience_});
  return client_.get();
}

void Remote::set_patience(std::chrono::milliseconds patience) {
  patience_ = patience;
  client_.reset();
}

void Remote::find_again() {
  client_.reset();
  if (auto place = find_server(*console_)) place_ = std::move(*place);
}

Answer<Json> Remote::get(const std::string& path) {
  const auto http = client();
  if (!http) return std::unexpected(Problem{.error = http.error()});
  const auto response = (*http)->request("GET", path, headers({}));
  if (!response) return std::unexpected(Problem{.error = response.error()});
  return read_answer(*response);
}

Answer<Json> Remote::send(std::string_view method, const std::string& path, const Json& body,
                          std::string_view key) {
  const auto http = client();
  if (!http) return std::unexpected(Problem{.error = http.error()});
  http::Headers fields = headers(key.empty() ? fresh_key() : std::string{key});
  fields.add("Content-Type", "application/json");
  const auto response =
      (*http)->request(method, path, fields, body.is_null() ? std::string{} : write_json(body));
  if (!response) return std::unexpected(Problem{.error = response.error()});
  return read_answer(*response);
}

Answer<Json> Remote::post(const std::string& path, const Json& body, std::string_view key) {
  return send("POST", path, body, key);
}

Answer<Json> Remote::list(const std::string& path, std::uint64_t limit) {
  Json::Array items;
  std::string cursor;
  Json whole;
  do {
    const std::uint64_t page = std::min(kPageMax, limit - items.size());
    std::string target = fmt::format("{}{}limit={}", path, path.contains('?') ? '&' : '?', page);
    if (!cursor.empty()) target += "&cursor=" + http::percent_encode(cursor);
    auto answer = get(target);
    if (!answer) return answer;
    for (const Json& item :
         (*answer)["items"].is_array() ? (*answer)["items"].items() : Json::Array{}) {
      items.push_back(item);
    }
    cursor = answer->text_or("next_cursor", "");
    whole = std::move(*answer);
  } while (!cursor.empty() && items.size() < limit);
  whole.set("items", Json::array(std::move(items)));
  return whole;
}

Answer<http::Headers> Remote::stream(const std::string& path, std::string_view last_event_id,
                                     std::chrono::milliseconds silence_max,
                                     const std::function<bool(std::string_view)>& on_chunk) {
  auto address = http::parse_server_address(place_.url);
  if (!address) return std::unexpected(Problem{.error = address.error()});
  http::Client own{std::move(*address), {.timeout = silence_max}};
  http::Headers fields = headers({});
  fields.set("Accept", "*/*");
  if (!last_event_id.empty()) fields.add("Last-Event-ID", std::string{last_event_id});
  const auto response = own.stream("GET", path, fields, {}, on_chunk);
  if (!response) return std::unexpected(Problem{.error = response.error()});
  if (response->status < 200 || response->status > 299) {
    return std::unexpected(problem_of(response->status, response->body));
  }
  return response->headers;
}

Answer<void> Remote::load_zone(Console& console) {
  std::string name = console.globals.timezone;
  if (name.empty()) {
    const auto version = get("/api/v1/version");
    if (!version) return std::unexpected(version.error());
    name = version->text_or("timezone", "UTC");
  }
  auto zone = calendar::TimeZone::load(name);
  if (!zone && !console.globals.timezone.empty())
    return std::unexpected(Problem{.error = zone.error()});
  if (zone) console.set_zone(std::move(*zone));
  return {};
}

const Json::Array& items_of(const Json& list) {
  static const Json::Array kNone;
  return list.is_array() ? list.items() : kNone;
}

}  // namespace dandori::cli
