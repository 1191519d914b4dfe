#pragma once

#include <string>
#include <utility>

#include "engine/harness_test.h"

namespace dandori::engine::test {

/// Definitions of one apply, put together by hand.
class Defining {
 public:
  Defining& calendar(model::Calendar value) {
    const std::string canonical = value.name + std::to_string(++version());
    request_.calendars.push_back({std::move(value), "source", canonical});
    return *this;
  }
  Defining& date(model::BusinessDate value) {
    const std::string canonical = value.name + std::to_string(++version());
    request_.business_dates.push_back({std::move(value), "source", canonical});
    return *this;
  }
  Defining& workflow(WorkflowBuilder& builder) {
    request_.workflows.push_back(builder.done());
    return *this;
  }
  model::ApplyDefinitions& request() { return request_; }

  void in(World& world) { world.ask(request_); }

 private:
  static int& version() {
    static int count = 0;
    return count;
  }
  model::ApplyDefinitions request_;
};

/// JPBANK of the worked cases: weekends, holidays, 12-31, 01-02, 01-03.
inline model::Calendar bank() {
  model::Calendar calendar;
  calendar.name = "jp_bank";
  calendar.timezone = "Asia/Tokyo";
  model::CalendarRule weekends, holidays, year_end;
  weekends.days.weekdays = 0b100'0001;
  holidays.days.holidays = "japan";
  year_end.days.yearly = {{{12, 31}, {12, 31}}, {{1, 2}, {1, 3}}};
  calendar.rules = {holidays, weekends, year_end};
  return calendar;
}

/// A business date of JPBANK, moved by a job unless `advance` says otherwise.
inline model::BusinessDate batch(model::AdvanceRule advance = {}, std::string_view start = {}) {
  model::BusinessDate date;
  date.name = "batch";
  date.calendar = "jp_bank";
  date.advance = std::move(advance);
  if (!start.empty()) date.start = *parse_day(start);
  return date;
}

inline std::string value_of(const World& world, const std::string& name = "batch") {
  return world.store.business_dates.at(name).value;
}

/// `how from>to` of each move, in order.
inline std::vector<std::string> moves_of(const World& world, const std::string& name = "batch") {
  std::vector<std::string> lines;
  for (const model::BusinessDateMoveRow& move : world.store.moves) {
    if (move.name != name) continue;
    lines.push_back(std::string{to_string(move.how)} + " " + move.from + ">" + move.to);
  }
  return lines;
}

}  // namespace dandori::engine::test
