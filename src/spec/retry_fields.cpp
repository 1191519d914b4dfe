#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "spec/tables.h"

namespace dandori::spec {

namespace {

using model::FailureKind;
using model::RetryRule;

constexpr std::size_t kRetryRulesMax = 20;

// ---- retry

/// `exit:75` or `exit:1-7`.
std::optional<model::ExitRange> parse_exit(std::string_view text) {
  if (!text.starts_with("exit:")) return std::nullopt;
  text.remove_prefix(5);
  if (!kExitRange.matches(text)) return std::nullopt;
  model::ExitRange range;
  const auto first = std::from_chars(text.data(), text.data() + text.size(), range.first);
  range.last = range.first;
  if (first.ptr != text.data() + text.size()) {
    std::from_chars(first.ptr + 1, text.data() + text.size(), range.last);
  }
  if (range.first < 1 || range.last > 255 || range.first > range.last) return std::nullopt;
  return range;
}

constexpr auto kRetryWords = std::to_array<std::string_view>(
    {"exit", "signal", "timeout", "spawn", "not_started", "output", "expression", "lost"});

bool is_retry_reason(std::string_view text) {
  return std::ranges::find(kRetryWords, text) != kRetryWords.end() || parse_exit(text).has_value();
}

const Shape::Form kRetryReason{
    is_retry_reason,
    "^(exit|signal|timeout|spawn|not_started|output|expression|lost|"
    "exit:[0-9]{1,3}(-[0-9]{1,3})?)$",
    "one of exit, exit:N, exit:N-M, signal, timeout, spawn, not_started, output, expression, "
    "lost"};

void read_on(Context&, const Node& node, const Path&, RetryRule& out) {
  for (const Node* item : as_list(node)) {
    if (const auto range = parse_exit(item->text)) {
      for (std::int32_t code = range->first; code <= range->last; ++code)
        out.on_exits.push_back(code);
    } else {
      out.on_kinds.push_back(read_word<FailureKind>(*item));
    }
  }
  std::ranges::sort(out.on_exits);
  out.on_exits.erase(std::ranges::unique(out.on_exits).begin(), out.on_exits.end());
  std::ranges::sort(out.on_kinds);
  out.on_kinds.erase(std::ranges::unique(out.on_kinds).begin(), out.on_kinds.end());
}

const Table<RetryRule>& retry_table() {
  static const Table<RetryRule> table{
      "retry",
      "How often and when a failed job is tried again.",
      "失敗したジョブの再試行の仕方。",
      {{{"max", integer(0, 1000), "", "Further tries after the first.",
         "最初の後に行う再試行の回数。", true},
        [](Context&, const Node& node, const Path&, RetryRule& out) {
          out.tries_max = static_cast<std::uint32_t>(read_integer(node));
        }},
       {{"interval", duration(0), R"("0s")", "Wait before the first further try.",
         "最初の再試行までの待ち時間。"},
        [](Context&, const Node& node, const Path&, RetryRule& out) {
          out.interval = read_duration(node);
        }},
       {{"backoff", number(1, 100), "1", "Factor on the wait for each further try.",
         "再試行ごとに待ち時間に掛ける倍率。"},
        [](Context&, const Node& node, const Path&, RetryRule& out) {
          out.backoff = read_number(node);
        }},
       {{"max_interval", duration(kOneMicrosecond), R"("1d")", "Longest wait.", "待ち時間の上限。"},
        [](Context&, const Node& node, const Path&, RetryRule& out) {
          out.interval_max = read_duration(node);
        }},
       {{"jitter", words_of<model::Jitter>(), R"("none")",
         "full: wait a part of the time, different for each job, the same for the same attempt.",
         "full: 待ち時間をばらつかせる(同じ試行なら同じ値)。"},
        [](Context&, const Node& node, const Path&, RetryRule& out) {
          out.jitter = read_word<model::Jitter>(node);
        }},
       {{"on", one_of({text(kRetryReason), list_of(text(kRetryReason), 1)}), "",
         "Failures that are tried again; absent: all.", "再試行する失敗の種類。省略時はすべて。"},
        read_on}}};
  return table;
}

// ---- exit codes

using Ranges = std::vector<model::ExitRange>;

/// Sorted, and joined where they touch: equal sets are written alike.
void normalise(Ranges& ranges) {
  std::ranges::sort(ranges, {}, &model::ExitRange::first);
  Ranges joined;
  for (const model::ExitRange& range : ranges) {
    if (!joined.empty() && range.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, range.last);
    } else {
      joined.push_back(range);
    }
  }
  ranges = std::move(joined);
}

Ranges read_ranges(Context& context, const Node& node, const Path& path) {
  Ranges ranges;
  for (const Node* item : as_list(node)) {
    const auto range = parse_exit("exit:" + item->text);
    if (range) {
      ranges.push_back(*range);
      continue;
    }
    context.add(item->place, "spec.bad_value",
                fmt::format("{}: exit codes are 1 to 255 here, low to high; found {}", path.text(),
                            describe(*item)),
                "0 is always a success");
  }
  normalise(ranges);
  return ranges;
}

Shape exit_ranges() {
  return one_of(
      {integer(1, 255), text(kExitRange), list_of(one_of({integer(1, 255), text(kExitRange)}))});
}

const Table<JobDraft>& exit_codes_table() {
  static const Table<JobDraft> table{
      "exit_codes",
      "What exit codes mean; 0 is a success, others fail.",
      "終了コードの意味。0 は正常、その他は異常。",
      {{{"warning", exit_ranges(), "[]", "Codes that end in a warning; successors go on.",
         "警告終了とするコード(後続は続行)。"},
        [](Context& context, const Node& node, const Path& path, JobDraft& out) {
          out.job.exit_warning = read_ranges(context, node, path);
        }},
       {{"success", exit_ranges(), "[]", "Codes that are a success, besides 0.",
         "0 のほかに正常終了とするコード。"},
        [](Context& context, const Node& node, const Path& path, JobDraft& out) {
          out.job.exit_success = read_ranges(context, node, path);
        }}}};
  return table;
}

}  // namespace

const ObjectInfo& retry_info() {
  return retry_table();
}

const ObjectInfo& exit_codes_info() {
  return exit_codes_table();
}

void read_retry(Context& context, const Node& node, const Path& path, JobDraft& out) {
  out.job.retry.clear();
  if (node.kind == NodeKind::integer) {
    RetryRule rule;
    rule.tries_max = static_cast<std::uint32_t>(read_integer(node));
    if (rule.tries_max > 0) out.job.retry.push_back(std::move(rule));
    return;
  }
  if (node.kind == NodeKind::list && node.items.size() > kRetryRulesMax) {
    context.add(node.place, "spec.too_many",
                fmt::format("{}: {} rules; {} are the most", path.text(), node.items.size(),
                            kRetryRulesMax));
    return;
  }
  for (const Node* item : as_list(node)) {
    read_object(context, *item, path, retry_table(), out.job.retry.emplace_back());
  }
}

void read_exit_codes(Context& context, const Node& node, const Path& path, JobDraft& out) {
  out.job.exit_warning.clear();
  out.job.exit_success.clear();
  read_object(context, node, path, exit_codes_table(), out);
  for (const model::ExitRange& a : out.job.exit_warning) {
    for (const model::ExitRange& b : out.job.exit_success) {
      if (a.first > b.last || b.first > a.last) continue;
      context.add(node.place, "spec.contradiction",
                  fmt::format("{}: exit code {} cannot be a warning and a success", path.text(),
                              std::max(a.first, b.first)));
      return;
    }
  }
}

}  // namespace dandori::spec
