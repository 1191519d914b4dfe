#include "convert/ics_read.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "convert/decode_text.h"
#include "convert/ics_values.h"
#include "convert/recurrence.h"
#include "spec/problems.h"

namespace dandori::convert {

namespace {

using calendar::LocalTime;
using calendar::TimeZone;

constexpr std::size_t kProblemsEnough = 20;  ///< then the file is not read on
constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kStartsMax = 400'000;  ///< of all events, also before the window

/// What a VEVENT says of its days, by property name.
struct Event {
  int line = 0;
  std::string title;
  std::map<std::string, std::vector<IcsLine>, std::less<>> lines;

  const IcsLine* find(std::string_view name) const {
    const auto found = lines.find(name);
    return found == lines.end() ? nullptr : &found->second.front();
  }
  std::span<const IcsLine> all(std::string_view name) const {
    const auto found = lines.find(name);
    return found == lines.end() ? std::span<const IcsLine>{} : found->second;
  }
  bool is_cancelled() const {
    const IcsLine* status = find("STATUS");
    return status != nullptr && trim(status->value) == "CANCELLED";
  }
};

constexpr std::string_view kKept[] = {"UID",    "DTSTART", "DTEND",  "DURATION",      "RRULE",
                                      "EXRULE", "RDATE",   "EXDATE", "RECURRENCE-ID", "STATUS"};

/// The events of the file; what is around them is checked.
class EventReader {
 public:
  EventReader(std::string_view text, spec::Problems& problems) : text_{text}, problems_{problems} {}

  std::vector<Event> read() {
    int number = 1;
    while (!text_.empty() && problems_.size() < kProblemsEnough) {
      const int line = number;
      if (text_.front() == '\n' || text_.starts_with("\r\n")) {
        text_.remove_prefix(text_.front() == '\n' ? 1 : 2);
        ++number;
        continue;
      }
      const std::optional<IcsLine> read = next_line(text_, number);
      if (!read) {
        problem(line, "the line is not NAME:VALUE",
                "a line that goes on begins with a space; was the file cut or edited?");
        if (open_.empty()) break;  // no iCalendar at all
        continue;
      }
      if (!take(*read)) break;
    }
    if (!open_.empty() && problems_.size() == 0) {
      problem(open_.back().second,
              fmt::format("the file ends inside this {}", excerpt(open_.back().first)),
              "it was cut: get it again");
    }
    if (!seen_ && problems_.size() == 0) {
      problem(1, "there is no BEGIN:VCALENDAR", "the file is empty, or no iCalendar file");
    }
    return std::move(events_);
  }
  std::string title, zone;

 private:
  void problem(int line, std::string message, std::string hint) {
    problems_.add({.line = line, .column = 1}, "import.ics", std::move(message), std::move(hint));
  }

  /// False: there is no use in reading on.
  bool take(const IcsLine& line) {
    if (line.name == "BEGIN") return begin(line);
    if (open_.empty()) {
      problem(line.line, fmt::format("'{}' stands outside a VCALENDAR", excerpt(line.name)),
              "an iCalendar file begins with BEGIN:VCALENDAR");
      return false;
    }
    if (line.name == "END") return end(line);
    const std::string& inside = open_.back().first;
    if (inside == "VCALENDAR" && line.name == "X-WR-CALNAME")
      title = clean_title(read_text(line.value));
    if (inside == "VCALENDAR" && line.name == "X-WR-TIMEZONE") zone = trim(line.value);
    if (inside != "VEVENT" || open_.size() != 2) return true;
    if (line.name == "SUMMARY") events_.back().title = clean_title(read_text(line.value));
    if (std::ranges::find(kKept, line.name) != std::end(kKept))
      events_.back().lines[line.name].push_back(line);
    return true;
  }

  bool begin(const IcsLine& line) {
    std::string what{trim(line.value)};
    if (open_.empty() && what != "VCALENDAR") {
      problem(line.line, fmt::format("{} stands outside a VCALENDAR", excerpt(what)),
              "an iCalendar file begins with BEGIN:VCALENDAR");
      return false;
    }
    if (open_.size() == kDepthMax) {
      problem(line.line, "components lie too deep inside each other", "was the file edited?");
      return false;
    }
    seen_ = true;
    open_.emplace_back(std::move(what), line.line);
    if (open_.size() == 2 && open_.back().first == "VEVENT")
      events_.emplace_back().line = line.line;
    return true;
  }

