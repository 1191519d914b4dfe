#include <fmt/core.h>

#include <vector>

#include "api/definitions.h"
#include "api/routes.h"
#include "api/run_view.h"
#include "base/text.h"
#include "calendar/zone.h"
#include "engine/engine.h"
#include "model/trace.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

template <class R>
void operate(Call call, R request, Terms terms) {
  request.run = call.param("run");
  submit(std::move(call), std::move(request), 202, std::move(terms));
}

/// Reads the terms alone, then submits.
template <class R>
void operate_without_fields(Call call, R request) {
  const auto body = read_body(call.request, {"dry_run", "plan_id", "reason"});
  if (!body) return call.fail(body.error());
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  operate(std::move(call), std::move(request), std::move(*terms));
}

}  // namespace

Result<MarkedView> view_run(Services& services, const std::string& name) {
  Result<store::RunDetail> detail = services.query.run(name);
  if (!detail) return std::unexpected(detail.error());
  const auto definition =
      services.definitions.get(detail->run.workflow, detail->run.revision, detail->canonical);
  if (!definition) return std::unexpected(definition.error());
  MarkedView view{engine::assemble_run(std::move(detail->run), *definition, detail->jobs,
                                       detail->attempts, detail->marks),
                  std::move(detail->marks)};
  return view;
}

namespace {

/// The caller's trace goes on in the run; what is no traceparent begins a new one, as W3C asks.
std::string traceparent_of(const http::Request& request) {
  const auto given = model::parse_traceparent(request.headers.value("traceparent"));
  return given ? format_traceparent(*given) : std::string{};
}

}  // namespace

void start_run(Call call) {
  const auto body = read_body(call.request, {"workflow", "params", "business_date", "force", "only",
                                             "like", "dry_run", "plan_id", "reason"});
  if (!body) return call.fail(body.error());
  const auto like = text_field(*body, "like");
  if (!like) return call.fail(like.error());
  const auto only = text_field(*body, "only");
  if (!only) return call.fail(only.error());
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  if (!like->empty() && only->empty()) {
    return call.fail({"request.bad_field", "'like' goes with 'only': one job, run alone",
                      "name the job, or leave 'like' out", "/like"});
  }
  const auto workflow = text_field(*body, "workflow", like->empty());
  if (!workflow) return call.fail(workflow.error());
  const auto date = text_field(*body, "business_date");
  if (!date) return call.fail(date.error());
  const auto force = bool_field(*body, "force");
  if (!force) return call.fail(force.error());
  model::StartRun start{*workflow, (*body)["params"],           {}, *force, *only,
                        *like,     traceparent_of(call.request)};
  if (!start.params.is_null() && !start.params.is_object()) {
    return call.fail({"request.bad_field", "the field 'params' must be an object", "", "/params"});
  }
  if (!date->empty()) {
    if (!parse_day(*date)) {
      return call.fail({"request.bad_field", fmt::format("'{}' is no date", *date),
                        "write it as 2026-11-20", "/business_date"});
    }
    start.business_date = *date;
  }
  submit(std::move(call), std::move(start), 202, std::move(*terms));
}

void cancel_run(Call call) {
  operate_without_fields(std::move(call), model::CancelRun{});
}
void confirm_run(Call call) {
  operate_without_fields(std::move(call), model::ConfirmRun{});
}
void kill_run(Call call) {
  operate_without_fields(std::move(call), model::KillRun{});
}

void kill_job(Call call) {
  model::KillRun kill;
  kill.job = call.param("job");
  operate_without_fields(std::move(call), std::move(kill));
}

void why_run(Call call) {
  model::AskWhy ask{call.param("run"), {}};
  submit(std::move(call), std::move(ask));
}

void why_job(Call call) {
  model::AskWhy ask{call.param("run"), call.param("job")};
  submit(std::move(call), std::move(ask));
}

}  // namespace dandori::api
