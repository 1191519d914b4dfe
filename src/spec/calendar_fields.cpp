#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <utility>

#include "calendar/holidays.h"
#include "calendar/zone.h"
#include "spec/day_fields.h"
#include "spec/head_row.h"
#include "spec/tables.h"

namespace dandori::spec {

namespace {

using model::CalendarRule;
using model::DayMatch;
using model::MonthStart;

constexpr std::size_t kRulesMax = 1000;

// ---- month_starts_on

/// `last`, `last-2`, `last+5` as the number behind it.
std::optional<int> parse_month_end(std::string_view text) {
  if (!text.starts_with("last")) return std::nullopt;
  text.remove_prefix(4);
  if (text.empty()) return 0;
  if (text.size() > 3 || text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text[0] == '-') number = -number;
  return number >= -27 && number <= 28 && number != 0 ? std::optional{number} : std::nullopt;
}

const Shape::Form kMonthEnd{[](std::string_view text) { return parse_month_end(text).has_value(); },
                            "^last(-([1-9]|1[0-9]|2[0-7])|\\+([1-9]|1[0-9]|2[0-8]))?$",
                            "last, last-1 to last-27 or last+1 to last+28"};

Shape month_start() {
  return one_of({integer(1, 28), text(kMonthEnd),
                 map_of(one_of({integer(1, 4), words({"last"})}), kWeekdayKey)});
}

void read_month_start(Context& context, const Node& node, const Path& path,
                      model::Calendar& calendar) {
  MonthStart& out = calendar.month_starts_on;
  if (node.kind == NodeKind::integer) {
    out.number = static_cast<std::int8_t>(read_integer(node));
    return;
  }
  if (node.kind == NodeKind::text) {
    out = {.form = MonthStart::Form::last,
           .number = static_cast<std::int8_t>(parse_month_end(node.text).value_or(0)),
           .nth = {}};
    return;
  }
  const auto days = read_nth_weekdays(node);
  if (days.size() == 1) {
    out = {.form = MonthStart::Form::weekday, .number = 1, .nth = days[0]};
    return;
  }
  context.add(node.place, "spec.bad_value",
              fmt::format("{}: a month starts on one day, found {}", path.text(),
                          days.empty() ? "none" : "several"),
              "such as {mon: 2} or {fri: last}");
}

// ---- rules

const Table<DayMatch>& match_table() {
  static const Table<DayMatch> table{
      "calendar_days",
      "Which days a rule is about: of several keys all must match, within one any entry.",
      "規則の対象日。複数のキーはすべて、1 つのキーの中ではどれかに合えばよい。",
      {{{"dates", day_list(), "", "Days, of one year or of every year; a map gives them names.",
         "日付または毎年の月日。マップで書くと名前が付く。"},
        [](Context& context, const Node& node, const Path& path, DayMatch& out) {
          read_day_list(context, node, path, out.dates, out.yearly);
        }},
       {{"ranges", day_list(), "", "Stretches of days, both ends included.", "期間(両端を含む)。"},
        [](Context& context, const Node& node, const Path& path, DayMatch& out) {
          read_day_list(context, node, path, out.dates, out.yearly);
        }},
       {{"weekdays", weekday_list(), "", "Days of the week.", "曜日。"},
        [](Context&, const Node& node, const Path&, DayMatch& out) {
          out.weekdays = read_weekdays(node);
        }},
       {{"weekday", nth_weekdays(), "", "The n-th of a weekday in the calendar's month.",
         "カレンダーの月の第 n 曜日。"},
        [](Context&, const Node& node, const Path&, DayMatch& out) {
          out.nth_weekdays = read_nth_weekdays(node);
        }},
       {{"months", month_list(), "", "Months of the year.", "月。"},
        [](Context&, const Node& node, const Path&, DayMatch& out) {
          out.months = read_months(node);
        }},
       {{"holidays", text(), "", "A set of holidays that ships with the program: japan.",
         "同梱の祝日表: japan。"},
        [](Context& context, const Node& node, const Path& path, DayMatch& out) {
          out.holidays = node.text;
          if (context.stored || calendar::find_holidays(node.text) != nullptr) return;
          const std::string known{calendar::holiday_set_names()};
          context.add(node.place, "calendar.unknown_holidays",
                      fmt::format("{}: there is no set of holidays '{}'", path.text(), node.text),
                      fmt::format("sets: {}", known));
        }},
       {{"calendar", text(kIdentifier), "",
         "Another calendar: `open` takes its open days, `closed` its closed days.",
         "ほかのカレンダー。open はその運用日、closed はその休業日。"},
        [](Context&, const Node& node, const Path&, DayMatch& out) { out.calendar = node.text; }}}};
  return table;
}

void read_match(Context& context, const Node& node, const Path& path, DayMatch& out) {
  if (node.kind != NodeKind::map) {
    read_day_list(context, node, path, out.dates, out.yearly);
    return;
  }
  const std::size_t problems_before = context.problems.size();
  read_object(context, node, path, match_table(), out);
  if (out != DayMatch{} || context.problems.size() > problems_before) return;
  context.add(node.place, "spec.missing_key",
              fmt::format("{}: the rule names no days", path.text()),
              "such as {weekdays: [sat, sun]}, {holidays: japan} or {dates: [\"12-31\"]}");
}

struct RuleDraft {
  CalendarRule rule;
  bool has_open = false, has_closed = false;
};

const Table<RuleDraft>& rule_table() {
  static const Table<RuleDraft> table{
      "calendar_rule",
      "Opens or closes days; the first rule that matches a day decides.",
      "日を運用日または休業日にする規則。最初に合ったものが決める。",
      {{{"open", one_of({text(kDays), object_of(match_table())}), "", "Days that are open.",
         "運用日とする日。"},
        [](Context& context, const Node& node, const Path& path, RuleDraft& out) {
          out.has_open = true;
          out.rule.open = true;
          read_match(context, node, path, out.rule.days);
        }},
       {{"closed", one_of({text(kDays), object_of(match_table())}), "", "Days that are closed.",
         "休業日とする日。"},
        [](Context& context, const Node& node, const Path& path, RuleDraft& out) {
          out.has_closed = true;
          out.rule.open = false;
          read_match(context, node, path, out.rule.days);
        }},
       {{"title", text(), "", "Name for people, shown as the reason of a day.",
         "表示名。その日の理由として示す。"},
        [](Context&, const Node& node, const Path&, RuleDraft& out) {
          out.rule.title = node.text;
        }}}};
  return table;
}

void read_rules(Context& context, const Node& node, const Path& path,
                std::vector<CalendarRule>& out) {
  if (node.items.size() > kRulesMax) {
    context.add(
        node.place, "spec.too_many",
        fmt::format("{}: {} rules; {} are the most", path.text(), node.items.size(), kRulesMax),
        "one rule may list many dates");
    return;
  }
  for (const Node& item : node.items) {
    RuleDraft draft;
    const std::size_t problems_before = context.problems.size();
    read_object(context, item, path, rule_table(), draft);
    if (draft.has_open == draft.has_closed && context.problems.size() == problems_before) {
      context.add(item.place, draft.has_open ? "spec.contradiction" : "spec.missing_key",
                  fmt::format("{}: a rule has `open` or `closed`{}", path.text(),
                              draft.has_open ? ", not both" : ""),
                  "such as {closed: {weekdays: [sat, sun]}}");
    }
    out.push_back(std::move(draft.rule));
  }
  std::size_t entries = 0;
  for (const CalendarRule& rule : out) entries += rule.days.dates.size() + rule.days.yearly.size();
  if (entries <= kDayEntriesMax) return;
  context.add(node.place, "spec.too_many",
              fmt::format("{}: {} dates and ranges in all; {} are the most", path.text(), entries,
                          kDayEntriesMax),
              "put them into several calendars, and name those by `calendar: NAME` in a rule");
}

}  // namespace

void check_zone_name(Context& context, const Node& node, const Path& path) {
  if (context.stored) return;
  const Result<calendar::TimeZone> zone = calendar::TimeZone::load(node.text);
  if (zone) return;
  context.add(node.place, "spec.unknown_zone",
              fmt::format("{}: {}", path.text(), zone.error().message), zone.error().hint);
}

const Table<CalendarDraft>& calendar_table() {
  using Draft = CalendarDraft;
  static const Table<Draft> table{
      "calendar",
      "Decides which business dates are open.",
      "業務日付が運用日か休業日かを決める。",
      {version_row<Draft>(),
       kind_row<Draft>(R"("Calendar")"),
       {{"name", text(kIdentifier), "", "Its name, unique on the server.", "サーバーで一意の名前。",
         true},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.calendar.name = node.text;
          out.name_place = node.place;
        }},
       {{"title", text(), "", "Name for people.", "表示名。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.calendar.title = node.text;
        }},
       {{"folder", text(kFolderPath), "", "Where it is listed; absent: at the top.",
         "置き場所。省略時は最上位。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.calendar.folder = node.text;
        }},
       {{"timezone", text(), "", "IANA name such as Asia/Tokyo; absent: the server's.",
         "Asia/Tokyo などの IANA 名。省略時はサーバーの timezone。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          out.calendar.timezone = node.text;
          check_zone_name(context, node, path);
        }},
       {{"day_starts_at", text(kClockOfDay), R"("00:00")",
         "When a business date begins: with \"05:00\", 01:00 belongs to the day before.",
         "日変わり時刻。\"05:00\" なら 01:00 は前日に属する。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.calendar.day_starts_at_s = read_clock(node);
        }},
       {{"month_starts_on", month_start(), "1",
         "Day on which its months begin (基準日): 1 to 28, {mon: 2}, last, last-2 or last+5.",
         "月の基準日: 1〜28、{mon: 2}、last、last-2、last+5。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          read_month_start(context, node, path, out.calendar);
        }},
       {{"label", words_of<model::MonthLabel>(), R"("start")",
         "Whether a month is called after the civil month in which it starts or ends.",
         "月の呼び名を、始まる月と終わる月のどちらから取るか。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.calendar.label = read_word<model::MonthLabel>(node);
        }},
       {{"valid", object_of(validity_table()), "{}", "Days that it knows; others are closed.",
         "有効な期間。外の日は休業日。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          read_validity(context, node, path, out.calendar.valid);
        }},
       {{"effective_from", text(kDate), "",
         "This revision decides days from here on; absent: all days.",
         "この版が決める最初の日。省略時はすべての日。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          out.calendar.effective_from = read_date(context, node, path);
        }},
       {{"extends", calendar_reference(), "",
         "Decides days that no own rule matches: a calendar, or several combined.",
         "自身の規則に合わない日を決めるカレンダー、またはその組み合わせ。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          out.extends = node;
          read_calendar_reference(context, node, path, out.calendar.extends);
        }},
       {{"rules", list_of(object_of(rule_table())), "[]",
         "The first that matches a day decides; when none does: extends, else open.",
         "最初に合った規則が決める。どれにも合わなければ extends、なければ運用日。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          read_rules(context, node, path, out.calendar.rules);
        }}},
      {}};
  return table;
}

