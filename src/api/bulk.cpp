#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "api/operations.h"
#include "api/routes.h"
#include "base/hash.h"
#include "base/text.h"
#include "calendar/zone.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::size_t kItemsMax = 1000;

/// `RUN`, `RUN/JOB`, `WORKFLOW`, `WORKFLOW/JOB`: what has a number or is an id is a run.
struct Target {
  std::string run, workflow, job;
};

Target parse_target(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string head = text.substr(0, slash);
  Target target;
  if (slash != std::string::npos) target.job = text.substr(slash + 1);
  (head.contains('#') || parse_uuid(head) ? target.run : target.workflow) = head;
  return target;
}

/// What is done to every item: the same requests as one by one. `run.rerun`, `job.hold` …: as in
/// the audit log.
class Action {
 public:
  static Result<Action> read(const std::string& word, const Json& options) {
    const std::size_t dot = word.find('.');
    const std::string of = word.substr(0, dot == std::string::npos ? 0 : dot);
    const std::string verb = dot == std::string::npos ? word : word.substr(dot + 1);
    Action made;
    made.word_ = word;
    made.of_ = of;
    if (of == "run" && verb == "rerun") {
      auto rerun = read_rerun(options);
      if (!rerun) return std::unexpected(rerun.error());
      made.request_ = std::move(*rerun);
    } else if (of == "run" && verb == "cancel") {
      made.request_ = model::CancelRun{};
    } else if ((of == "run" || of == "job") && verb == "kill") {
      made.request_ = model::KillRun{};
    } else if (of == "run" && verb == "confirm") {
      made.request_ = model::ConfirmRun{};
    } else if (of == "workflow" && verb == "start") {
      made.request_ = model::StartRun{{}, options["params"], {}, false};
    } else {
      const auto action = model::parse_word<model::Operation>(verb);
      const bool known = action && (of == "run" || of == "job" || of == "workflow");
      if (!known) return unknown(word);
      auto operate = read_operate(options, *action);
      if (!operate) return std::unexpected(operate.error());
      made.request_ = std::move(*operate);
    }
    return made;
  }

  model::Request request_for(const Target& target) const {
    model::Request request = request_;
    if (auto* rerun = std::get_if<model::RerunRun>(&request)) rerun->run = target.run;
    if (auto* cancel = std::get_if<model::CancelRun>(&request)) cancel->run = target.run;
    if (auto* kill = std::get_if<model::KillRun>(&request)) *kill = {target.run, target.job};
    if (auto* confirm = std::get_if<model::ConfirmRun>(&request)) confirm->run = target.run;
    if (auto* start = std::get_if<model::StartRun>(&request)) start->workflow = target.workflow;
    if (auto* operate = std::get_if<model::Operate>(&request)) {
      operate->run = target.run;
      operate->workflow = target.workflow;
      operate->job = target.job;
    }
    return request;
  }
  const std::string& word() const { return word_; }
  bool is_of_workflows() const { return of_ == "workflow"; }

 private:
  static std::unexpected<Error> unknown(const std::string& word) {
    return fail("request.bad_field", fmt::format("'{}' is no action", word),
                "for example run.rerun, run.cancel, run.suspend, job.hold, workflow.disable",
                "/action");
  }

  std::string word_, of_;
  model::Request request_;
};

Result<std::vector<std::string>> texts_of(const Json& body, std::string_view name,
                                          std::string_view path) {
  std::vector<std::string> texts;
  const Json& list = body[name];
  if (list.is_null()) return texts;
  if (list.is_string()) return std::vector{list.as_string()};
  if (!list.is_array()) {
    return fail("request.bad_field", fmt::format("'{}' must be a list of texts", name), "",
                std::string{path});
  }
  for (const Json& item : list.items()) {
    if (!item.is_string()) {
      return fail("request.bad_field", fmt::format("'{}' must be a list of texts", name), "",
                  std::string{path});
    }
    texts.push_back(item.as_string());
  }
  return texts;
}

Result<std::optional<Timestamp>> instant_field(const Json& body, std::string_view name) {
  const auto text = text_field(body, name);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return std::optional<Timestamp>{};
  const auto at = parse_rfc3339(*text);
  if (!at) {
    Error error = at.error();
    error.path = fmt::format("/filter/{}", name);
    return std::unexpected(std::move(error));
  }
  return std::optional{*at};
}