  bool end(const IcsLine& line) {
    const auto& [what, begin] = open_.back();
    if (trim(line.value) != what) {
      problem(line.line,
              fmt::format("END:{} ends nothing: the {} of line {} is open",
                          excerpt(trim(line.value)), excerpt(what), begin),
              "was the file cut or edited?");
      return false;
    }
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  spec::Problems& problems_;
  std::vector<std::pair<std::string, int>> open_;  ///< component, line
  std::vector<Event> events_;
  bool seen_ = false;
};

/// One event's days.
class Expansion {
 public:
  Expansion(const Event& event, const ImportSettings& settings, const TimeZone& zone,
            spec::Problems& problems, std::size_t& starts_left)
      : event_{event},
        settings_{settings},
        shown_{zone},
        problems_{problems},
        starts_left_{starts_left} {}

  /// overridden: starts that other events stand for. False: something is wrong.
  bool expand(const std::vector<const IcsLine*>& overridden, DayBag& bag) {
    if (!read_start() || !read_length()) return false;
    std::set<LocalTime> starts{start_.local};
    if (!add_rules("RRULE", starts) || !add_dates("RDATE", starts)) return false;
    std::set<LocalTime> excluded;
    if (!add_rules("EXRULE", excluded) || !add_dates("EXDATE", excluded)) return false;
    for (const IcsLine* line : overridden) {
      const auto reading = read_reading(*line, line->value);
      if (!reading) return false;
      excluded.insert(*reading);
    }
    for (const LocalTime start : starts) {
      if (excluded.contains(start) || excluded_days_.contains(calendar::day_of(start))) continue;
      if (add_event(start, bag)) continue;
      problem(event_.line, "import.too_large", fmt::format("more than {} days", kImportDaysMax),
              "choose fewer with --from and --until");
      return false;
    }
    return true;
  }

 private:
  void problem(int line, std::string_view code, std::string message, std::string hint) {
    const std::string title =
        event_.title.empty() ? "" : fmt::format("'{}': ", excerpt(event_.title));
    problems_.add({.line = line, .column = 1}, code, title + message, std::move(hint));
  }

  void bad_time(const IcsLine& line, std::string_view value) {
    problem(line.line, "import.ics",
            fmt::format("{} '{}' is not a date or time", line.name, excerpt(value)),
            "write 20261231, 20261231T150000 or 20261231T150000Z");
  }

  std::optional<TimeZone> zone_of(const IcsLine& line) const {
    const std::string_view name = line.param("TZID");
    if (name.empty()) return std::nullopt;
    const Result<TimeZone> zone = settings_.load_zone(name);
    return zone ? std::optional{*zone} : std::nullopt;  // names of other systems: as it stands
  }

  bool read_start() {
    const IcsLine* line = event_.find("DTSTART");
    if (line == nullptr) {
      problem(event_.line, "import.ics", "the event has no DTSTART", "give it a day to begin on");
      return false;
    }
    const auto time = read_time(line->value);
    if (!time) {
      bad_time(*line, line->value);
      return false;
    }
    is_utc_ = time->is_utc;
    start_ = {.local = time->local,
              .is_date = time->is_date,
              .zone = is_utc_ ? TimeZone{} : zone_of(*line).value_or(shown_)};
    return true;
  }

  /// A time of this event by the clock that its start is told in.
  std::optional<LocalTime> read_reading(const IcsLine& line, std::string_view value) {
    const auto time = read_time(value);
    if (!time) {
      bad_time(line, value);
      return std::nullopt;
    }
    if (time->is_date) return time->local;
    if (time->is_utc) return start_.zone.to_local(instant_of(time->local));
    const auto zone = zone_of(line);
    if (!zone || start_.is_date || *zone == start_.zone) return time->local;
    return start_.zone.to_local(zone->from_local(time->local).first);
  }

  bool read_length() {
    length_s_ = start_.is_date ? kDaySeconds : 0;
    if (const IcsLine* line = event_.find("DTEND")) {
      const auto end = read_reading(*line, line->value);
      if (!end) return false;
      if (*end < start_.local) {
        problem(line->line, "import.ics", "the event ends before it begins", "mend DTEND");
        return false;
      }
      length_s_ = std::max(length_s_, end->seconds - start_.local.seconds);
    } else if (const IcsLine* span = event_.find("DURATION")) {
      const auto seconds = read_span(span->value);
      if (!seconds || *seconds < 0) {
        problem(span->line, "import.ics",
                fmt::format("DURATION '{}' is not a span", excerpt(span->value)),
                "write P2D, PT8H or P1W; at most ten years");
        return false;
      }
      length_s_ = std::max(length_s_, *seconds);
    }
    return true;
  }