// ---- BusinessDate

namespace {

const Table<BusinessDateDraft>& advance_table() {
  using Draft = BusinessDateDraft;
  static const Table<Draft> table{
      "advance",
      "What moves the date on.",
      "日付を進める契機。",
      {{{"by", words({"job"}), "", "job: a job of type business_date.",
         "job: business_date 型のジョブ。"},
        [](Context&, const Node&, const Path&, Draft& out) { out.by_job = true; }},
       {{"at", text(kClock), "",
         "Clock on the date it has: \"29:00\" is 05:00 of the next day; with `after`: not before.",
         "現在の日付での時刻。\"29:00\" は翌日 5 時。after と併用すると、それより前には進めない。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.date.advance.at_s = read_clock(node);
        }},
       {{"after", one_of({text(kIdentifier), list_of(text(kIdentifier), 1)}), "",
         "Workflows whose runs for the date must have ended well.",
         "その日付の実行が正常に終わるべきワークフロー。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          for (const Node* item : as_list(node)) out.date.advance.after.push_back(item->text);
        }}}};
  return table;
}

void read_advance(Context& context, const Node& node, const Path& path, BusinessDateDraft& out) {
  if (node.kind != NodeKind::map) return;  // the word `job`
  const std::size_t problems_before = context.problems.size();
  read_object(context, node, path, advance_table(), out);
  if (context.problems.size() > problems_before) return;
  const bool by_job = out.date.advance.by_job();
  if (out.by_job == by_job) return;
  context.add(node.place, by_job ? "spec.missing_key" : "spec.contradiction",
              by_job ? fmt::format("{}: nothing moves the date on", path.text())
                     : fmt::format("{}: `by: job` stands alone: a clock time or other workflows "
                                   "would move the date as well",
                                   path.text()),
              "{by: job}, {at: \"29:00\"}, {after: WORKFLOW}, or `at` and `after` together");
}

}  // namespace

