#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "calendar/cron.h"
#include "calendar/once.h"
#include "calendar/zone.h"
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

/// The place of column `N` that a cron message names, inside the quoted text.
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

void check_cron(Context& context, const Path& path, TriggerDraft& draft) {
  const Node& node = *draft.cron;
  if (node.text.starts_with("cron(")) {
    context.add(node.place, "spec.not_supported",
                fmt::format("{}: this version does not know the form cron(…) yet", path.text()),
                "write five fields: minute hour day-of-month month day-of-week");
    return;
  }
  const Result<calendar::CronExpr> cron = calendar::parse_cron(node.text);
  if (cron) return;
  context.add(place_in(node, cron.error().message), "spec.bad_cron",
              fmt::format("{}: {}", path.text(), cron.error().message), cron.error().hint);
}

/// The trigger's zone; UTC where it names none (then only the form of times can be checked).
calendar::TimeZone check_zone(Context& context, const Path& path, const TriggerDraft& draft) {
  if (!draft.timezone) return {};
  const Result<calendar::TimeZone> zone = calendar::TimeZone::load(draft.timezone->text);
  if (zone) return *zone;
  context.add(draft.timezone->place, "spec.unknown_zone",
              fmt::format("{}: {}", path.text(), zone.error().message), zone.error().hint);
  return {};
}

const std::vector<std::string_view>& later_trigger_keys() {
  static const std::vector<std::string_view> keys{
      "days",       "time",       "times",         "every",       "from",   "until",
      "from_end",   "calendar",   "on_closed_day", "max_shift",   "offset", "exclude",
      "jitter",     "all_of",     "any_of",        "none_of",     "match",  "if_not_planned",
      "not_before", "give_up_at", "rate",          "on_calendar", "valid",  "count",
      "pattern",    "between",    "limit",         "path",        "order",  "connection"};
  return keys;
}

}  // namespace

const Table<TriggerDraft>& trigger_table() {
  static const Table<TriggerDraft> table{
      "trigger",
      "When the workflow starts by itself.",
      "自動起動の条件。",
      {{{"type", words_of<model::TriggerType>({"after", "event", "file", "queue", "webhook"}),
         R"("schedule")", "schedule: by cron, or once by at. once: by at.",
         "schedule: cron または at。once: at で 1 回。"},
        [](Context&, const Node& node, const Path&, TriggerDraft& out) {
          out.trigger.type = read_word<model::TriggerType>(node);
        }},
       {{"cron", text(), "", "minute hour day-of-month month day-of-week, or @daily and friends.",
         "分 時 日 月 曜日、または @daily など。"},
        [](Context&, const Node& node, const Path&, TriggerDraft& out) {
          out.trigger.cron = node.text;
          out.cron = node;
        }},
       {{"at", text(), "", "The one start: 2026-12-31T20:00, or with an offset.",
         "1 回だけの起動時刻: 2026-12-31T20:00、またはオフセット付き。"},
        [](Context&, const Node& node, const Path&, TriggerDraft& out) {
          out.trigger.at = node.text;
          out.at = node;
        }},
       {{"timezone", text(), "", "IANA name such as Asia/Tokyo; absent: the server's.",
         "Asia/Tokyo などの IANA 名。省略時はサーバーの timezone。"},
        [](Context&, const Node& node, const Path&, TriggerDraft& out) {
          out.trigger.timezone = node.text;
          out.timezone = node;
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
        }}},
      later_trigger_keys()};
  return table;
}

bool is_cycle(const model::Trigger& trigger) {
  if (trigger.type != model::TriggerType::schedule) return false;
  const Result<calendar::CronExpr> cron = calendar::parse_cron(trigger.cron);
  return cron && cron->minutes.count() * cron->hours.count() > 1;
}

void finish_trigger(Context& context, const Path& path, TriggerDraft& draft) {
  model::Trigger& trigger = draft.trigger;
  if (draft.cron.has_value() == draft.at.has_value()) {
    const bool has_both = draft.cron.has_value();
    context.add(
        draft.place, has_both ? "spec.contradiction" : "spec.missing_key",
        fmt::format("{}: a trigger needs `cron` or `at`{}", path.text(),
                    has_both ? ", not both" : ""),
        "cron: \"0 20 * * *\" starts every day at 20:00; at: \"2026-12-31T20:00\" starts once");
    return;
  }
  if (draft.cron && trigger.type == model::TriggerType::once) {
    context.add(draft.cron->place, "spec.contradiction",
                fmt::format("{}: type once takes `at`, not `cron`", path.text()),
                "use type: schedule for cron");
    return;
  }
  if (draft.at) trigger.type = model::TriggerType::once;
  if (!context.stored) {
    const calendar::TimeZone zone = check_zone(context, path / "timezone", draft);
    if (draft.cron) check_cron(context, path / "cron", draft);
    if (draft.at) {
      const auto fire = calendar::parse_once(draft.at->text, zone, trigger.dst);
      if (!fire) {
        context.add(draft.at->place, "spec.bad_time",
                    fmt::format("{}.at: {}", path.text(), fire.error().message), fire.error().hint);
      }
    }
  }
  if (draft.has_catch_up) return;
  trigger.catch_up =
      is_cycle(trigger)
          ? model::CatchUpRule{.policy = model::CatchUp::latest, .within = std::nullopt}
          : model::CatchUpRule{.policy = model::CatchUp::all, .within = 12h};
}

}  // namespace dandori::spec
