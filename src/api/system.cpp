#include <fmt/core.h>

#include "api/routes.h"
#include "spec/spec.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

/// Agents behind the cursor, which is a name: the engine lists them by name.
Json page_of(const Json::Array& agents, const store::Page& page) {
  Json::Array items;
  for (const Json& agent : agents) {
    if (agent.text_or("name", "") <= page.cursor) continue;
    if (items.size() == page.limit) {
      return page_json(items, std::string{items.back().text_or("name", "")});
    }
    items.push_back(agent);
  }
  return page_json(std::move(items), {});
}

}  // namespace

void get_livez(Call call) {
  call.answer(200, Json::object({{"live", true}}));
}

void get_readyz(Call call) {
  const Result<void> ready = call.services.engine.ready();
  if (!ready) return call.fail(ready.error());
  call.answer(200, Json::object({{"ready", true}}));
}

void get_version(Call call) {
  const Settings& settings = call.services.settings;
  call.answer(200, Json::object({{"version", settings.version},
                                 {"api", "v1"},
                                 {"timezone", settings.timezone},
                                 {"now", format_rfc3339(call.services.engine.now())}}));
}

void get_doctor(Call call) {
  submit(std::move(call), model::AskSummary{});
}

void get_agents(Call call) {
  const auto page = read_page(call.request, kLongPage);
  if (!page) return call.fail(page.error());
  submit(std::move(call), model::AskAgents{}, 200, {},
         [page = *page](const Json& agents) { return page_of(agents["items"].items(), page); });
}

void get_schema(Call call) {
  const Result<std::string> schema = spec::schema(call.param("kind"));
  if (!schema) return call.fail(schema.error());
  call.respond(http::content(200, "application/schema+json", *schema));
}

void post_backup(Call call) {
  const auto body = read_body(call.request, {"path"});
  if (!body) return call.fail(body.error());
  const auto path = text_field(*body, "path", true);
  if (!path) return call.fail(path.error());
  if (!call.request.peer_is_loopback) {
    return call.fail({"auth.denied", "a backup is written on the server's own machine only",
                      "run `dandori backup` there"});
  }
  if (!path->starts_with('/')) {
    return call.fail({"request.bad_field", fmt::format("'{}' is no absolute path", *path),
                      "name the file with its whole path", "/path"});
  }
  const Result<void> done = call.services.backup(*path);
  if (!done) return call.fail(done.error());
  call.answer(200, Json::object({{"path", *path}}));
}

void post_test_clock(Call call) {
  const auto body = read_body(call.request, {"to", "advance"});
  if (!body) return call.fail(body.error());
  const auto to = text_field(*body, "to");
  if (!to) return call.fail(to.error());
  const auto advance = text_field(*body, "advance");
  if (!advance) return call.fail(advance.error());
  if (!call.request.peer_is_loopback) {
    return call.fail({"auth.denied", "the test clock obeys this machine only"});
  }
  Timestamp target;
  if (!to->empty() && advance->empty()) {
    const auto at = parse_rfc3339(*to);
    if (!at) return call.fail(at.error());
    target = *at;
  } else if (to->empty() && !advance->empty()) {
    const auto span = parse_duration(*advance);
    if (!span) return call.fail(span.error());
    target = call.services.engine.now() + *span;
  } else {
    return call.fail({"request.missing_field", "name either 'to' or 'advance'",
                      "{\"to\": \"2026-12-31T11:00:00Z\"} or {\"advance\": \"1h\"}"});
  }
  Engine& engine = call.services.engine;
  auto shared = std::make_shared<Call>(std::move(call));
  engine.move_clock(target, [shared](Result<Timestamp> now) {
    if (!now) return shared->fail(now.error());
    shared->answer(200, Json::object({{"now", format_rfc3339(*now)}}));
  });
}

}  // namespace dandori::api
