#include "spec/schedule_days.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "spec/day_fields.h"

namespace dandori::spec {

namespace {

using model::DayForm;
using model::DayRule;

constexpr int kCivilDaysMax = 31;
constexpr int kMonthDaysMax = 35;  // of a calendar's month that begins on a weekday
constexpr std::size_t kDayRulesMax = 100;

/// A rule while it is read, with the forms that it names.
struct DayRuleDraft {
  DayRule rule;
  std::vector<std::string_view> forms;
};
/// `runs_on` may hold a rule and a calendar side by side, or rules below `days`.
struct RunsOnDraft : DayRuleDraft {
  std::vector<DayRule> days;
  bool has_days = false;
  model::CalendarRef calendar;
};

bool is_plain_form(std::string_view word) {
  return word == "every_day" || word == "open_days" || word == "closed_days";
}
Shape plain_forms() {
  return words({"every_day", "open_days", "closed_days"});
}

// ---- n, last, last-n

Shape day_number(int maximum) {
  return one_of({integer(1, maximum), text(kFromEnd),
                 list_of(one_of({integer(1, maximum), text(kFromEnd)}), 1)});
}

/// n as it is; `last` 0, `last-n` −n.
int parse_number(const Node& node) {
  if (node.kind == NodeKind::integer) return static_cast<int>(read_integer(node));
  int back = 0;
  if (node.text.size() > 5)
    std::from_chars(node.text.data() + 5, node.text.data() + node.text.size(), back);
  return -back;
}

void read_numbers(Context& context, const Node& node, const Path& path, int maximum,
                  std::vector<std::int16_t>& out) {
  for (const Node* item : as_list(node)) {
    const int number = parse_number(*item);
    if (number <= -maximum) {
      context.add(
          item->place, "spec.bad_value",
          fmt::format("{}: no month has so many days, found {}", path.text(), describe(*item)),
          "last-2 is the second day before the last");
      continue;
    }
    out.push_back(static_cast<std::int16_t>(number));
  }
  // From the begin, then from the end: 1, 15, last-1, last.
  std::ranges::sort(out, {}, [](int number) { return std::pair{number <= 0, number}; });
  out.erase(std::ranges::unique(out).begin(), out.end());
}

// ---- cycle

const Table<DayRule>& cycle_table() {
  static const Table<DayRule> table{
      "cycle",
      "Every n-th day, week, month, year or open day, counted from one date.",
      "ある日から数えて n 日・週・月・年・運用日ごと。",
      {{{"every", integer(1, 10'000), "1", "How many units lie between two days.",
         "何単位ごとか。"},
        [](Context&, const Node& node, const Path&, DayRule& out) {
          out.every = static_cast<std::uint32_t>(read_integer(node));
        }},
       {{"unit", words_of<model::CycleUnit>(), "", "What is counted.", "数える単位。", true},
        [](Context&, const Node& node, const Path&, DayRule& out) {
          out.unit = read_word<model::CycleUnit>(node);
        }},
       {{"from", text(kDate), "", "The first day; the others are counted from it, never shifted.",
         "最初の日。ほかの日はここから数える(休日シフトの影響を受けない)。", true},
        [](Context& context, const Node& node, const Path& path, DayRule& out) {
          if (const auto day = read_date(context, node, path)) out.from = *day;
        }}}};
  return table;
}

// ---- a rule

template <class Draft>
using DayRow = typename Table<Draft>::Row;

void take_form(DayRuleDraft& out, DayForm form) {
  out.rule.form = form;
  out.forms.push_back(to_string(form));
}

/// `open_days: true`: for a rule that says more, such as months.
template <class Draft, DayForm form>
DayRow<Draft> plain_row(std::string_view english, std::string_view japanese) {
  return {{to_string(form), boolean(), "", english, japanese},
          [](Context& context, const Node& node, const Path& path, Draft& out) {
            take_form(out, form);
            if (read_bool(node)) return;
            context.add(node.place, "spec.bad_value",
                        fmt::format("{}: only true has a meaning here", path.text()),
                        "remove the line");
          }};
}

template <class Draft, DayForm form, int maximum>
DayRow<Draft> number_row(std::string_view english, std::string_view japanese) {
  return {{to_string(form), day_number(maximum), "", english, japanese},
          [](Context& context, const Node& node, const Path& path, Draft& out) {
            take_form(out, form);
            read_numbers(context, node, path, maximum, out.rule.numbers);
          }};
}

template <class Draft>
std::vector<DayRow<Draft>> day_rows() {
  return {
      plain_row<Draft, DayForm::every_day>("Every day.", "毎日。"),
      plain_row<Draft, DayForm::open_days>("Every open day.", "すべての運用日。"),
      plain_row<Draft, DayForm::closed_days>("Every closed day.", "すべての休業日。"),
      {{"weekdays", weekday_list(), "", "Days of the week.", "曜日。"},
       [](Context&, const Node& node, const Path&, Draft& out) {
         take_form(out, DayForm::weekdays);
         out.rule.weekdays = read_weekdays(node);
       }},
      number_row<Draft, DayForm::day, kCivilDaysMax>(
          "Day of the civil month: 25, last, last-1, or a list.",
          "暦月の日: 25、last、last-1、またはリスト。"),
      number_row<Draft, DayForm::relative_day, kMonthDaysMax>(
          "Day of the calendar's month, counted from its begin (相対日).",
          "カレンダーの月の始まりから数えた日(相対日)。"),
      number_row<Draft, DayForm::open_day, kMonthDaysMax>(
          "n-th open day of the calendar's month, or from its end.",
          "カレンダーの月の第 n 運用日、または終わりから数えた運用日。"),
      number_row<Draft, DayForm::closed_day, kMonthDaysMax>(
          "n-th closed day of the calendar's month, or from its end.",
          "カレンダーの月の第 n 休業日、または終わりから数えた休業日。"),
      {{"weekday", nth_weekdays(), "", "The n-th of a weekday in the calendar's month: {fri: 2}.",
        "カレンダーの月の第 n 曜日: {fri: 2}。"},
       [](Context&, const Node& node, const Path&, Draft& out) {
         take_form(out, DayForm::weekday);
         out.rule.nth_weekdays = read_nth_weekdays(node);
       }},
      {{"dates", day_list(), "", "Days, of one year or of every year.", "日付または毎年の月日。"},
       [](Context& context, const Node& node, const Path& path, Draft& out) {
         take_form(out, DayForm::dates);
         read_day_list(context, node, path, out.rule.dates, out.rule.yearly);
       }},
      {{"cycle", object_of(cycle_table()), "",
        "Every n-th day, week, month, year or open day: {every: 2, unit: week, from: 2026-04-06}.",
        "n 日・週・月・年・運用日ごと: {every: 2, unit: week, from: 2026-04-06}。"},
       [](Context& context, const Node& node, const Path& path, Draft& out) {
         take_form(out, DayForm::cycle);
         read_object(context, node, path, cycle_table(), out.rule);
       }},
      {{"months", month_list(), "", "Only in these months; absent: in every month.",
        "この月だけ。省略時はすべての月。"},
       [](Context&, const Node& node, const Path&, Draft& out) {
         out.rule.months = read_months(node);
       }},
  };
}

template <class Draft>
void add_rows(Table<Draft>& table, const std::vector<DayRow<Draft>>& rows) {
  for (const DayRow<Draft>& row : rows) {
    table.fields.push_back(row.info);
    table.reads.push_back(row.read);
  }
}

const Table<DayRuleDraft>& day_rule_table() {
  static const Table<DayRuleDraft> table = [] {
    Table<DayRuleDraft> made{"day_rule",
                             "Days of a schedule: one form, in some months or all.",
                             "スケジュールの日。1 つの形と、必要なら月。",
                             {}};
    add_rows(made, day_rows<DayRuleDraft>());
    return made;
  }();
  return table;
}

/// A rule has one form.
void check_form(Context& context, const Node& node, const Path& path, const DayRuleDraft& draft) {
  if (draft.forms.empty()) {
    context.add(node.place, "spec.missing_key",
                fmt::format("{}: the rule names no days", path.text()),
                "such as {open_day: last}, {day: 25}, {weekdays: [mon]} or {every_day: true}");
  } else if (draft.forms.size() > 1) {
    context.add(node.place, "spec.contradiction",
                fmt::format("{}: `{}` and `{}` cannot stand together: a rule has one form",
                            path.text(), draft.forms[0], draft.forms[1]),
                "a list of rules takes the days of each of them");
  }
}

DayRule read_day_rule(Context& context, const Node& node, const Path& path) {
  DayRuleDraft draft;
  if (node.kind != NodeKind::map) {
    draft.rule.form = read_word<DayForm>(node);
    return draft.rule;
  }
  const std::size_t problems_before = context.problems.size();
  read_object(context, node, path, day_rule_table(), draft);
  if (context.problems.size() == problems_before) check_form(context, node, path, draft);
  return draft.rule;
}

}  // namespace

Shape day_rules() {
  return one_of({plain_forms(), object_of(day_rule_table()),
                 list_of(one_of({plain_forms(), object_of(day_rule_table())}), 1)});
}

std::vector<DayRule> read_day_rules(Context& context, const Node& node, const Path& path) {
  std::vector<DayRule> rules;
  if (node.kind == NodeKind::list && node.items.size() > kDayRulesMax) {
    context.add(
        node.place, "spec.too_many",
        fmt::format("{}: {} rules; {} are the most", path.text(), node.items.size(), kDayRulesMax));
    return rules;
  }
  for (const Node* item : as_list(node)) {
    DayRule rule = read_day_rule(context, *item, path);
    if (std::ranges::find(rules, rule) == rules.end()) rules.push_back(std::move(rule));
  }
  return rules;
}

// ---- runs_on

namespace {

const Table<RunsOnDraft>& runs_on_table() {
  static const Table<RunsOnDraft> table = [] {
    Table<RunsOnDraft> made{"runs_on",
                            "Business dates on which a job runs; on others it is bypassed.",
                            "ジョブが動く業務日付。ほかの日は計画未実行。",
                            {}};
    add_rows(made, day_rows<RunsOnDraft>());
    add_rows<RunsOnDraft>(
        made,
        {{{"days", day_rules(), "", "The rules, where a calendar is named beside them.",
           "規則(カレンダーと並べて書く場合)。"},
          [](Context& context, const Node& node, const Path& path, RunsOnDraft& out) {
            out.has_days = true;
            out.days = read_day_rules(context, node, path);
          }},
         {{"calendar", calendar_reference(), "",
           "Calendar to ask; absent: that of the workflow's business date. Alone: its open days.",
           "使うカレンダー。省略時はワークフローの業務日付のもの。単独ならその運用日。"},
          [](Context& context, const Node& node, const Path& path, RunsOnDraft& out) {
            read_calendar_reference(context, node, path, out.calendar);
          }}});
    return made;
  }();
  return table;
}

}  // namespace

Shape runs_on_shape() {
  return one_of({plain_forms(), object_of(runs_on_table()),
                 list_of(one_of({plain_forms(), object_of(day_rule_table())}), 1)});
}

model::RunsOn read_runs_on(Context& context, const Node& node, const Path& path) {
  if (node.kind != NodeKind::map) return {.days = read_day_rules(context, node, path)};
  RunsOnDraft draft;
  const std::size_t problems_before = context.problems.size();
  read_object(context, node, path, runs_on_table(), draft);
  model::RunsOn out{.days = std::move(draft.days), .calendar = std::move(draft.calendar)};
  if (context.problems.size() > problems_before) return out;
  const bool has_rule = !draft.forms.empty() || draft.rule.months != 0;
  if (draft.has_days && has_rule) {
    context.add(node.place, "spec.contradiction",
                fmt::format("{}: rules stand below `days` or beside it, not both", path.text()),
                "such as {days: [{open_day: last}, {day: 15}], calendar: jp_business}");
  } else if (!draft.has_days && (has_rule || out.calendar.empty())) {
    check_form(context, node, path, draft);
    out.days.push_back(std::move(draft.rule));
  }
  return out;
}

bool asks_calendar(const DayRule& rule) {
  switch (rule.form) {
    case DayForm::open_days:
    case DayForm::closed_days:
    case DayForm::open_day:
    case DayForm::closed_day:
      return true;
    case DayForm::cycle:
      return rule.unit == model::CycleUnit::open_day;
    case DayForm::every_day:
    case DayForm::weekdays:
    case DayForm::day:
    case DayForm::relative_day:
    case DayForm::weekday:
    case DayForm::dates:
      return false;
  }
  std::unreachable();
}

bool names_closed_days(const DayRule& rule) {
  return rule.form == DayForm::closed_days || rule.form == DayForm::closed_day;
}

std::string_view word_of(const DayRule& rule) {
  return to_string(rule.form);
}

// ---- the same as JSON

namespace {

Json number_json(int number) {
  if (number > 0) return Json{number};
  return Json{number == 0 ? std::string{"last"} : fmt::format("last{}", number)};
}

Json numbers_json(const std::vector<std::int16_t>& numbers) {
  if (numbers.size() == 1) return number_json(numbers[0]);
  Json::Array items;
  for (const int number : numbers) items.push_back(number_json(number));
  return Json::array(std::move(items));
}

Json form_json(const DayRule& rule) {
  switch (rule.form) {
    case DayForm::every_day:
    case DayForm::open_days:
    case DayForm::closed_days:
      return Json{true};
    case DayForm::weekdays:
      return weekdays_json(rule.weekdays);
    case DayForm::day:
    case DayForm::relative_day:
    case DayForm::open_day:
    case DayForm::closed_day:
      return numbers_json(rule.numbers);
    case DayForm::weekday:
      return nth_weekdays_json(rule.nth_weekdays);
    case DayForm::dates:
      return day_list_json(rule.dates, rule.yearly, std::nullopt);
    case DayForm::cycle: {
      Json out = Json::object();
      if (rule.every != 1) out.set("every", rule.every);
      out.set("unit", to_string(rule.unit));
      out.set("from", format_day(rule.from));
      return out;
    }
  }
  std::unreachable();
}

Json day_rule_json(const DayRule& rule) {
  if (rule.months == 0 && is_plain_form(to_string(rule.form))) return Json{to_string(rule.form)};
  Json out = Json::object({{std::string{to_string(rule.form)}, form_json(rule)}});
  if (rule.months != 0) out.set("months", months_json(rule.months));
  return out;
}

}  // namespace

Json day_rules_json(const std::vector<DayRule>& rules) {
  if (rules.size() == 1) return day_rule_json(rules[0]);
  Json::Array items;
  for (const DayRule& rule : rules) items.push_back(day_rule_json(rule));
  return Json::array(std::move(items));
}

Json runs_on_json(const model::RunsOn& rule) {
  if (rule.calendar.empty()) return day_rules_json(rule.days);
  Json out = Json::object();
  if (!rule.days.empty()) out.set("days", day_rules_json(rule.days));
  out.set("calendar", calendar_reference_json(rule.calendar));
  return out;
}

}  // namespace dandori::spec