Result<store::RunFilter> read_filter(const Json& filter) {
  if (!filter.is_object()) {
    return fail("request.bad_field", "the field 'filter' must be an object",
                "{\"filter\": {\"state\": [\"failed\"]}}", "/filter");
  }
  constexpr std::string_view kKnown[] = {"runs",  "workflows", "jobs", "workflow",
                                         "state", "date",      "from", "to"};
  for (const auto& [name, value] : filter.members()) {
    if (std::ranges::find(kKnown, name) != std::end(kKnown)) continue;
    return fail("request.unknown_field", fmt::format("a filter has no field '{}'", name),
                fmt::format("known fields: {}", fmt::join(kKnown, ", ")), "/filter/" + name);
  }
  store::RunFilter made;
  const auto workflow = text_field(filter, "workflow");
  if (!workflow) return std::unexpected(workflow.error());
  if (!workflow->empty()) made.workflow = *workflow;
  const auto date = text_field(filter, "date");
  if (!date) return std::unexpected(date.error());
  if (!date->empty() && !calendar::parse_day(*date)) {
    return fail("request.bad_field", fmt::format("'{}' is no date", *date),
                "write it as 2026-11-20", "/filter/date");
  }
  if (!date->empty()) made.business_date = *date;
  const auto states = texts_of(filter, "state", "/filter/state");
  if (!states) return std::unexpected(states.error());
  for (const std::string& word : *states) {
    const auto state = model::parse_word<model::RunState>(word);
    if (!state) {
      return fail("request.bad_field", fmt::format("'{}' is no state of a run", word),
                  fmt::format("states: {}", fmt::join(model::words_of<model::RunState>(), ", ")),
                  "/filter/state");
    }
    made.states.push_back(*state);
  }
  const auto from = instant_field(filter, "from");
  if (!from) return std::unexpected(from.error());
  const auto until = instant_field(filter, "to");
  if (!until) return std::unexpected(until.error());
  made.created_from = *from;
  made.created_until = *until;
  return made;
}

std::unexpected<Error> too_many() {
  return fail("bulk.too_many", fmt::format("more than {} items are meant", kItemsMax),
              "narrow the filter, or do it in parts", "/filter");
}

/// Runs that the filter names, oldest first, so that what waits for an earlier one comes after it.
Result<std::vector<std::string>> runs_of(Services& services, const store::RunFilter& filter,
                                         const std::string& job) {
  std::vector<std::string> targets;
  store::Page page{1000, {}};
  do {
    const auto listed = services.query.runs(filter, page);
    if (!listed) return std::unexpected(listed.error());
    for (const model::Run& run : listed->items) {
      targets.push_back(
          fmt::format("{}#{}{}{}", run.workflow, run.number, job.empty() ? "" : "/", job));
    }
    page.cursor = listed->next_cursor;
    if (targets.size() > kItemsMax) return too_many();
  } while (!page.cursor.empty());
  std::ranges::reverse(targets);
  return targets;
}

/// Names as they are given: `runs`, `workflows`, `jobs` (RUN/JOB or WORKFLOW/JOB).
Result<std::vector<std::string>> named_targets(const Json& filter) {
  std::vector<std::string> all;
  for (const std::string_view name : {"runs", "workflows", "jobs"}) {
    auto texts = texts_of(filter, name, fmt::format("/filter/{}", name));
    if (!texts) return texts;
    for (std::string& text : *texts) all.push_back(std::move(text));
  }
  return all;
}

Result<std::vector<std::string>> read_targets(Services& services, const Json& body,
                                              const Action& action) {
  const Json& json = body["filter"];
  const auto filter = read_filter(json);
  if (!filter) return std::unexpected(filter.error());
  auto targets = named_targets(json);
  if (!targets) return targets;
  const bool has_conditions = filter->workflow || !filter->states.empty() ||
                              filter->business_date || filter->created_from ||
                              filter->created_until;
  const bool fits = targets->empty() != !has_conditions;
  if (!fits || (has_conditions && action.is_of_workflows())) {
    return fail("request.bad_field", "a filter names its items, or says which runs are meant",
                "{\"state\": [\"failed\"], \"date\": \"2026-11-20\"} or {\"runs\": [\"daily#3\"]}",
                "/filter");
  }
  if (!has_conditions) return targets;
  const auto job = text_field(body, "job");
  if (!job) return std::unexpected(job.error());
  return runs_of(services, *filter, *job);
}

/// Names the items: a real call that quotes it is refused when the filter now finds others.
std::string plan_of(const Action& action, const std::vector<std::string>& targets) {
  return sha256_hex(fmt::format("{}\n{}", action.word(), fmt::join(targets, "\n"))).substr(0, 32);
}

