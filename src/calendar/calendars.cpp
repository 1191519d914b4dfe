#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "calendar/business_calendar.h"
#include "calendar/day_match.h"
#include "calendar/holidays.h"

namespace dandori::calendar {

using model::CalendarRef;

namespace {

/// Days that no holiday table bounds.
constexpr Day kNoBound = kCalendarDays.last;

/// All revisions of one calendar.
struct Entry {
  std::vector<model::Calendar> revisions;  ///< oldest first
  bool broken = false;                     ///< on a cycle: what it rests on is left out
  BusinessCalendarPtr table;

  const model::Calendar& newest() const { return revisions.back(); }
  /// The revision that decides the day; before the first effective_from the oldest one.
  const model::Calendar& of(Day day) const {
    for (std::size_t i = revisions.size(); i-- > 0;) {
      if (!revisions[i].effective_from || *revisions[i].effective_from <= day) return revisions[i];
    }
    return revisions.front();
  }
};

/// What decides the day: a rule of the calendar, what it extends, or nothing.
struct Verdict {
  bool open = true;
  int rule = DayReason::kNoRule;
  bool extended = false;  ///< `extends` decides
};

using Entries = std::map<std::string, Entry, std::less<>>;

/// What a revision rests on: `extends` and the calendars that its rules match.
std::vector<std::string> rests_on(const model::Calendar& calendar) {
  std::vector<std::string> names;
  each_name(calendar.extends, names);
  for (const model::CalendarRule& rule : calendar.rules) {
    if (!rule.days.calendar.empty()) names.push_back(rule.days.calendar);
  }
  return names;
}

std::vector<std::string> rests_on(const Entry& entry) {
  std::vector<std::string> names;
  for (const model::Calendar& revision : entry.revisions) {
    for (std::string& name : rests_on(revision)) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

struct Calendars::Impl {
  Entries entries;
  std::vector<Error> problems;

  const Entry* find(std::string_view name) const {
    const auto found = entries.find(name);
    return found == entries.end() ? nullptr : &found->second;
  }

  void check_names(const model::Calendar& calendar);
  void find_cycles();
  void walk(const std::string& name, std::vector<std::string>& path, std::set<std::string>& done);
  void build(std::string_view name, const Impl* before);

  Verdict decide(const Entry& entry, Day day) const;
  bool is_open(const CalendarRef& ref, Day day) const;
  DayReason reason(const CalendarRef& ref, Day day) const;
  DayReason reason_of(const Entry& entry, Day day) const;
  void close_over(const CalendarRef& ref, std::set<std::string>& names) const;
};

void Calendars::Impl::check_names(const model::Calendar& calendar) {
  for (const std::string& name : rests_on(calendar)) {
    if (find(name) != nullptr) continue;
    std::vector<std::string> known;
    for (const auto& [each, entry] : entries) known.push_back(each);
    const auto near = nearest(name, known);
    problems.push_back({"calendar.unknown",
                        fmt::format("calendar '{}' rests on '{}', and there is no such calendar",
                                    calendar.name, name),
                        near ? fmt::format("did you mean '{}'?", *near)
                             : "define it, or name the file that does"});
  }
  for (const model::CalendarRule& rule : calendar.rules) {
    const std::string& set = rule.days.holidays;
    if (set.empty() || find_holidays(set) != nullptr) continue;
    problems.push_back(
        {"calendar.unknown_holidays",
         fmt::format("calendar '{}': there is no set of holidays '{}'", calendar.name, set),
         fmt::format("shipped sets: {}; import others with `dandori calendar import`",
                     holiday_set_names())});
  }
}

/// Depth first; `path` leads to `name`. Whoever stands on a cycle is broken.
void Calendars::Impl::walk(const std::string& name, std::vector<std::string>& path,
                           std::set<std::string>& done) {
  const auto on_path = std::ranges::find(path, name);
  if (on_path != path.end()) {
    std::vector<std::string> cycle{on_path, path.end()};
    cycle.push_back(name);
    problems.push_back(
        {"calendar.cycle",
         fmt::format("calendar '{}' rests on itself: {}", name, fmt::join(cycle, " → ")),
         "let one of them name another calendar, or none"});
    for (const std::string& each : cycle) entries.find(each)->second.broken = true;
    return;
  }
  if (done.contains(name)) return;
  path.push_back(name);
  for (const std::string& next : rests_on(*find(name))) {
    if (find(next) != nullptr) walk(next, path, done);
  }
  path.pop_back();
  done.insert(name);
}

void Calendars::Impl::find_cycles() {
  std::set<std::string> done;
  for (const auto& [name, entry] : entries) {
    std::vector<std::string> path;
    walk(name, path, done);
  }
}

bool Calendars::Impl::is_open(const CalendarRef& ref, Day day) const {
  if (!ref.name.empty()) {
    const Entry* entry = find(ref.name);
    return entry == nullptr || entry->table->is_open(day);
  }
  const auto open = [&](const CalendarRef& part) { return is_open(part, day); };
  if (!std::ranges::all_of(ref.all_of, open)) return false;
  if (!ref.any_of.empty() && !std::ranges::any_of(ref.any_of, open)) return false;
  if (std::ranges::any_of(ref.none_of, open)) return false;
  if (ref.minus.empty()) return true;
  return open(ref.minus.front()) && std::none_of(ref.minus.begin() + 1, ref.minus.end(), open);
}

DayReason Calendars::Impl::reason(const CalendarRef& ref, Day day) const {
  if (ref.empty()) return {.open = kCalendarDays.contains(day)};
  if (!ref.name.empty()) {
    const Entry* entry = find(ref.name);
    return entry == nullptr ? DayReason{} : reason_of(*entry, day);
  }
  DayReason combined{.open = is_open(ref, day), .rule = DayReason::kCombined};
  // The part that alone makes the day closed says why.
  for (const auto* list : {&ref.all_of, &ref.minus}) {
    for (const CalendarRef& part : *list) {
      if (list == &ref.minus && &part != &ref.minus.front()) break;
      DayReason part_reason = reason(part, day);
      if (combined.open == part_reason.open) return part_reason;
    }
  }
  for (const auto* list : {&ref.any_of, &ref.none_of, &ref.minus}) {
    for (const CalendarRef& part : *list) {
      if (list == &ref.minus && &part == &ref.minus.front()) continue;
      const DayReason part_reason = reason(part, day);
      const bool explains = list == &ref.any_of ? part_reason.open == combined.open
                                                : part_reason.open && !combined.open;
      if (!explains) continue;
      combined.calendar = part_reason.calendar;
      combined.form = list == &ref.any_of ? "any_of" : list == &ref.none_of ? "none_of" : "minus";
      combined.title = part_reason.title;
      return combined;
    }
  }
  return combined;
}

Verdict Calendars::Impl::decide(const Entry& entry, Day day) const {
  const model::Calendar& calendar = entry.of(day);
  if (!kCalendarDays.contains(day)) return {.open = false, .rule = DayReason::kOutside};
  if (calendar.valid && !calendar.valid->contains(day))
    return {.open = false, .rule = DayReason::kNotValid};
  const CalendarMonths months{entry.newest().month_starts_on, entry.newest().label};
  const OpenThere is_open_there = [&](std::string_view name, Day at) {
    const Entry* other = entry.broken ? nullptr : find(name);
    return other == nullptr || other->table->is_open(at);
  };
  for (std::size_t i = 0; i < calendar.rules.size(); ++i) {
    const model::CalendarRule& rule = calendar.rules[i];
    if (matches(rule, day, months, is_open_there))
      return {.open = rule.open, .rule = static_cast<int>(i)};
  }
  if (calendar.extends.empty() || entry.broken) return {};
  return {.open = is_open(calendar.extends, day), .extended = true};
}

DayReason Calendars::Impl::reason_of(const Entry& entry, Day day) const {
  const model::Calendar& calendar = entry.of(day);
  const Verdict verdict = decide(entry, day);
  if (verdict.extended) return reason(calendar.extends, day);
  DayReason reason{.open = verdict.open, .calendar = calendar.name, .rule = verdict.rule};
  if (verdict.rule >= 0)
    describe(calendar.rules[static_cast<std::size_t>(verdict.rule)], day, reason);
  return reason;
}

/// Tables of what it rests on come first.
void Calendars::Impl::build(std::string_view name, const Impl* before) {
  Entry& entry = entries.find(name)->second;
  if (entry.table) return;
  bool same = before != nullptr;
  for (const std::string& next : rests_on(entry)) {
    if (entry.broken || find(next) == nullptr) continue;
    build(next, before);
    const Entry* old = same ? before->find(next) : nullptr;
    same = old != nullptr && old->table == find(next)->table;
  }
  const Entry* old = same ? before->find(name) : nullptr;
  if (old != nullptr && old->revisions == entry.revisions && old->broken == entry.broken) {
    entry.table = old->table;
    return;
  }
  entry.table =
      BusinessCalendar::make(entry.newest(), [&](Day day) { return decide(entry, day).open; });
}

void Calendars::Impl::close_over(const CalendarRef& ref, std::set<std::string>& names) const {
  std::vector<std::string> next;
  each_name(ref, next);
  while (!next.empty()) {
    const std::string name = std::move(next.back());
    next.pop_back();
    if (!names.insert(name).second) continue;
    const Entry* entry = find(name);
    if (entry == nullptr) continue;
    for (std::string& each : rests_on(*entry)) next.push_back(std::move(each));
  }
}

Calendars::Calendars() : impl_{std::make_shared<Impl>()} {}

Calendars Calendars::make(std::vector<model::Calendar> definitions, const Calendars* before) {
  auto impl = std::make_shared<Impl>();
  for (model::Calendar& each : definitions) {
    impl->entries[each.name].revisions.push_back(std::move(each));
  }
  for (const auto& [name, entry] : impl->entries) impl->check_names(entry.newest());
  impl->find_cycles();
  for (const auto& [name, entry] : impl->entries) {
    impl->build(name, before == nullptr ? nullptr : before->impl_.get());
  }
  Calendars made;
  made.impl_ = std::move(impl);
  return made;
}

const std::vector<Error>& Calendars::problems() const {
  return impl_->problems;
}

std::vector<std::string> Calendars::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : impl_->entries) names.push_back(name);
  return names;
}

std::span<const model::Calendar> Calendars::revisions(std::string_view name) const {
  const Entry* entry = impl_->find(name);
  if (entry == nullptr) return {};
  return entry->revisions;
}

Result<BusinessCalendarPtr> Calendars::find(const CalendarRef& ref) const {
  if (ref.empty()) return BusinessCalendar::plain();
  std::vector<std::string> named;
  each_name(ref, named);
  for (const std::string& name : named) {
    if (impl_->find(name) != nullptr) continue;
    const auto near = nearest(name, names());
    return fail("calendar.unknown", fmt::format("there is no calendar '{}'", name),
                near ? fmt::format("did you mean '{}'?", *near)
                     : "define it (kind: Calendar), or name the file that does");
  }
  if (!ref.name.empty()) return impl_->find(ref.name)->table;
  const Entry& first = *impl_->find(first_name(ref));
  return BusinessCalendar::make(first.newest(), [&](Day day) { return impl_->is_open(ref, day); });
}

DayReason Calendars::reason(const CalendarRef& ref, Day day) const {
  return impl_->reason(ref, day);
}

std::vector<std::string> Calendars::closure(const CalendarRef& ref) const {
  std::set<std::string> names;
  impl_->close_over(ref, names);
  return {names.begin(), names.end()};
}

Day Calendars::verified_until(const CalendarRef& ref) const {
  Day until = kNoBound;
  for (const std::string& name : closure(ref)) {
    for (const model::Calendar& revision : revisions(name)) {
      for (const model::CalendarRule& rule : revision.rules) {
        const HolidaySet* set = find_holidays(rule.days.holidays);
        if (set != nullptr) until = std::min(until, set->verified_until);
      }
    }
  }
  return until;
}

}  // namespace dandori::calendar
