#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/clock.h"
#include "calendar/clock_expr.h"
#include "calendar/cron.h"
#include "calendar/early_time.h"
#include "calendar/once.h"
#include "calendar/zone.h"
#include "spec/schedule_days.h"
#include "spec/tables.h"

namespace dandori::spec {

namespace {

constexpr auto kTriggerForms = std::to_array<std::string_view>(
    {"cron", "rate", "on_calendar", "at", "every", "time", "times"});
constexpr std::string_view kFormsHint =
    "cron: \"0 20 * * *\" or time: \"20:00\" starts every day at 20:00; at: \"2026-12-31T20:00\" "
    "starts once";

/// The place of column `N` that a message about an expression names, inside the quoted text.
Place place_in(const Node& node, std::string_view message) {
  Place place = node.place;
  if (node.block || place.width <= 1) return place;
  std::size_t at = message.starts_with("column ") ? 0 : message.rfind("', column ");
  if (at == std::string_view::npos) return place;
  at = message.find("column ", at) + 7;
  int column = 0;
  std::from_chars(message.data() + at, message.data() + message.size(), column);
  if (column < 1) return place;
  place.column += column - 1 + (node.quoted ? 1 : 0);
  place.width = 1;
  return place;
}

bool is_event_cron(std::string_view text) {
  return text.starts_with("cron(");
}

/// What only all keys of one trigger together tell.
class Check {
 public:
  Check(Context& context, const Path& path, TriggerDraft& draft)
      : context_{context}, path_{path}, draft_{draft}, trigger_{draft.trigger} {}

  void run() {
    if (!has_one_form()) return;
    if (!check_companions()) return;
    check_grid();
    check_readings();
    check_calendar();
    if (trigger_.type == model::TriggerType::schedule && form_ == "at") {
      trigger_.type = model::TriggerType::once;
    }
    read_form();
  }

 private:
  const Member* given(std::string_view key) const {
    const auto found = std::ranges::find(draft_.node->members, key, &Member::key);
    return found == draft_.node->members.end() ? nullptr : &*found;
  }
  void contradict(const Member& at, std::string message, std::string hint) {
    context_.add(at.place, "spec.contradiction", fmt::format("{}: {}", path_.text(), message),
                 std::move(hint));
  }
  /// A key that would silently do nothing beside `because`. False: there is none.
  bool refuse(std::initializer_list<std::string_view> keys, std::string_view because) {
    bool found = false;
    for (const std::string_view key : keys) {
      const Member* member = given(key);
      if (member == nullptr) continue;
      contradict(*member, fmt::format("{}, so `{}` has no meaning", because, key),
                 fmt::format("remove `{}`", key));
      found = true;
    }
    return found;
  }

  bool has_one_form();
  bool check_companions();
  void check_grid();
  void check_readings();
  void check_calendar();
  void read_form();
  void read_rate(const Node& node);
  void read_on_calendar(const Node& node);
  void read_at(const Node& node);