Json problem_of(const Error& error) {
  return Json::object({{"code", error.code},
                       {"title", error.message},
                       {"status", status_of(error.code)},
                       {"detail", error.message},
                       {"hint", error.hint}});
}

/// Collects the answers and sends them when the last one has come. They come on other threads.
class Gathering {
 public:
  Gathering(Call call, const Action& action, std::vector<std::string> targets, bool dry_run)
      : call_{std::move(call)},
        word_{action.word()},
        plan_{plan_of(action, targets)},
        dry_run_{dry_run},
        targets_{std::move(targets)},
        items_(targets_.size()),
        open_{targets_.size()} {}

  const std::vector<std::string>& targets() const { return targets_; }
  const Call& call() const { return call_; }

  void take(std::size_t index, const Result<Json>& answer) {
    Json item = Json::object({{"target", targets_[index]}, {"ok", answer.has_value()}});
    if (answer) {
      const Json state = (*answer)[dry_run_ ? "run_state" : "state"];
      if (state.is_string()) item.set("state", state);
      if (dry_run_) item.set("preview", *answer);
    } else {
      item.set("problem", problem_of(answer.error()));
    }
    const std::lock_guard lock{mutex_};
    items_[index] = std::move(item);
    if (answer) ++done_;
    if (--open_ == 0) answer_all();
  }

  void answer_all() {
    const std::size_t count = items_.size();
    call_.answer(200, Json::object({{"dry_run", dry_run_},
                                    {"action", word_},
                                    {"plan_id", plan_},
                                    {"matched", count},
                                    {"succeeded", done_},
                                    {"failed", count - done_},
                                    {"items", Json::array(std::move(items_))}}));
  }

 private:
  Call call_;
  std::string word_, plan_;
  bool dry_run_;
  std::vector<std::string> targets_;
  std::mutex mutex_;
  Json::Array items_;
  std::size_t open_, done_ = 0;
};

void submit_all(Call call, const Action& action, std::vector<std::string> targets, Terms terms) {
  const std::string key{call.request.headers.value("Idempotency-Key")};
  const std::string digest = sha256_hex(call.request.target + "\n" + call.request.body);
  const bool is_empty = targets.empty();
  auto all =
      std::make_shared<Gathering>(std::move(call), action, std::move(targets), terms.dry_run);
  if (is_empty) return all->answer_all();
  terms.plan.clear();  // of the list, which has been checked
  Engine& engine = all->call().services.engine;
  for (std::size_t index = 0; index < all->targets().size(); ++index) {
    const std::string& target = all->targets()[index];
    model::Command command =
        make_command(all->call(), action.request_for(parse_target(target)), terms);
    if (!key.empty()) {
      command.idempotency_key = fmt::format("{}:{}:{}", command.actor.name, key, target);
      command.request_digest = digest;
    }
    engine.submit(std::move(command),
                  [all, index](const Result<Json>& answer) { all->take(index, answer); });
  }
}

}  // namespace

/// One action on many things: each item is decided, refused and audited as if it were asked alone.
void post_bulk(Call call) {
  const auto body = read_body(call.request, {"action", "filter", "options", "job", "limit",
                                             "dry_run", "plan_id", "reason"});
  if (!body) return call.fail(body.error());
  if (call.request.headers.value("Idempotency-Key").size() > 200) {
    return call.fail({"request.bad_field", "the Idempotency-Key is longer than 200 characters"});
  }
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  const auto word = text_field(*body, "action", true);
  if (!word) return call.fail(word.error());
  const Json options = (*body)["options"].is_object() ? (*body)["options"] : Json::object();
  const auto action = Action::read(*word, options);
  if (!action) return call.fail(action.error());
  auto targets = read_targets(call.services, *body, *action);
  if (!targets) return call.fail(targets.error());
  const auto limit = static_cast<std::size_t>((*body)["limit"].is_integer()
                                                  ? body->integer_or("limit", 0)
                                                  : static_cast<std::int64_t>(kItemsMax));
  if (targets->size() > std::min(limit, kItemsMax)) return call.fail(too_many().error());
  if (!terms->plan.empty() && terms->plan != plan_of(*action, *targets)) {
    return call.fail({"plan.stale", "the filter finds other items than when the plan was made",
                      "ask for the dry run again and look at what is different", "/plan_id"});
  }
  submit_all(std::move(call), *action, std::move(*targets), std::move(*terms));
}

}  // namespace dandori::api
