#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "api/bulk_action.h"
#include "api/bulk_items.h"
#include "api/routes.h"
#include "calendar/zone.h"

namespace dandori::api {

namespace {

constexpr std::size_t kTargetsMax = 1000;

using Of = BulkAction::Of;

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
  if (!date->empty() && !parse_day(*date)) {
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
  return fail("bulk.too_many", fmt::format("more than {} items are meant", kTargetsMax),
              "narrow the filter, or do it in parts", "/filter");
}

/// Runs that the filter names, oldest first, so that what waits for an earlier one comes after it.
Result<Names> runs_of(Services& services, const store::RunFilter& filter) {
  Names targets;
  store::Page page{1000, {}};
  do {
    const auto listed = services.query.runs(filter, page);
    if (!listed) return std::unexpected(listed.error());
    for (const model::Run& run : listed->items) {
      targets.push_back(fmt::format("{}#{}", run.workflow, run.number));
    }
    page.cursor = listed->next_cursor;
    if (targets.size() > kTargetsMax) return too_many();
  } while (!page.cursor.empty());
  std::ranges::reverse(targets);
  return targets;
}

/// The lists that an action takes: those of its kind, and for a job beside them the whole things.
std::vector<std::string_view> lists_for(Of of, bool has_job) {
  switch (of) {
    case Of::run:
      return {"runs"};
    case Of::workflow:
      return {"workflows"};
    case Of::job:
      break;
  }
  if (has_job) return {"runs", "workflows"};
  return {"jobs"};
}

/// Names as they are given, each of the action's kind.
Result<Names> named_targets(const Json& filter, const BulkAction& action, const std::string& job) {
  const auto fitting = lists_for(action.of(), !job.empty());
  Names all;
  for (const std::string_view name : {"runs", "workflows", "jobs"}) {
    const std::string path = fmt::format("/filter/{}", name);
    const auto texts = texts_of(filter, name, path);
    if (!texts) return texts;
    if (!texts->empty() && std::ranges::find(fitting, name) == fitting.end()) {
      return fail("request.bad_field",
                  fmt::format("{} takes no '{}'{}", action.word(), name,
                              job.empty() ? "" : " beside 'job'"),
                  fmt::format("name its items as {}", fmt::join(fitting, " or ")), path);
    }
    if (texts->size() > kTargetsMax) return too_many();
    for (std::size_t index = 0; index < texts->size(); ++index) {
      std::string text = (*texts)[index];
      if (!job.empty()) text += "/" + job;
      const auto target = action.target(text, fmt::format("{}/{}", path, index));
      if (!target) return std::unexpected(target.error());
      all.push_back(std::move(text));
    }
  }
  return all;
}

/// The job of every run or workflow: only where the action is on jobs.
Result<std::string> read_job(const Json& body, const BulkAction& action) {
  auto job = text_field(body, "job");
  if (!job || job->empty() || action.of() == Of::job) return job;
  return fail("request.bad_field", fmt::format("{} is on no job", action.word()),
              "leave 'job' out, or say what is done to the job, such as job.kill", "/job");
}

Result<Names> read_targets(Services& services, const Json& body, const BulkAction& action) {
  const Json& json = body["filter"];
  const auto filter = read_filter(json);
  if (!filter) return std::unexpected(filter.error());
  const auto job = read_job(body, action);
  if (!job) return std::unexpected(job.error());
  auto targets = named_targets(json, action, *job);
  if (!targets) return targets;
  const bool has_conditions = filter->workflow || !filter->states.empty() ||
                              filter->business_date || filter->created_from ||
                              filter->created_until;
  const bool fits = targets->empty() != !has_conditions;
  if (!fits || (has_conditions && action.of() == Of::workflow)) {
    return fail("request.bad_field", "a filter names its items, or says which runs are meant",
                "{\"state\": [\"failed\"], \"date\": \"2026-11-20\"} or {\"runs\": [\"daily#3\"]}",
                "/filter");
  }
  if (!has_conditions) return targets;
  if (action.of() == Of::job && job->empty()) {
    return fail("request.bad_field", fmt::format("{} does not say which job", action.word()),
                "name it as 'job': the same in every run that the filter finds", "/job");
  }
  targets = runs_of(services, *filter);
  if (!targets || job->empty()) return targets;
  for (std::string& target : *targets) {
    target += "/" + *job;
    if (const auto is_fit = action.target(target, "/job"); !is_fit)
      return std::unexpected(is_fit.error());
  }
  return targets;
}

Result<std::size_t> read_limit(const Json& body) {
  constexpr std::int64_t kLimitMax = 10'000;
  const Json& limit = body["limit"];
  if (limit.is_null()) return kTargetsMax;
  const std::int64_t wanted = limit.is_integer() ? body.integer_or("limit", 0) : 0;
  if (wanted >= 1 && wanted <= kLimitMax)
    return std::min(static_cast<std::size_t>(wanted), kTargetsMax);
  return fail("request.bad_field",
              fmt::format("the field 'limit' must be a whole number from 1 to {}", kLimitMax), "",
              "/limit");
}

}  // namespace

/// One action on many things: each item is decided, refused and audited as if it were asked alone.
///
/// Under an Idempotency-Key the items are those of the first call, whatever the filter finds now.
void post_bulk(Call call) {
  const auto body = read_body(call.request, {"action", "filter", "options", "job", "limit",
                                             "dry_run", "plan_id", "reason"});
  if (!body) return call.fail(body.error());
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  const auto word = text_field(*body, "action", true);
  if (!word) return call.fail(word.error());
  const auto action = BulkAction::read(*word, (*body)["options"]);
  if (!action) return call.fail(action.error());
  const auto limit = read_limit(*body);
  if (!limit) return call.fail(limit.error());
  auto key = terms->dry_run ? Result<BulkKey>{BulkKey{}} : BulkKey::take(call);
  if (!key) return call.fail(key.error());
  if (key->answer) return call.answer(200, *key->answer);
  if (key->targets) {
    Names targets = *key->targets;
    return do_bulk(std::move(call), *action, std::move(targets), std::move(*terms),
                   std::move(*key));
  }
  auto targets = read_targets(call.services, *body, *action);
  if (!targets) return call.fail(targets.error());
  if (targets->size() > *limit) return call.fail(too_many().error());
  if (!terms->plan.empty() && terms->plan != plan_of(*action, *targets)) {
    return call.fail({"plan.stale", "the filter finds other items than when the plan was made",
                      "ask for the dry run again and look at what is different", "/plan_id"});
  }
  do_bulk(std::move(call), *action, std::move(*targets), std::move(*terms), std::move(*key));
}

}  // namespace dandori::api
