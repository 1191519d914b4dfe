#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "spec/day_fields.h"
#include "spec/schedule_days.h"
#include "spec/tables.h"

namespace dandori::spec {

namespace {

using model::DstRule;

const Table<DstRule>& dst_table() {
  static const Table<DstRule> table{
      "dst",
      "What clock changes do to starts.",
      "夏時間の切り替えの扱い。",
      {{{"gap", words_of<model::DstGap>(), R"("shift")",
         "A start inside the spring gap: right after it, or not at all.",
         "存在しない時刻の起動: 直後に起動するか、起動しない。"},
        [](Context&, const Node& node, const Path&, DstRule& out) {
          out.gap = read_word<model::DstGap>(node);
        }},
       {{"overlap", words_of<model::DstOverlap>(), R"("first")",
         "A time that comes twice in autumn: which of them.",
         "2 回現れる時刻: どちらで起動するか。"},
        [](Context&, const Node& node, const Path&, DstRule& out) {
          out.overlap = read_word<model::DstOverlap>(node);
        }}}};
  return table;
}

const Table<model::CatchUpRule>& catch_up_table() {
  static const Table<model::CatchUpRule> table{
      "catch_up",
      "What happens to starts that passed while the server was down.",
      "停止中に過ぎた起動の扱い。",
      {{{"policy", words_of<model::CatchUp>(), R"("all")", "Which of them start.",
         "どれを起動するか。"},
        [](Context&, const Node& node, const Path&, model::CatchUpRule& out) {
          out.policy = read_word<model::CatchUp>(node);
        }},
       {{"within", duration(kOneMicrosecond), "", "Only starts at most this old; absent: any.",
         "これより古い起動は見送る。省略時は制限なし。"},
        [](Context&, const Node& node, const Path&, model::CatchUpRule& out) {
          out.within = read_duration(node);
        }}},
      {"carry_over"}};
  return table;
}

void read_catch_up(Context& context, const Node& node, const Path& path, TriggerDraft& out) {
  out.has_catch_up = true;
  if (node.kind == NodeKind::map) {
    read_object(context, node, path, catch_up_table(), out.trigger.catch_up);
    return;
  }
  out.trigger.catch_up.policy = read_word<model::CatchUp>(node);
}

// ---- spans of whole days

constexpr int kDaysMax = 366;
constexpr double kOneSecond = 1e6;

/// `10d`, or the number alone.
Shape whole_days() {
  return one_of({duration(kOneMicrosecond), integer(1, kDaysMax)});
}

void read_whole_days(Context& context, const Node& node, const Path& path, std::int32_t& out) {
  const bool is_number = node.kind == NodeKind::integer;
  const Duration span = is_number ? read_integer(node) * kDay : read_duration(node);
  if (span % kDay == Duration::zero() && span / kDay <= kDaysMax) {
    out = static_cast<std::int32_t>(span / kDay);
    return;
  }
  context.add(node.place, "spec.bad_value",
              fmt::format("{}: whole days are counted, at most {}, found {}", path.text(), kDaysMax,
                          describe(node)),
              "such as 10d");
}

const Table<model::DateOffset>& offset_table() {
  using Offset = model::DateOffset;
  static const Table<Offset> table{
      "offset",
      "Further days from the date, after its shift (起算).",
      "休日シフトの後の日からさらに数える日数(起算)。",
      {{{"days", integer(-kDaysMax, kDaysMax), "", "How many; negative: before it.",
         "日数。負なら前。", true},
        [](Context& context, const Node& node, const Path& path, Offset& out) {
          out.days = static_cast<std::int32_t>(read_integer(node));
          if (out.days != 0) return;
          context.add(node.place, "spec.bad_value", fmt::format("{}: 0 moves nothing", path.text()),
                      "remove the offset");
        }},
       {{"count", words({"days", "open_days"}), R"("days")", "What is counted.", "数える単位。"},
        [](Context&, const Node& node, const Path&, Offset& out) {
          out.open_days = node.text == "open_days";
        }},
       {{"limit", whole_days(), R"("31d")",
         "Farthest it may go, in calendar days; a date beyond it is dropped, with the reason.",
         "動かしてよい暦日数の上限。超える日は理由を残して起動しない。"},
        [](Context& context, const Node& node, const Path& path, Offset& out) {
          read_whole_days(context, node, path, out.limit_days);
        }}}};
  return table;
}

const Table<model::Exclusion>& exclusion_table() {
  using Exclusion = model::Exclusion;
  static const Table<Exclusion> table{
      "exclude",
      "Business dates on which it starts nothing (排他スケジュール).",
      "起動しない業務日付(排他スケジュール)。",
      {{{"workflows", one_of({text(kIdentifier), list_of(text(kIdentifier), 1)}), "",
         "Dates for which one of these workflows is planned.",
         "これらのワークフローが予定されている日。"},
        [](Context&, const Node& node, const Path&, Exclusion& out) {
          for (const Node* item : as_list(node)) out.workflows.push_back(item->text);
          std::ranges::sort(out.workflows);
          out.workflows.erase(std::ranges::unique(out.workflows).begin(), out.workflows.end());
        }},
       {{"dates", day_list(), "", "Days, of one year or of every year.", "日付または毎年の月日。"},
        [](Context& context, const Node& node, const Path& path, Exclusion& out) {
          read_day_list(context, node, path, out.dates, out.yearly);
        }}}};
  return table;
}

void read_exclusion(Context& context, const Node& node, const Path& path, TriggerDraft& out) {
  const std::size_t problems_before = context.problems.size();
  read_object(context, node, path, exclusion_table(), out.trigger.exclude);
  if (!out.trigger.exclude.empty() || context.problems.size() > problems_before) return;
  context.add(node.place, "spec.missing_key", fmt::format("{}: nothing is excluded", path.text()),
              "such as {workflows: [stocktaking_close], dates: [\"2026-12-31\"]}");
}

using TriggerRow = Table<TriggerDraft>::Row;

const std::vector<std::string_view>& later_trigger_keys() {
  static const std::vector<std::string_view> keys{
      "all_of", "any_of",  "none_of", "match", "if_not_planned", "not_before", "give_up_at",
      "count",  "pattern", "between", "limit", "path",           "order",      "connection"};
  return keys;
}

/// When it starts.
std::vector<TriggerRow> form_rows() {
  return {
      {{"type", words_of<model::TriggerType>({"after", "event", "file", "queue", "webhook"}),
        R"("schedule")", "schedule: by one of the forms below. once: by at.",
        "schedule: 下の形のどれか 1 つで起動。once: at で 1 回。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.type = read_word<model::TriggerType>(node);
       }},
      {{"cron", text(), "",
        "minute hour day-of-month month day-of-week, @daily and friends, or EventBridge's cron(…).",
        "分 時 日 月 曜日、@daily など、または EventBridge の cron(…)。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.cron = node.text;
       }},
      {{"rate", text(), "",
        "A span such as 5m or rate(5 minutes): starts on a fixed grid, however long runs take.",
        "5m、rate(5 minutes) などの間隔。実行時間に関係なく一定の刻みで起動。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.rate = node.text;
       }},
      {{"on_calendar", text(), "", "systemd's OnCalendar, such as Mon..Fri *-*-* 20:00.",
        "systemd の OnCalendar。例: Mon..Fri *-*-* 20:00。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.on_calendar = node.text;
       }},
      {{"at", text(), "", "The one start: 2026-12-31T20:00, or with an offset.",
        "1 回だけの起動時刻: 2026-12-31T20:00、またはオフセット付き。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.at = node.text;
       }},
      {{"days", day_rules(), R"("every_day")",
        "Business dates of `time`, `times` or `every`: a rule, or a list of which one must match.",
        "time・times・every の業務日付。規則、またはそのリスト(どれかに合えばよい)。"},
       [](Context& context, const Node& node, const Path& path, TriggerDraft& out) {
         out.trigger.days = read_day_rules(context, node, path);
         const bool names_all = out.trigger.days == std::vector<model::DayRule>(1);
         if (names_all) out.trigger.days.clear();  // the same as saying nothing
       }},
      {{"time", text(kClock), "", "Clock on the business date; \"25:00\" is 01:00 of the next day.",
        "業務日付での時刻。\"25:00\" は翌日 1 時。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.times = {read_clock(node)};
       }},
      {{"times", list_of(text(kClock), 1), "", "Several of them.", "複数の時刻。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         std::vector<std::int32_t>& times = out.trigger.times;
         for (const Node& item : node.items) times.push_back(read_clock(item));
         std::ranges::sort(times);
         times.erase(std::ranges::unique(times).begin(), times.end());
       }},
      {{"every", duration(kOneSecond), "",
        "A grid within each business date, or (from_end) the wait after the end of a run.",
        "業務日付の中の刻み、または(from_end)前の実行の終了からの間隔。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.every = read_duration(node);
       }},
      {{"from", text(kClock), "", "Where the grid begins; absent: where the business date does.",
        "刻みの始まり。省略時は業務日付の始まり。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.from_s = read_clock(node);
       }},
      {{"until", text(kClock), "",
        "Where the grid ends, included; absent: where the business date does.",
        "刻みの終わり(含む)。省略時は業務日付の終わり。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.until_s = read_clock(node);
       }},
      {{"from_end", boolean(), "false", "true: `every` counts from the end of the last run.",
        "true: every を前の実行の終了から数える。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.from_end = read_bool(node);
       }},
  };
}

/// What becomes of its dates.
std::vector<TriggerRow> date_rows() {
  return {
      {{"calendar", calendar_reference(), "",
        "Decides which business dates are open: a name, or several combined; absent: every day is.",
        "運用日を決めるカレンダー、またはその組み合わせ。省略時は毎日が運用日。"},
       [](Context& context, const Node& node, const Path& path, TriggerDraft& out) {
         read_calendar_reference(context, node, path, out.trigger.calendar);
       }},
      {{"on_closed_day", words_of<model::ClosedDay>(), "",
        "A date that is closed (休日シフト); absent: skip, and run for closed_days and closed_day.",
        "休業日に当たる日の扱い(休日シフト)。省略時は skip、closed_days と closed_day では run。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.on_closed_day = read_word<model::ClosedDay>(node);
       }},
      {{"max_shift", whole_days(), R"("10d")",
        "Farthest shift in calendar days; a date without an open day by then is dropped.",
        "シフトしてよい暦日数の上限。その間に運用日がなければ起動しない。"},
       [](Context& context, const Node& node, const Path& path, TriggerDraft& out) {
         read_whole_days(context, node, path, out.trigger.max_shift_days);
       }},
      {{"offset", object_of(offset_table()), "", "Further days from the date, after its shift.",
        "シフト後の日からさらに数える日数(起算)。"},
       [](Context& context, const Node& node, const Path& path, TriggerDraft& out) {
         read_object(context, node, path, offset_table(), out.trigger.offset.emplace());
       }},
      {{"exclude", object_of(exclusion_table()), "{}", "Business dates on which it starts nothing.",
        "起動しない業務日付(排他スケジュール)。"},
       read_exclusion},
      {{"jitter", duration(0), R"("0s")",
        "Starts are spread over this span, for one workflow and trigger always alike.",
        "起動をこの幅に散らす(同じワークフローとトリガーなら常に同じ)。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.jitter = read_duration(node);
       }},
      {{"valid", object_of(validity_table()), "{}", "Business dates on which it plans.",
        "計画する業務日付の期間。"},
       [](Context& context, const Node& node, const Path& path, TriggerDraft& out) {
         read_validity(context, node, path, out.trigger.valid);
       }},
  };
}

/// What becomes of its starts.
std::vector<TriggerRow> start_rows() {
  return {
      {{"timezone", text(), "",
        "IANA name such as Asia/Tokyo; absent: the calendar's, else the server's.",
        "Asia/Tokyo などの IANA 名。省略時はカレンダー、なければサーバーのもの。"},
       [](Context& context, const Node& node, const Path& path, TriggerDraft& out) {
         out.trigger.timezone = node.text;
         check_zone_name(context, node, path);
       }},
      {{"dst", object_of(dst_table()), "{}", "What clock changes do to starts.",
        "夏時間の切り替えの扱い。"},
       [](Context& context, const Node& node, const Path& path, TriggerDraft& out) {
         read_object(context, node, path, dst_table(), out.trigger.dst);
       }},
      {{"catch_up", one_of({words_of<model::CatchUp>(), object_of(catch_up_table())}), "",
        "Starts missed while down: a word or {policy, within}; absent: latest where it fires more "
        "than once a day, else all within 12h.",
        "停止中に過ぎた起動: 語または {policy, within}。省略時は 1 日に複数回なら latest、ほかは "
        "12 時間以内すべて。"},
       read_catch_up},
      {{"start_within", duration(kOneMicrosecond), R"("60s")",
        "A planned run that has not started by then raises not_started.",
        "この時間内に起動しなければ未起動とみなす。"},
       [](Context&, const Node& node, const Path&, TriggerDraft& out) {
         out.trigger.not_started_after = read_duration(node);
       }},
      {{"params", map_of(any_value(), kIdentifier), "{}", "Start parameters of its runs.",
        "起動時に渡すパラメーター。"},
       [](Context& context, const Node& node, const Path& path, TriggerDraft& out) {
         out.params = node;
         out.trigger.params = read_json(context, node, path);
       }},
  };
}

}  // namespace

const Table<TriggerDraft>& trigger_table() {
  static const Table<TriggerDraft> table = [] {
    Table<TriggerDraft> made{"trigger",
                             "When the workflow starts by itself.",
                             "自動起動の条件。",
                             {},
                             later_trigger_keys()};
    for (const std::vector<TriggerRow>& rows : {form_rows(), date_rows(), start_rows()}) {
      for (const TriggerRow& row : rows) {
        made.fields.push_back(row.info);
        made.reads.push_back(row.read);
      }
    }
    return made;
  }();
  return table;
}

}  // namespace dandori::spec