  bool add_rules(std::string_view name, std::set<LocalTime>& starts) {
    const LocalTime last{(std::int64_t{settings_.window.last.days} + 2) * kDaySeconds};
    for (const IcsLine& line : event_.all(name)) {
      const auto found = recurrence_starts(line.value, start_, last);
      if (!found) {
        problem(line.line, found.error().code, found.error().message, found.error().hint);
        return false;
      }
      if (found->size() > starts_left_) {
        problem(line.line, "import.too_large",
                fmt::format("the events begin more than {} times", kStartsMax),
                "let repeated events begin later");
        return false;
      }
      starts_left_ -= found->size();
      starts.insert(found->begin(), found->end());
    }
    return true;
  }

  bool add_dates(std::string_view name, std::set<LocalTime>& starts) {
    for (const IcsLine& line : event_.all(name)) {
      for (const std::string_view value : split(line.value, ',')) {
        const std::string_view begin = value.substr(0, value.find('/'));  // of a period
        if (trim(begin).empty()) continue;
        const auto reading = read_reading(line, begin);
        if (!reading) return false;
        const bool whole_day = name == "EXDATE" && trim(begin).size() == 8;
        if (whole_day) excluded_days_.insert(calendar::day_of(*reading));
        starts.insert(*reading);
      }
    }
    return true;
  }

  /// False: too many days.
  bool add_event(LocalTime start, DayBag& bag) const {
    LocalTime end{start.seconds + std::max<std::int64_t>(length_s_, 1) - 1};
    if (is_utc_) {
      end = shown_.to_local(instant_of(end));
      start = shown_.to_local(instant_of(start));
    }
    return bag.add(calendar::day_of(start), calendar::day_of(end), event_.title);
  }

  const Event& event_;
  const ImportSettings& settings_;
  const TimeZone& shown_;
  spec::Problems& problems_;
  std::size_t& starts_left_;
  EventStart start_;
  bool is_utc_ = false;
  std::int64_t length_s_ = 0;
  std::set<Day> excluded_days_;
};

std::string uid_of(const Event& event) {
  const IcsLine* line = event.find("UID");
  return line == nullptr ? std::string{} : std::string{trim(line->value)};
}

/// Starts that an event of the same UID stands for, by UID.
using Overrides = std::map<std::string, std::vector<const IcsLine*>>;
Overrides overrides_of(const std::vector<Event>& events) {
  Overrides out;
  for (const Event& event : events) {
    const IcsLine* line = event.find("RECURRENCE-ID");
    if (line != nullptr && event.find("UID") != nullptr) out[uid_of(event)].push_back(line);
  }
  return out;
}

void expand_all(const std::vector<Event>& events, const ImportSettings& settings,
                const TimeZone& zone, spec::Problems& problems, DayBag& bag) {
  const Overrides overrides = overrides_of(events);
  std::size_t starts_left = kStartsMax;
  for (const Event& event : events) {
    if (event.is_cancelled()) continue;
    const IcsLine* of = event.find("RECURRENCE-ID");
    if (of != nullptr && of->param("RANGE") == "THISANDFUTURE") {
      problems.add({.line = of->line}, "import.ics",
                   "an event that moves all later ones (RANGE=THISANDFUTURE) is not understood",
                   "end the old event with UNTIL and let a new one begin");
      continue;
    }
    const auto known = overrides.find(uid_of(event));
    const bool has_overrides =
        of == nullptr && event.find("UID") != nullptr && known != overrides.end();
    Expansion expansion{event, settings, zone, problems, starts_left};
    expansion.expand(has_overrides ? known->second : std::vector<const IcsLine*>{}, bag);
    if (problems.size() >= kProblemsEnough) return;
  }
}

}  // namespace

ImportedDays read_ics(std::string_view file, std::string_view bytes,
                      const ImportSettings& settings) {
  ImportedDays out;
  const Result<std::string> text = decode_text(bytes);
  if (!text) {
    out.problems.push_back({.file = std::string{file},
                            .code = text.error().code,
                            .message = text.error().message,
                            .hint = text.error().hint});
    return out;
  }
  spec::Problems problems{file, *text};
  EventReader reader{*text, problems};
  const std::vector<Event> events = reader.read();
  TimeZone zone = settings.zone;
  if (!settings.zone_given && !reader.zone.empty()) {
    zone = settings.load_zone(reader.zone).value_or(settings.zone);
  }
  DayBag bag{settings.window};
  if (problems.size() == 0) expand_all(events, settings, zone, problems, bag);
  out.title = reader.title;
  out.left_out = bag.left_out();
  out.days = bag.take();
  out.problems = problems.take();
  return out;
}

}  // namespace dandori::convert
