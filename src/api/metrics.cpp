// GET /metrics: what the server measures, and what the engine knows now, for Prometheus.
#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "api/event_hub.h"
#include "api/routes.h"
#include "observe/metrics.h"

namespace dandori::api {

namespace {

using observe::MetricsText;

void gauge(MetricsText& out, std::string_view name, std::string_view help, std::uint64_t value) {
  out.family(name, "gauge", help);
  out.value(name, {}, value);
}

std::uint64_t number_of(const Json& object, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(object.integer_or(name, 0), 0));
}

void write_own(MetricsText& out, const Services& services) {
  out.family("dandori_build_info", "gauge", "Version of the program; always 1.");
  out.value("dandori_build_info", {{"version", services.settings.version}}, std::uint64_t{1});
  gauge(out, "dandori_ready", "1: commands are taken.", services.engine.ready() ? 1U : 0U);
  gauge(out, "dandori_sse_clients", "Streams of events that are open.", services.events.clients());
  out.family("dandori_sse_dropped_total", "counter", "Streams cut for taking too little.");
  out.value("dandori_sse_dropped_total", {}, services.events.dropped());
  services.write_metrics(out);
}

void write_engine(MetricsText& out, const Json& summary) {
  out.family("dandori_runs_active", "gauge", "Runs that have not ended.");
  const Json& active = summary["active"];
  if (active.is_object()) {
    for (const auto& [state, count] : active.members()) {
      if (count.is_integer()) {
        out.value("dandori_runs_active", {{"state", state}},
                  static_cast<std::uint64_t>(count.as_integer()));
      }
    }
  }
  gauge(out, "dandori_runs_need_decision", "Runs that wait for a person.",
        number_of(summary["runs"], "needs_decision"));
  gauge(out, "dandori_attempts_live", "Attempts that run or are on their way.",
        number_of(summary["attempts"], "live"));
  gauge(out, "dandori_attempts_waiting", "Jobs that wait for room on an agent.",
        number_of(summary["attempts"], "waiting"));
  gauge(out, "dandori_outbox_pending", "Orders to agents that are not confirmed yet.",
        number_of(summary, "outbox"));
  gauge(out, "dandori_workflows", "Workflows in force.", number_of(summary, "workflows"));
}

void write_agents(MetricsText& out, const Json& agents) {
  out.family("dandori_agent_up", "gauge", "1: the agent is connected.");
  if (!agents["items"].is_array()) return;
  for (const Json& agent : agents["items"].items()) {
    out.value("dandori_agent_up", {{"agent", std::string{agent.text_or("name", "")}}},
              std::uint64_t{agent.bool_or("connected", false) ? 1U : 0U});
  }
}

/// Collects both answers of the engine; without them the rest is told.
struct Scrape {
  Call call;
  Json summary;

  void answer(const Json& agents) {
    MetricsText out;
    write_own(out, call.services);
    if (summary.is_object()) write_engine(out, summary);
    if (agents.is_object()) write_agents(out, agents);
    call.respond(http::content(200, "text/plain; version=0.0.4; charset=utf-8", out.take()));
  }
};

model::Command question(model::Request request) {
  model::Command command;
  command.actor.name = "metrics";
  command.request = std::move(request);
  return command;
}

}  // namespace

void get_metrics(Call call) {
  Engine& engine = call.services.engine;
  auto scrape = std::make_shared<Scrape>(Scrape{std::move(call), {}});
  engine.submit(question(model::AskSummary{}), [scrape, &engine](const Result<Json>& summary) {
    if (!summary) return scrape->answer({});
    scrape->summary = *summary;
    engine.submit(question(model::AskAgents{}), [scrape](const Result<Json>& agents) {
      scrape->answer(agents ? *agents : Json{});
    });
  });
}

}  // namespace dandori::api
