#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "api/routes.h"
#include "api/run_list.h"
#include "api/search.h"
#include "api/workflow_facts.h"
#include "base/text.h"
#include "calendar/zone.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

Result<void> read_states(const http::Request& request, store::RunFilter& filter) {
  const auto states = request.query.find("state");
  if (!states) return {};
  for (const std::string_view word : split(*states, ',')) {
    const auto state = model::parse_word<model::RunState>(word);
    if (!state) {
      return fail("request.bad_parameter", fmt::format("'{}' is no state of a run", excerpt(word)),
                  fmt::format("states: {}", fmt::join(model::words_of<model::RunState>(), ", ")),
                  "?state");
    }
    filter.states.push_back(*state);
  }
  return {};
}

}  // namespace

Result<store::RunFilter> read_run_filter(Services& services, const http::Request& request) {
  store::RunFilter filter;
  if (const auto workflow = request.query.find("workflow")) {
    filter.workflow = std::string{*workflow};
  }
  if (const auto date = request.query.find("date")) {
    if (!parse_day(*date)) {
      return fail("request.bad_parameter", fmt::format("'{}' is no date", excerpt(*date)),
                  "write it as 2026-11-20", "?date");
    }
    filter.business_date = std::string{*date};
  }
  if (const auto states = read_states(request, filter); !states) {
    return std::unexpected(states.error());
  }
  const auto from = instant_parameter(request, "from");
  if (!from) return std::unexpected(from.error());
  filter.created_from = *from;
  const auto until = instant_parameter(request, "to");
  if (!until) return std::unexpected(until.error());
  filter.created_until = *until;
  const auto waits = number_parameter(request, "needs_decision", 0, 1);
  if (!waits) return std::unexpected(waits.error());
  filter.needs_decision = *waits == 1;
  auto search = read_search(request);
  if (!search) return std::unexpected(search.error());
  if (search->is_empty()) return filter;
  auto names = find_workflows(services, std::move(*search));
  if (!names) return std::unexpected(names.error());
  filter.workflows = std::move(*names);
  return filter;
}

void list_runs(Call call) {
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  Json::Array items;
  // `text=daily_close#142` is that run.
  const std::string_view text = call.request.query.value("text");
  if (text.find('#') != std::string_view::npos) {
    const auto one = call.services.query.run(std::string{text});
    if (!one && one.error().code != "run.unknown") return call.fail(one.error());
    if (one) {
      auto item = RunList{call.services, one->marks}.show(one->run);
      if (!item) return call.fail(item.error());
      items.push_back(std::move(*item));
    }
    return call.answer(200, page_json(std::move(items), {}));
  }
  const auto filter = read_run_filter(call.services, call.request);
  if (!filter) return call.fail(filter.error());
  const auto listed = call.services.query.runs(*filter, *page);
  if (!listed) return call.fail(listed.error());
  auto list = RunList::make(call.services);
  if (!list) return call.fail(list.error());
  for (const model::Run& run : listed->items) {
    auto item = list->show(run);
    if (!item) return call.fail(item.error());
    items.push_back(std::move(*item));
  }
  call.answer(200, page_json(std::move(items), listed->next_cursor));
}

void list_workflows(Call call) {
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  const std::string_view deleted = call.request.query.value("deleted");
  if (!deleted.empty() && deleted != "yes" && deleted != "no" && deleted != "only") {
    return call.fail({"request.bad_parameter", "the parameter 'deleted' is yes, no or only",
                      "leave it out to see all", "?deleted"});
  }
  auto search = read_search(call.request);
  if (!search) return call.fail(search.error());
  const auto matcher = WorkflowMatcher::make(call.services, std::move(*search));
  if (!matcher) return call.fail(matcher.error());
  auto facts = WorkflowFacts::make(call.services);
  if (!facts) return call.fail(facts.error());

  Json::Array items;
  store::Page next{.limit = 1000, .cursor = page->cursor};
  do {
    const auto listed = call.services.query.workflows(next);
    if (!listed) return call.fail(listed.error());
    for (const model::WorkflowRow& row : listed->items) {
      if ((deleted == "no" && row.deleted) || (deleted == "only" && !row.deleted)) continue;
      if (!matcher->matches(row)) continue;
      if (items.size() == page->limit) {
        return call.answer(200, page_json(items, std::string{items.back().text_or("name", "")}));
      }
      auto item = facts->show(row);
      if (!item) return call.fail(item.error());
      items.push_back(std::move(*item));
    }
    next.cursor = listed->next_cursor;
  } while (!next.cursor.empty());
  call.answer(200, page_json(std::move(items), {}));
}

void list_folders(Call call) {
  const auto defined = call.services.query.folders();
  if (!defined) return call.fail(defined.error());
  std::map<std::string, model::Folder> folders;
  for (const model::Folder& folder : *defined) folders[folder.name] = folder;
  std::map<std::string, std::uint64_t> counts;
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    const auto listed = call.services.query.workflows(page);
    if (!listed) return call.fail(listed.error());
    for (const model::WorkflowRow& row : listed->items) {
      if (row.deleted) continue;
      // The folder and every one above it.
      for (std::size_t end = row.folder.size(); end != 0 && end != std::string::npos;
           end = row.folder.rfind('/', end - 1)) {
        ++counts[row.folder.substr(0, end)];
      }
    }
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  for (const auto& [name, count] : counts) folders.try_emplace(name, model::Folder{name, {}, {}});
  Json::Array items;
  for (const auto& [name, folder] : folders) {
    Json item = wire::to_json(folder);
    item.set("workflows", counts[name]);
    items.push_back(std::move(item));
  }
  call.answer(200, page_json(std::move(items), {}));
}

void get_audit(Call call) {
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  const http::Query& query = call.request.query;
  store::AuditFilter filter{.actor = std::string{query.value("actor")},
                            .action = std::string{query.value("action")},
                            .target = std::string{query.value("target")}};
  const auto from = instant_parameter(call.request, "from");
  if (!from) return call.fail(from.error());
  const auto until = instant_parameter(call.request, "to");
  if (!until) return call.fail(until.error());
  filter.from = *from;
  filter.until = *until;
  const auto listed = call.services.query.audit(filter, *page);
  if (!listed) return call.fail(listed.error());
  Json::Array items;
  for (const model::AuditRow& row : listed->items) items.push_back(wire::to_json(row));
  call.answer(200, page_json(std::move(items), listed->next_cursor));
}

void get_audit_line(Call call) {
  const std::string text = call.param("seq");
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  const auto line = is_number ? call.services.query.audit_line(seq)
                              : Result<std::optional<model::AuditRow>>{std::nullopt};
  if (!line) return call.fail(line.error());
  if (!*line) {
    return call.fail({"audit.unknown", fmt::format("the audit log has no line '{}'", excerpt(text)),
                      "lines are numbered from 1: `seq` in GET /api/v1/audit"});
  }
  call.answer(200, wire::to_json(**line));
}

}  // namespace dandori::api
