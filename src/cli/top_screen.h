#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "calendar/zone.h"
#include "cli/catalogue.h"
#include "cli/paint.h"
#include "cli/terminal.h"

namespace dandori::cli {

/// A run as `dandori top` lists it.
struct TopRun {
  std::string name, title, state, business_date;
  std::string note;  ///< the job at work, or the job at fault
  std::optional<Timestamp> started_at, ended_at;
  std::size_t jobs_ended = 0, jobs = 0;  ///< jobs 0: not known
  std::optional<Duration> usual;         ///< median of what its last runs took
};

struct TopJob {
  std::string job, title, state, detail;
  std::int64_t attempt = 0;
  std::optional<Timestamp> started_at;
  std::optional<Duration> took;
};

/// What is looked at more closely: a run, one job of it, the log of that job.
struct TopFocus {
  std::string run, job;
  bool log = false;
  bool operator==(const TopFocus&) const = default;
};

/// Everything the screen shows, as it was at one moment.
struct TopSnapshot {
  std::string url;
  std::string trouble;  ///< why there is nothing newer; empty: all is well
  Timestamp now;        ///< the server's
  std::uint64_t running = 0, queued = 0, needs_decision = 0;
  std::uint64_t agents = 0, agents_connected = 0, live = 0, waiting = 0;
  std::optional<Timestamp> next_start;
  std::vector<TopRun> active, failures;
  TopFocus focus;                 ///< what `jobs` and `text` belong to
  std::vector<TopJob> jobs;       ///< of focus.run
  std::vector<std::string> text;  ///< why of the focus, or the end of its log
};

/// What the operator asked for.
struct TopOrder {
  enum class Kind { quit, suspend, rerun, hold } kind = Kind::quit;
  std::string run = {}, job = {};
  std::string state = {};  ///< of the run or job: what is held is released
  bool operator==(const TopOrder&) const = default;
};

/// How times, words and colours are written.
struct TopStyle {
  Lang lang = Lang::en;
  Paint paint;
  calendar::TimeZone zone;
};

/// The screen of `dandori top`: which rows, which is chosen, what a key does. Pure.
class TopScreen {
 public:
  explicit TopScreen(TopStyle style) : style_{std::move(style)} {}

  /// nullopt: nothing to do but draw again.
  std::optional<TopOrder> press(const KeyPress& key, const TopSnapshot& snapshot);
  /// Exactly `size.rows` lines, none wider than `size.columns`.
  std::vector<std::string> draw(const TopSnapshot& snapshot, ScreenSize size);

  TopFocus focus(const TopSnapshot& snapshot) const;
  /// A line at the foot of the screen until the next key.
  void tell(std::string message) { message_ = std::move(message); }

 private:
  enum class View { list, run, log };
  enum class Mode { normal, filter, question, help };

  std::optional<TopOrder> press_normal(const KeyPress& key, const TopSnapshot& snapshot);
  void press_filter(const KeyPress& key);
  std::optional<TopOrder> press_question(const KeyPress& key);
  void move(const KeyPress& key, std::size_t count);
  void open(const TopSnapshot& snapshot);
  void close();
  void ask(const TopSnapshot& snapshot, TopOrder::Kind kind);

  std::vector<const TopRun*> runs(const TopSnapshot& snapshot) const;
  std::vector<const TopJob*> jobs(const TopSnapshot& snapshot) const;
  const TopRun* chosen_run(const TopSnapshot& snapshot) const;
  const TopJob* chosen_job(const TopSnapshot& snapshot) const;
  bool matches(std::initializer_list<std::string_view> texts) const;

  std::vector<Line> head(const TopSnapshot& snapshot) const;
  Line foot(const TopSnapshot& snapshot) const;
  void draw_list(const TopSnapshot& snapshot, std::size_t rows);
  void draw_run(const TopSnapshot& snapshot, std::size_t rows);
  void draw_log(const TopSnapshot& snapshot, std::size_t rows);
  void draw_help();
  Line run_line(const TopRun& run, Timestamp now) const;
  Line job_line(const TopJob& job, Timestamp now) const;
  Span cell(std::string text, std::size_t columns, Style style = Style::plain) const;
  Span state_span(const std::string& state, std::size_t columns) const;
  std::string word(Key key, const Args& args = {}) const { return text(style_.lang, key, args); }
  std::string clock(Timestamp at) const;
  void add(Line line, bool selected = false);

  TopStyle style_;
  View view_ = View::list;
  Mode mode_ = Mode::normal;
  std::size_t chosen_ = 0, top_ = 0, back_ = 0;
  std::size_t log_up_ = 0;  ///< lines between the end of the log and the last one shown
  std::string run_, job_, filter_, message_;
  TopOrder order_{};
  ScreenSize size_;
  std::vector<std::string> out_;
};

}  // namespace dandori::cli
