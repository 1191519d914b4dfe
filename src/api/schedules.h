#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "calendar/schedule.h"
#include "model/event.h"
#include "store/store.h"

namespace dandori::api {

class Engine;
struct Services;

/// A trigger, ready to be asked.
struct KnownTrigger {
  std::string id;
  model::CalendarRef calendar;
  calendar::Schedule schedule;
};
/// A revision of a workflow, as far as days matter to it.
struct KnownWorkflow {
  std::vector<KnownTrigger> triggers;  ///< in its order; those that Schedule::make refuses left out
  std::vector<std::string> calendars;  ///< that its triggers and jobs name, ascending
  std::string business_date;           ///< its runs work for; may be empty
  std::vector<std::pair<std::string, std::string>> moves;  ///< (job, business date that it moves)
};
using KnownWorkflowPtr = std::shared_ptr<const KnownWorkflow>;

/// Calendars and workflows made ready once for each of their revisions. Thread-safe; grows with the
/// names of workflows only.
class ScheduleCache {
 public:
  using CalendarsPtr = std::shared_ptr<const calendar::Calendars>;

  /// As they stand now; made anew only when a revision has come or gone.
  Result<CalendarsPtr> calendars(Engine& engine, store::QueryStore& query);
  /// null: not made for this revision and these calendars yet.
  KnownWorkflowPtr find(const std::string& workflow, std::uint32_t revision,
                        const CalendarsPtr& calendars);
  KnownWorkflowPtr make(const model::Workflow& workflow, std::uint32_t revision,
                        const CalendarsPtr& calendars, const calendar::Surroundings& around);

 private:
  struct Entry {
    std::uint32_t revision = 0;
    CalendarsPtr calendars;  ///< kept: its address stands for it
    KnownWorkflowPtr workflow;
  };

  std::mutex mutex_;
  CalendarsPtr calendars_;
  std::uint64_t seen_ = 0;            ///< journal line up to which calendars_ is as it should be
  std::vector<std::string> digests_;  ///< of the revisions in calendars_
  std::map<std::string, Entry> entries_;
};

/// What questions about the future are asked with: the calendars and the workflows in force, as one
/// request sees them. Looks workflows up when they are asked for.
class Schedules final : public calendar::OtherPlans {
 public:
  static Result<Schedules> make(Services& services);

  const calendar::Calendars& calendars() const { return *calendars_; }
  calendar::Surroundings around() const;
  /// Errors: those of Definitions::of.
  Result<KnownWorkflowPtr> of(const model::WorkflowRow& row) const;
  KnownWorkflowPtr of(const model::Workflow& workflow, std::uint32_t revision) const;
  /// Calls `visit` with the row of every workflow in force and what is known of it, by name; those
  /// that cannot be read are left out. Errors: store.*.
  Result<void> each(
      const std::function<void(const model::WorkflowRow&, const KnownWorkflow&)>& visit) const;
  /// Whether a workflow in force plans something for the date, marks of operators aside.
  bool is_planned(std::string_view workflow, calendar::Day date, int depth) const override;

 private:
  Schedules(Services& services, ScheduleCache::CalendarsPtr calendars)
      : services_{&services}, calendars_{std::move(calendars)} {}

  Services* services_;
  ScheduleCache::CalendarsPtr calendars_;
  mutable std::map<std::string, KnownWorkflowPtr, std::less<>> others_;  ///< asked for already
};

/// The first start in [from, until) of the trigger, past the dates that are dropped.
std::optional<calendar::PlannedStart> first_start(const KnownTrigger& trigger, Timestamp from,
                                                  Timestamp until,
                                                  const calendar::OtherPlans& others);

/// Whether days up to `until` rest on tables that are not announced: `[{code, verified_until}]`.
Json unverified_warnings(const calendar::Calendars& calendars, const model::CalendarRef& ref,
                         calendar::Day until);
/// The same of the day that was found; nullopt: none.
Json unverified_json(std::optional<calendar::Day> verified_until);

}  // namespace dandori::api