  Context& context_;
  const Path& path_;
  TriggerDraft& draft_;
  model::Trigger& trigger_;
  std::string_view form_;
};

bool Check::has_one_form() {
  for (const std::string_view key : kTriggerForms) {
    const Member* member = given(key);
    if (member == nullptr) continue;
    if (form_.empty()) {
      form_ = key;
      continue;
    }
    const bool is_times = form_ == "time" && key == "times";
    contradict(*member,
               is_times ? "`time` and `times` cannot stand together"
                        : fmt::format("`{}` and `{}` cannot stand together: a trigger has one form",
                                      form_, key),
               is_times ? "write all of them in `times`" : "a workflow may have several triggers");
    return false;
  }
  if (form_.empty()) {
    for (const std::string_view key : {"days", "from", "until", "from_end"}) {
      const Member* member = given(key);
      if (member == nullptr) continue;
      const bool is_days = key == "days";
      context_.add(member->place, "spec.missing_key",
                   fmt::format("{}: `{}` needs {}", path_.text(), key,
                               is_days ? "`time`, `times` or `every`" : "`every`"),
                   is_days ? "such as time: \"20:00\"" : "such as every: 30m");
      return false;
    }
    context_.add(
        draft_.place, "spec.missing_key",
        fmt::format("{}: a trigger needs one of {}", path_.text(), fmt::join(kTriggerForms, ", ")),
        std::string{kFormsHint});
    return false;
  }
  if (trigger_.type != model::TriggerType::once || form_ == "at") return true;
  contradict(*given(form_), fmt::format("type once takes `at`, not `{}`", form_),
             fmt::format("use type: schedule for {}", form_));
  return false;
}

/// Keys that go with some forms only.
bool Check::check_companions() {
  const bool on_dates = form_ == "time" || form_ == "times" || form_ == "every";
  bool bad = false;
  if (!on_dates) {
    bad |= refuse({"days"}, fmt::format("`{}` names its days itself", form_));
  }
  if (form_ != "every") {
    bad |= refuse({"from", "until", "from_end"}, fmt::format("`{}` is no grid of `every`", form_));
  }
  if (form_ == "every" && trigger_.from_end) {
    bad |= refuse({"jitter"}, "`from_end` counts from the end of the last run");
  }
  const bool shifts = trigger_.on_closed_day && *trigger_.on_closed_day != model::ClosedDay::skip &&
                      *trigger_.on_closed_day != model::ClosedDay::run;
  if (form_ == "rate" || form_ == "at") {
    const std::string because =
        form_ == "rate" ? "`rate` stays on its grid" : "`at` names the one instant";
    if (shifts) bad |= refuse({"on_closed_day"}, because);
    bad |= refuse({"max_shift", "offset"}, because);
  }
  if (form_ == "rate") bad |= refuse({"dst"}, "`rate` counts in absolute time");
  return !bad;
}

void Check::check_grid() {
  if (form_ == "every") {
    const Duration every = *trigger_.every;
    const Duration longest = trigger_.from_end ? 366 * kDay : kDay;
    if (every % Duration{1s} != Duration::zero() || every > longest) {
      context_.add(given("every")->value.place, "spec.bad_value",
                   fmt::format("{}.every: whole seconds are counted, up to {}, found {}",
                               path_.text(), format_duration(longest), format_duration(every)),
                   every > longest && !trigger_.from_end
                       ? "for longer spans use `rate`, or `days` with `cycle`"
                       : "");
    } else if (trigger_.jitter >= every && trigger_.jitter > Duration::zero()) {
      contradict(*given("jitter"), "`jitter` must be shorter than `every`",
                 "starts would overtake each other");
    }
  }
  if (trigger_.jitter > kDay) {
    context_.add(given("jitter")->value.place, "spec.bad_value",
                 fmt::format("{}.jitter: at most 1d, found {}", path_.text(),
                             format_duration(trigger_.jitter)));
  }
  const auto from = trigger_.from_s;
  const auto until = trigger_.until_s;
  if (!from || !until || *from <= *until) return;
  const std::int32_t later = *until + kClockEndS / 2;
  contradict(*given("until"),
             fmt::format("the grid ends at \"{}\", before it begins at \"{}\"",
                         format_clock(*until), format_clock(*from)),
             later < kClockEndS && later >= *from
                 ? fmt::format("write \"{}\" for {} of the next day", format_clock(later),
                               format_clock(*until))
                 : "");
}

/// Two dates must not have one reading: it is what tells their starts apart.
void Check::check_readings() {
  if (context_.stored) return;
  constexpr std::int32_t kDayS = kClockEndS / 2;
  for (const std::int32_t time_s : trigger_.times) {
    if (!std::ranges::binary_search(trigger_.times, time_s + kDayS)) continue;
    contradict(*given("times"),
               fmt::format("\"{}\" of a date is \"{}\" of the one before", format_clock(time_s),
                           format_clock(time_s + kDayS)),
               "leave one of them out, or write two triggers");
    return;
  }
  const auto from = trigger_.from_s;
  const auto until = trigger_.until_s;
  if (!trigger_.every || trigger_.from_end || !from || !until) return;
  const bool meets = kDay % *trigger_.every == Duration::zero() && *until - *from >= kDayS;
  if (!meets) return;
  contradict(*given("until"),
             fmt::format("the grid of a date reaches \"{}\", where that of the next one begins",
                         format_clock(*from + kDayS)),
             fmt::format("end it before \"{}\"", format_clock(*from + kDayS)));
}

void Check::check_calendar() {
  const auto closed_rule = std::ranges::find_if(trigger_.days, names_closed_days);
  const bool names_closed = closed_rule != trigger_.days.end();
  if (trigger_.calendar.empty()) {
    const auto asking = std::ranges::find_if(trigger_.days, asks_calendar);
    if (asking != trigger_.days.end()) {
      contradict(
          *given("days"),
          fmt::format("`{}` asks which days are open, and no calendar is named",
                      asking->form == model::DayForm::cycle ? "unit: open_day" : word_of(*asking)),
          "add `calendar: NAME`");
    }
    for (const std::string_view key : {"on_closed_day", "max_shift"}) {
      if (const Member* member = given(key)) {
        contradict(*member, fmt::format("`{}` needs `calendar`: without one no day is closed", key),
                   "add `calendar: NAME`");
      }
    }
    if (trigger_.offset && trigger_.offset->open_days) {
      contradict(*given("offset"),
                 "`count: open_days` needs `calendar`: without one no day is closed",
                 "add `calendar: NAME`, or count days");
    }
    return;
  }
  const auto closed_day = trigger_.on_closed_day;
  if (names_closed && closed_day == model::ClosedDay::skip) {
    contradict(*given("on_closed_day"),
               fmt::format("`skip` leaves nothing of `{}`", word_of(*closed_rule)),
               "remove on_closed_day: these days start where they are");
  }
  const bool shifts =
      closed_day && *closed_day != model::ClosedDay::skip && *closed_day != model::ClosedDay::run;
  if (const Member* member = given("max_shift"); member != nullptr && !shifts) {
    contradict(*member, "`max_shift` belongs to on_closed_day previous, next or nearest",
               "name one of them, or remove `max_shift`");
  }
}

// ---- expressions

void add_error(Context& context, const Node& node, const Path& path, std::string_view code,
               const Error& error) {
  context.add(place_in(node, error.message), code,
              fmt::format("{}: {}", path.text(), error.message), error.hint);
}

void Check::read_rate(const Node& node) {
  const Result<Duration> rate = calendar::parse_rate(node.text);
  if (!rate) return add_error(context_, node, path_ / "rate", rate.error().code, rate.error());
  trigger_.rate = format_duration(*rate);
  if (trigger_.jitter < *rate || trigger_.jitter == Duration::zero()) return;
  contradict(*given("jitter"), "`jitter` must be shorter than `rate`",
             "starts would overtake each other");
}

void Check::read_on_calendar(const Node& node) {
  const auto expression = calendar::parse_on_calendar(node.text);
  if (!expression) {
    const Error& error = expression.error();
    const bool is_zone = error.code == "calendar.unknown_zone";
    return add_error(context_, node, path_ / "on_calendar",
                     is_zone ? "spec.unknown_zone" : std::string_view{error.code}, error);
  }
  const Member* timezone = given("timezone");
  if (expression->timezone.empty() || timezone == nullptr) return;
  contradict(*timezone,
             fmt::format("`on_calendar` names the zone {} already", expression->timezone),
             "name it in one place");
}

void Check::read_at(const Node& node) {
  std::string_view text = trigger_.at;
  if (text.starts_with("at(") && text.ends_with(")")) {
    trigger_.at = std::string{text.substr(3, text.size() - 4)};
  }
  const auto zone = trigger_.timezone.empty() ? Result<calendar::TimeZone>{}
                                              : calendar::TimeZone::load(trigger_.timezone);
  if (!zone) return;  // told already
  const auto fire = calendar::parse_once(trigger_.at, *zone, trigger_.dst);
  if (!fire) add_error(context_, node, path_ / "at", "spec.bad_time", fire.error());
}

/// A stored revision is taken as it is: it was checked when it was applied.
void Check::read_form() {
  if (context_.stored) return;
  const Node& node = given(form_)->value;
  if (form_ == "cron") {
    if (is_event_cron(node.text)) {
      const auto cron = calendar::parse_event_cron(node.text);
      if (!cron) add_error(context_, node, path_ / "cron", "spec.bad_cron", cron.error());
    } else if (const auto cron = calendar::parse_cron(node.text); !cron) {
      add_error(context_, node, path_ / "cron", "spec.bad_cron", cron.error());
    }
  } else if (form_ == "rate") {
    read_rate(node);
  } else if (form_ == "on_calendar") {
    read_on_calendar(node);
  } else if (form_ == "at") {
    read_at(node);
  }
}

bool fires_often(const Result<calendar::ClockExpr>& expression) {
  return expression &&
         expression->hours.count() * expression->minutes.count() * expression->seconds.count() > 1;
}

}  // namespace

bool is_cycle(const model::Trigger& trigger) {
  if (trigger.every || !trigger.rate.empty()) return true;
  if (!trigger.on_calendar.empty())
    return fires_often(calendar::parse_on_calendar(trigger.on_calendar));
  if (trigger.cron.empty()) return false;
  if (is_event_cron(trigger.cron)) return fires_often(calendar::parse_event_cron(trigger.cron));
  const Result<calendar::CronExpr> cron = calendar::parse_cron(trigger.cron);
  return cron && cron->minutes.count() * cron->hours.count() > 1;
}

void finish_trigger(Context& context, const Path& path, TriggerDraft& draft) {
  Check{context, path, draft}.run();
  model::Trigger& trigger = draft.trigger;
  if (draft.has_catch_up) return;
  trigger.catch_up =
      is_cycle(trigger)
          ? model::CatchUpRule{.policy = model::CatchUp::latest, .within = std::nullopt}
          : model::CatchUpRule{.policy = model::CatchUp::all, .within = 12h};
}

void note_time(Context& context, const Path& path, const TriggerDraft& draft) {
  const model::Trigger& trigger = draft.trigger;
  const auto time_s = calendar::earliest_time(trigger);
  if (!time_s || trigger.calendar.empty() || context.stored) return;
  for (const std::string_view key : {"time", "times", "from", "until"}) {
    const Node* node = draft.node->find(key);
    if (node == nullptr) continue;
    const std::vector<const Node*> items = as_list(*node);
    const auto first = std::ranges::find_if(
        items, [&](const Node* item) { return parse_clock(item->text) == *time_s; });
    const Place place = first == items.end() ? node->place : (*first)->place;
    context.times.push_back({std::string{model::first_name(trigger.calendar)}, *time_s,
                             (path / key).text(), context.problems.at(place)});
    return;
  }
}

}  // namespace dandori::spec
