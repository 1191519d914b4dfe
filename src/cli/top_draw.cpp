#include <fmt/core.h>

#include <algorithm>

#include "cli/console.h"
#include "cli/progress.h"
#include "cli/top_screen.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kHeadRows = 2, kFootRows = 1;
constexpr std::size_t kStateColumns = 16, kBarColumns = 10, kSpanColumns = 8;
constexpr std::size_t kNoteRows = 8;  // of the lower part of a run's view

/// First row to show so that `chosen` stays within `rows`.
std::size_t scroll(std::size_t top, std::size_t chosen, std::size_t count, std::size_t rows) {
  if (rows == 0 || count <= rows) return 0;
  if (chosen < top) top = chosen;
  if (chosen >= top + rows) top = chosen - rows + 1;
  return std::min(top, count - rows);
}

std::string percent_text(double share) {
  return fmt::format("{:3.0f}%", std::min(share, 99.99) * 100);
}

}  // namespace

void TopScreen::add(Line line, bool selected) {
  line.insert(line.begin(), Span{selected ? "> " : "  "});
  out_.push_back(paint_line(line, size_.columns, style_.paint, selected));
}

Span TopScreen::cell(std::string text, std::size_t columns, Style style) const {
  return {fit_width(printable(text), columns, style_.paint.ambiguous) + " ", style};
}

Span TopScreen::state_span(const std::string& state, std::size_t columns) const {
  return cell(fmt::format("{} {}", state_glyph(state), state_word(style_.lang, state)), columns,
              state_style(state));
}

std::string TopScreen::clock(Timestamp at) const {
  std::string text = calendar::format_local(style_.zone.to_local(at));
  return text.size() < 19 ? text : text.substr(11, 8);
}

std::vector<Line> TopScreen::head(const TopSnapshot& snapshot) const {
  std::string day = calendar::format_local(style_.zone.to_local(snapshot.now)).substr(0, 10);
  Line first{{"dandori top", Style::good},
             {fmt::format("  {}  ", snapshot.url)},
             {fmt::format("{} {} ({})", day, clock(snapshot.now), style_.zone.name())}};
  if (!snapshot.trouble.empty()) first.push_back({"  " + snapshot.trouble, Style::bad});
  Line second;
  const auto count = [&](Key key, std::uint64_t n, Style style) {
    second.push_back({fmt::format("{} {}   ", n, word(key)), n > 0 ? style : Style::faint});
  };
  count("top.running", snapshot.running, Style::active);
  count("top.queued", snapshot.queued, Style::plain);
  count("top.needs_decision", snapshot.needs_decision, Style::attention);
  count("top.failed", snapshot.failures.size(), Style::bad);
  count("top.jobs_live", snapshot.live, Style::active);
  count("top.jobs_waiting", snapshot.waiting, Style::plain);
  const bool all = snapshot.agents_connected == snapshot.agents && snapshot.agents > 0;
  second.push_back(
      {fmt::format("{} {}/{}", word("top.agents"), snapshot.agents_connected, snapshot.agents),
       all ? Style::plain : Style::bad});
  if (snapshot.next_start) {
    second.push_back(
        {fmt::format("   {} {}", word("field.next"), clock(*snapshot.next_start)), Style::faint});
  }
  return {first, second};
}

Line TopScreen::foot(const TopSnapshot& snapshot) const {
  if (mode_ == Mode::filter) return {{fmt::format("/{}_", filter_), Style::attention}};
  if (mode_ == Mode::question) {
    const std::string target =
        order_.job.empty() ? order_.run : fmt::format("{}/{}", order_.run, order_.job);
    const bool held = order_.state == "held" || order_.state == "suspended";
    const Key key = order_.kind == TopOrder::Kind::rerun ? Key{"top.ask_rerun"}
                    : held                               ? Key{"top.ask_release"}
                                                         : Key{"top.ask_hold"};
    return {{word(key, {{"target", target}}) + " [y/N]", Style::attention}};
  }
  if (!message_.empty()) return {{message_, Style::attention}};
  if (!filter_.empty()) {
    return {{fmt::format("/{}  ", filter_), Style::attention}, {word("top.foot_filter")}};
  }
  (void)snapshot;
  return {{view_ == View::list ? word("top.foot_list") : word("top.foot_run"), Style::faint}};
}

Line TopScreen::run_line(const TopRun& run, Timestamp now) const {
  const std::size_t name_columns = std::clamp<std::size_t>(size_.columns / 4, 14, 32);
  Line line{cell(run.name, name_columns), state_span(run.state, kStateColumns)};
  const bool ended = is_ended_state(run.state);
  std::optional<Duration> took;
  if (run.started_at) {
    const Timestamp until = ended && run.ended_at ? *run.ended_at : now;
    took = std::max(Duration{0}, until - *run.started_at);
  }
  if (ended) {
    line.push_back(cell(run.ended_at ? clock(*run.ended_at) : "", kSpanColumns));
  } else if (took && run.usual && run.usual->count() > 0) {
    const double share =
        static_cast<double>(took->count()) / static_cast<double>(run.usual->count());
    line.push_back({bar(share, kBarColumns, style_.paint.ambiguous) + " ",
                    share > 1 ? Style::attention : Style::active});
    line.push_back(cell(percent_text(share), 5, share > 1 ? Style::attention : Style::plain));
  } else if (run.jobs > 0) {
    const double share = static_cast<double>(run.jobs_ended) / static_cast<double>(run.jobs);
    line.push_back({bar(share, kBarColumns, style_.paint.ambiguous) + " ", Style::active});
    line.push_back(cell("", 5));
  } else {
    line.push_back(cell("", kBarColumns + 6));
  }
  line.push_back(cell(took ? span_text(*took) : "", kSpanColumns));
  if (!ended) {
    line.push_back(cell(run.usual ? span_text(*run.usual) : "-", kSpanColumns, Style::faint));
  }
  line.push_back(cell(run.jobs > 0 ? fmt::format("{}/{}", run.jobs_ended, run.jobs) : "", 9));
  line.push_back({run.note});
  return line;
}

