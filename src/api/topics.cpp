#include "api/topics.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "store/rows.h"

namespace dandori::api {

namespace {

constexpr std::size_t kTopicsMax = 100;

// Plain topics and the kinds they stand for.
constexpr auto kTopicRooms = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"runs", "run."},
    {"jobs", "job."},
    {"workflows", "workflow."},
    {"plan", "planned."},
    {"calendars", "calendar."},
    {"business-dates", "business_date."},
});

std::unexpected<Error> bad_topic(std::string_view topic) {
  return fail(
      "request.bad_parameter", fmt::format("'{}' is no topic", excerpt(topic)),
      "topics: run:ID, workflow:NAME, runs, jobs, workflows, plan, calendars, business-dates",
      "?topics");
}

Result<RunId> run_named(std::string_view name, store::QueryStore& query) {
  if (const auto id = parse_uuid(name)) {
    const auto row = find_run_row(query, RunId{*id});
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::unexpected(store::run_unknown(name));
    return RunId{*id};
  }
  const auto detail = query.run(std::string{name});
  if (!detail) return std::unexpected(detail.error());
  return detail->run.id;
}

}  // namespace

bool Topics::want(const Subject& subject) const {
  if (empty()) return true;
  if (!subject.run.is_nil() && std::ranges::find(runs, subject.run) != runs.end()) return true;
  if (!subject.workflow.empty() &&
      std::ranges::find(workflows, subject.workflow) != workflows.end()) {
    return true;
  }
  return std::ranges::any_of(rooms,
                             [&](const auto& room) { return subject.kind.starts_with(room); });
}

Result<Topics> parse_topics(std::string_view text, store::QueryStore& query) {
  Topics topics;
  if (trim(text).empty()) return topics;
  const auto parts = split(text, ',');
  if (parts.size() > kTopicsMax) {
    return fail("request.bad_parameter",
                fmt::format("{} topics are more than {}", parts.size(), kTopicsMax),
                "leave them all out to get everything", "?topics");
  }
  for (const std::string_view part : parts) {
    const std::string_view topic = trim(part);
    const auto room =
        std::ranges::find(kTopicRooms, topic, &decltype(kTopicRooms)::value_type::first);
    if (room != kTopicRooms.end()) {
      topics.rooms.emplace_back(room->second);
    } else if (topic.starts_with("run:") && topic.size() > 4) {
      const auto run = run_named(topic.substr(4), query);
      if (!run) return std::unexpected(run.error());
      topics.runs.push_back(*run);
    } else if (topic.starts_with("workflow:") && topic.size() > 9) {
      topics.workflows.emplace_back(topic.substr(9));
    } else {
      return bad_topic(topic);
    }
  }
  return topics;
}

Result<std::optional<model::Run>> find_run_row(store::QueryStore& query, RunId run) {
  Uuid next = run.value;
  if (++next.low == 0) ++next.high;
  const auto page = query.runs({}, {.limit = 1, .cursor = format_uuid(next)});
  if (!page) return std::unexpected(page.error());
  if (page->items.empty() || page->items.front().id != run) return std::nullopt;
  return page->items.front();
}

}  // namespace dandori::api
