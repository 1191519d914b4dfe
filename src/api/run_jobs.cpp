// A run and its jobs, as they stand.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "api/routes.h"
#include "api/run_list.h"
#include "api/run_view.h"
#include "base/text.h"
#include "store/rows.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

using Attempts = std::vector<std::vector<const model::Attempt*>>;  ///< by job index, ascending

Attempts attempts_of(const engine::RunView& view) {
  Attempts attempts(view.run.jobs.size());
  for (const model::Attempt& attempt : view.attempts) {
    attempts[attempt.ref.job].push_back(&attempt);
  }
  return attempts;
}

Json job_json(const MarkedView& view, const Attempts& attempts, std::uint32_t index) {
  const model::Job& job = view.run.definition->jobs[index];
  Json item = wire::to_json(view.run.jobs[index], job, engine::job_state(view, index));
  Json::Array predecessors;
  for (const model::Dependency& dependency : job.depends_on) {
    predecessors.push_back(view.run.definition->jobs[dependency.job].id);
  }
  item.set("depends_on", Json::array(std::move(predecessors)));
  Json::Array tries;
  for (const model::Attempt* attempt : attempts[index]) tries.push_back(wire::to_json(*attempt));
  item.set("attempts", Json::array(std::move(tries)));
  Json::Array marks;
  for (const model::Mark& mark : view.marks) {
    if (mark.key.job == job.id) marks.push_back(wire::to_json(mark));
  }
  item.set("marks", Json::array(std::move(marks)));
  return item;
}

/// Jobs by state; zeros left out.
Json counts_json(const MarkedView& view) {
  std::map<std::string_view, std::uint64_t> counts;
  for (std::uint32_t job = 0; job < view.run.jobs.size(); ++job) {
    ++counts[to_string(engine::job_state(view, job))];
  }
  Json out = Json::object();
  for (const auto& [state, count] : counts) out.set(state, count);
  return out;
}

Result<std::vector<model::JobState>> read_states(const http::Request& request) {
  std::vector<model::JobState> states;
  const auto text = request.query.find("state");
  if (!text) return states;
  for (const std::string_view word : split(*text, ',')) {
    const auto state = model::parse_word<model::JobState>(word);
    if (!state) {
      return fail("request.bad_parameter", fmt::format("'{}' is no state of a job", excerpt(word)),
                  fmt::format("states: {}", fmt::join(model::words_of<model::JobState>(), ", ")),
                  "?state");
    }
    states.push_back(*state);
  }
  return states;
}

/// Index of the first job behind the cursor, which is the id of a job.
Result<std::uint32_t> first_job(const model::Workflow& definition, const store::Page& page) {
  if (page.cursor.empty()) return 0;
  const auto last = model::find_job(definition, page.cursor);
  if (!last) return std::unexpected(store::bad_cursor(page));
  return *last + 1;
}

/// One page of jobs in the order of the definition. item_of: what is shown of a job; null: nothing.
template <class ItemOf>
void answer_jobs(Call call, const MarkedView& view, ItemOf item_of) {
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  const auto first = first_job(*view.run.definition, *page);
  if (!first) return call.fail(first.error());
  Json::Array items;
  for (std::uint32_t job = *first; job < view.run.jobs.size(); ++job) {
    Json item = item_of(job);
    if (item.is_null()) continue;
    if (items.size() == page->limit) {
      return call.answer(200, page_json(items, std::string{items.back().text_or("job", "")}));
    }
    items.push_back(std::move(item));
  }
  call.answer(200, page_json(std::move(items), {}));
}

}  // namespace

void get_run(Call call) {
  const std::uint64_t seq = call.services.engine.journal_seq();  // read first: all of it is in
  const auto view = view_run(call.services, call.param("run"));
  if (!view) return call.fail(view.error());
  auto body = RunList{call.services, view->marks}.show(view->run);
  if (!body) return call.fail(body.error());
  Json::Array jobs;
  const Attempts attempts = attempts_of(*view);
  for (std::uint32_t job = 0; job < view->run.jobs.size(); ++job) {
    jobs.push_back(job_json(*view, attempts, job));
  }
  body->set("jobs_count", jobs.size());
  body->set("counts", counts_json(*view));
  body->set("jobs", Json::array(std::move(jobs)));
  Json::Array marks;
  for (const model::Mark& mark : view->marks) {
    if (mark.key.job.empty()) marks.push_back(wire::to_json(mark));
  }
  body->set("marks", Json::array(std::move(marks)));
  body->set("journal_seq", seq);
  call.answer(200, *body);
}

void get_job(Call call) {
  const auto view = view_run(call.services, call.param("run"));
  if (!view) return call.fail(view.error());
  const auto job = model::find_job(*view->run.definition, call.params.value("job"));
  if (!job) return call.fail(unknown_job(*view->run.definition, call.param("job")));
  Json body = job_json(*view, attempts_of(*view), *job);
  body.set("run", fmt::format("{}#{}", view->run.workflow, view->run.number));
  call.answer(200, body);
}

void list_jobs(Call call) {
  const auto states = read_states(call.request);
  if (!states) return call.fail(states.error());
  const auto view = view_run(call.services, call.param("run"));
  if (!view) return call.fail(view.error());
  const Attempts attempts = attempts_of(*view);
  answer_jobs(std::move(call), *view, [&](std::uint32_t job) {
    const bool wanted = states->empty() ||
                        std::ranges::find(*states, engine::job_state(*view, job)) != states->end();
    return wanted ? job_json(*view, attempts, job) : Json{};
  });
}

/// What each job has handed on: what its newest attempt wrote, or an operator gave who skipped it.
void get_outputs(Call call) {
  const auto view = view_run(call.services, call.param("run"));
  if (!view) return call.fail(view.error());
  const Attempts attempts = attempts_of(*view);
  answer_jobs(std::move(call), *view, [&](std::uint32_t job) {
    if (attempts[job].empty() || !attempts[job].back()->outputs.is_object()) return Json{};
    const model::Attempt& newest = *attempts[job].back();
    return Json::object({{"job", view->run.definition->jobs[job].id},
                         {"attempt", newest.ref.number},
                         {"outputs", newest.outputs}});
  });
}

}  // namespace dandori::api