Line TopScreen::job_line(const TopJob& job, Timestamp now) const {
  const std::size_t name_columns = std::clamp<std::size_t>(size_.columns / 4, 14, 32);
  Line line{cell(job.job, name_columns), state_span(job.state, kStateColumns)};
  std::optional<Duration> took = job.took;
  if (!took && job.started_at && !is_ended_state(job.state)) {
    took = std::max(Duration{0}, now - *job.started_at);
  }
  line.push_back(cell(took ? span_text(*took) : "", kSpanColumns));
  line.push_back(cell(
      job.attempt > 1 ? word("progress.attempt", {{"n", std::to_string(job.attempt)}}) : "", 8));
  line.push_back({job.title + "  "});
  line.push_back({job.detail, Style::bad});
  return line;
}

void TopScreen::draw_list(const TopSnapshot& snapshot, std::size_t rows) {
  const auto all = runs(snapshot);
  chosen_ = all.empty() ? 0 : std::min(chosen_, all.size() - 1);
  const auto is_failure = [&](const TopRun* run) {
    return !snapshot.failures.empty() && run >= snapshot.failures.data() &&
           run < snapshot.failures.data() + snapshot.failures.size();
  };
  if (all.empty()) return add({{word("top.nothing"), Style::faint}});
  // Two titles at most stand between the runs.
  const std::size_t room = rows > 2 ? rows - 2 : rows;
  top_ = scroll(top_, chosen_, all.size(), room);
  bool told_active = false, told_failures = false;
  for (std::size_t i = top_; i < all.size() && i < top_ + room; ++i) {
    const bool failure = is_failure(all[i]);
    if (rows > 2 && failure && !told_failures) {
      told_failures = true;
      add({{word("top.title_failures"), Style::faint}});
    }
    if (rows > 2 && !failure && !told_active) {
      told_active = true;
      add({{word("top.title_active"), Style::faint}});
    }
    add(run_line(*all[i], snapshot.now), i == chosen_);
  }
}

void TopScreen::draw_run(const TopSnapshot& snapshot, std::size_t rows) {
  const auto all = jobs(snapshot);
  if (const TopRun* run = chosen_run(snapshot)) {
    add(run_line(*run, snapshot.now));
  } else {
    add({{run_}});
  }
  rows -= 1;
  if (all.empty()) return add({{word("top.reading"), Style::faint}});
  chosen_ = std::min(chosen_, all.size() - 1);
  const std::size_t notes = rows > 2 * kNoteRows ? kNoteRows : rows / 3;
  const std::size_t room = std::max<std::size_t>(rows - notes, 1);
  top_ = scroll(top_, chosen_, all.size(), room);
  for (std::size_t i = top_; i < all.size() && i < top_ + room; ++i) {
    add(job_line(*all[i], snapshot.now), i == chosen_);
  }
  if (notes < 2 || !(snapshot.focus == focus(snapshot))) return;
  add({{std::string(size_.columns > 4 ? size_.columns - 4 : 0, '-'), Style::faint}});
  for (std::size_t i = 0; i < snapshot.text.size() && i + 1 < notes; ++i) {
    add({{snapshot.text[i]}});
  }
}

void TopScreen::draw_log(const TopSnapshot& snapshot, std::size_t rows) {
  add({{fmt::format("{}/{}", run_, job_)}, {"  " + word("top.log_end"), Style::faint}});
  rows -= 1;
  if (!(snapshot.focus == focus(snapshot))) return add({{word("top.reading"), Style::faint}});
  const auto& lines = snapshot.text;
  if (lines.empty()) return add({{word("failure_text.no_log"), Style::faint}});
  const std::size_t last_begin = lines.size() > rows ? lines.size() - rows : 0;
  log_up_ = std::min(log_up_, last_begin);
  const std::size_t begin = last_begin - log_up_;
  for (std::size_t i = begin; i < lines.size() && i < begin + rows; ++i) add({{lines[i]}});
}

void TopScreen::draw_help() {
  for (const Key key :
       {Key{"top.help.move"}, Key{"top.help.enter"}, Key{"top.help.back"}, Key{"top.help.rerun"},
        Key{"top.help.hold"}, Key{"top.help.filter"}, Key{"top.help.bar"}, Key{"top.help.quit"}}) {
    add({{word(key)}});
  }
}

std::vector<std::string> TopScreen::draw(const TopSnapshot& snapshot, ScreenSize size) {
  size_ = size;
  out_.clear();
  const std::size_t room =
      size.rows > kHeadRows + kFootRows ? size.rows - kHeadRows - kFootRows : 0;
  for (Line& line : head(snapshot)) out_.push_back(paint_line(line, size.columns, style_.paint));
  if (room > 0 && mode_ == Mode::help) draw_help();
  if (room > 0 && mode_ != Mode::help) {
    if (view_ == View::list) draw_list(snapshot, room);
    if (view_ == View::run) draw_run(snapshot, room);
    if (view_ == View::log) draw_log(snapshot, room);
  }
  out_.resize(size.rows > kFootRows ? size.rows - kFootRows : 0);
  out_.push_back(paint_line(foot(snapshot), size.columns, style_.paint));
  out_.resize(size.rows);
  return out_;
}

}  // namespace dandori::cli
