#include "api/operations.h"

#include <fmt/core.h>

#include <optional>

#include "api/business_dates.h"
#include "api/routes.h"

namespace dandori::api {

namespace {

Result<std::vector<std::string>> text_list(const Json& body, std::string_view name) {
  std::vector<std::string> texts;
  const Json* list = body.find(name);
  if (list == nullptr || list->is_null()) return texts;
  const auto bad = [&] {
    return fail("request.bad_field", fmt::format("the field '{}' must be a list of texts", name),
                fmt::format("{{\"{}\": [\"load\"]}}", name), fmt::format("/{}", name));
  };
  if (!list->is_array() || list->size() > model::kJobsMax) return bad();
  for (const Json& item : list->items()) {
    if (!item.is_string()) return bad();
    texts.push_back(item.as_string());
  }
  return texts;
}

Result<bool> read_revision(const Json& body) {
  const auto revision = text_field(body, "revision");
  if (!revision) return std::unexpected(revision.error());
  if (revision->empty() || *revision == "run") return false;
  if (*revision == "newest") return true;
  return fail("request.bad_field", fmt::format("'{}' is no revision of a rerun", *revision),
              "run: the run's own definition; newest: the one in force", "/revision");
}

/// `failed`, `after-failed` and `start` are words; a job of that name is `job:failed`.
void read_from(const std::string& from, model::RerunRun& rerun) {
  using model::RerunScope;
  if (from.empty() || from == "failed") return;
  if (from == "start") {
    rerun.scope = RerunScope::whole;
  } else if (from == "after-failed") {
    rerun.scope = RerunScope::after_failed;
  } else {
    rerun.scope = RerunScope::from;
    rerun.job = from.starts_with("job:") ? from.substr(4) : from;
  }
}

Result<Timestamp> read_until(const Json& body) {
  const auto until = text_field(body, "until");
  if (!until) return std::unexpected(until.error());
  if (until->empty()) return Timestamp{};
  auto at = parse_rfc3339(*until);
  if (!at) at.error().path = "/until";
  return at;
}

Result<model::JobState> read_state(const Json& body) {
  const auto word = text_field(body, "state", true);
  if (!word) return std::unexpected(word.error());
  if (const auto state = model::parse_word<model::JobState>(*word)) return *state;
  return fail("request.bad_field", fmt::format("'{}' is no state of a job", *word),
              "one of succeeded, warning, failed, skipped", "/state");
}

void submit_operation(Call call, model::Operation action, bool of_server = false) {
  const auto body =
      read_body(call.request, {"dry_run", "plan_id", "reason"}, operation_fields(action));
  if (!body) return call.fail(body.error());
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  auto operate = read_operate(*body, action);
  if (!operate) return call.fail(operate.error());
  operate->run = call.param("run");
  operate->workflow = call.param("workflow");
  operate->job = call.param("job");
  operate->of_server = of_server;
  submit(std::move(call), std::move(*operate), 202, std::move(*terms));
}

}  // namespace

std::span<const std::string_view> operation_fields(model::Operation action) {
  static constexpr std::string_view kDisable[] = {"until"};
  static constexpr std::string_view kSkip[] = {"outputs"};
  static constexpr std::string_view kSetState[] = {"state", "leave_running"};
  switch (action) {
    case model::Operation::disable:
      return kDisable;
    case model::Operation::skip:
      return kSkip;
    case model::Operation::set_state:
      return kSetState;
    case model::Operation::hold:
    case model::Operation::release:
    case model::Operation::unskip:
    case model::Operation::enable:
    case model::Operation::force:
    case model::Operation::suspend:
    case model::Operation::resume:
    case model::Operation::drain:
    case model::Operation::undrain:
    case model::Operation::confirm:
      break;
  }
  return {};
}

Result<model::RerunRun> read_rerun(const Json& body) {
  const auto from = text_field(body, "from");
  if (!from) return std::unexpected(from.error());
  const auto only = text_field(body, "only");
  if (!only) return std::unexpected(only.error());
  if (!from->empty() && !only->empty()) {
    return fail("request.bad_field", "'from' and 'only' exclude each other", "name one of them",
                "/only");
  }
  model::RerunRun rerun;
  read_from(*from, rerun);
  if (!only->empty()) {
    rerun.scope = model::RerunScope::only;
    rerun.job = *only;
  }
  auto hold = text_list(body, "hold");
  if (!hold) return std::unexpected(hold.error());
  rerun.hold = std::move(*hold);
  const auto first = bool_field(body, "hold_first");
  if (!first) return std::unexpected(first.error());
  rerun.hold_first = *first;
  const auto newest = read_revision(body);
  if (!newest) return std::unexpected(newest.error());
  rerun.newest = *newest;
  return rerun;
}

Result<model::Operate> read_operate(const Json& body, model::Operation action) {
  model::Operate operate;
  operate.action = action;
  const auto until = read_until(body);
  if (!until) return std::unexpected(until.error());
  operate.until = *until;
  operate.values = body["outputs"];
  if (!operate.values.is_null() && !operate.values.is_object()) {
    return fail("request.bad_field", "the field 'outputs' must be an object",
                "{\"outputs\": {\"rows\": 42}}", "/outputs");
  }
  if (write_json(operate.values).size() > model::kOutputBytesMax) {
    return fail("request.bad_field",
                fmt::format("the outputs are longer than {} bytes", model::kOutputBytesMax),
                "a job hands on no more either", "/outputs");
  }
  if (action != model::Operation::set_state) return operate;
  const auto state = read_state(body);
  if (!state) return std::unexpected(state.error());
  operate.state = *state;
  const auto leave = bool_field(body, "leave_running");
  if (!leave) return std::unexpected(leave.error());
  operate.leave_running = *leave;
  return operate;
}

void rerun_run(Call call) {
  const auto body = read_body(call.request, {"dry_run", "plan_id", "reason"}, kRerunFields);
  if (!body) return call.fail(body.error());
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  auto rerun = read_rerun(*body);
  if (!rerun) return call.fail(rerun.error());
  rerun->run = call.param("run");
  submit(std::move(call), std::move(*rerun), 202, std::move(*terms));
}

/// Only this job, or with `downstream` from here on.
void rerun_job(Call call) {
  const auto body = read_body(call.request, {"downstream", "hold", "hold_first", "revision",
                                             "dry_run", "plan_id", "reason"});
  if (!body) return call.fail(body.error());
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  const auto downstream = bool_field(*body, "downstream");
  if (!downstream) return call.fail(downstream.error());
  auto rerun = read_rerun(*body);
  if (!rerun) return call.fail(rerun.error());
  rerun->run = call.param("run");
  rerun->job = call.param("job");
  rerun->scope = *downstream ? model::RerunScope::from : model::RerunScope::only;
  submit(std::move(call), std::move(*rerun), 202, std::move(*terms));
}

template <model::Operation Action>
void do_operation(Call call) {
  submit_operation(std::move(call), Action);
}

template void do_operation<model::Operation::hold>(Call);
template void do_operation<model::Operation::release>(Call);
template void do_operation<model::Operation::skip>(Call);
template void do_operation<model::Operation::unskip>(Call);
template void do_operation<model::Operation::disable>(Call);
template void do_operation<model::Operation::enable>(Call);
template void do_operation<model::Operation::force>(Call);
template void do_operation<model::Operation::set_state>(Call);
template void do_operation<model::Operation::suspend>(Call);
template void do_operation<model::Operation::resume>(Call);
template void do_operation<model::Operation::drain>(Call);
template void do_operation<model::Operation::undrain>(Call);
template void do_operation<model::Operation::confirm>(Call);

void drain_server(Call call) {
  submit_operation(std::move(call), model::Operation::drain, true);
}

void undrain_server(Call call) {
  submit_operation(std::move(call), model::Operation::undrain, true);
}

/// The one job, outside the flow, with what its run gives it.
void run_alone(Call call) {
  const auto body = read_body(call.request, {"dry_run", "plan_id", "reason"});
  if (!body) return call.fail(body.error());
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  model::StartRun start;
  start.only = call.param("job");
  start.like = call.param("run");
  submit(std::move(call), std::move(start), 202, std::move(*terms));
}

/// With the values of all business dates, as the store has them.
void get_server(Call call) {
  const auto dates = business_date_values(call.services);
  if (!dates) return call.fail(dates.error());
  submit(std::move(call), model::AskServer{}, 200, {}, [dates = *dates](const Json& answer) {
    Json out = answer;
    out.set("business_dates", dates);
    return out;
  });
}

void get_differences(Call call) {
  const auto known = check_parameters(call.request, {});
  if (!known) return call.fail(known.error());
  submit(std::move(call), model::AskDifferences{});
}

}  // namespace dandori::api