const Table<BusinessDateDraft>& business_date_table() {
  using Draft = BusinessDateDraft;
  static const Table<Draft> table{
      "businessdate",
      "A stored business date that runs work for, with its history.",
      "実行が使う業務日付(保存された値と履歴)。",
      {version_row<Draft>(),
       kind_row<Draft>(R"("BusinessDate")"),
       {{"name", text(kIdentifier), "", "Its name, unique on the server.", "サーバーで一意の名前。",
         true},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.date.name = node.text;
          out.name_place = node.place;
        }},
       {{"title", text(), "", "Name for people.", "表示名。"},
        [](Context&, const Node& node, const Path&, Draft& out) { out.date.title = node.text; }},
       {{"folder", text(kFolderPath), "", "Where it is listed; absent: at the top.",
         "置き場所。省略時は最上位。"},
        [](Context&, const Node& node, const Path&, Draft& out) { out.date.folder = node.text; }},
       {{"calendar", text(kIdentifier), "", "Its open days are its values; absent: every day.",
         "その運用日が値になるカレンダー。省略時は毎日。"},
        [](Context&, const Node& node, const Path&, Draft& out) { out.date.calendar = node.text; }},
       {{"timezone", text(), "", "Zone of `at`; absent: the calendar's, else the server's.",
         "at のタイムゾーン。省略時はカレンダー、なければサーバーのもの。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          out.date.timezone = node.text;
          check_zone_name(context, node, path);
        }},
       {{"advance", one_of({words({"job"}), object_of(advance_table())}), R"("job")",
         "What moves it on: job, {at: \"29:00\"}, {after: WORKFLOW}, or at and after together.",
         "進める契機: job、{at: \"29:00\"}、{after: ワークフロー}、または at と after の両方。"},
        read_advance},
       {{"unit", words_of<model::DateUnit>(), R"("open_day")",
         "What the next value is: the calendar's next open day, or the next day.",
         "次の値: カレンダーの次の運用日、または翌日。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.date.unit = read_word<model::DateUnit>(node);
        }},
       {{"start", text(kDate), "",
         "Its first value; absent: the open day of the moment when it is created.",
         "最初の値。省略時は作成した時点の運用日。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          out.date.start = read_date(context, node, path);
        }}},
      {}};
  return table;
}

}  // namespace dandori::spec
