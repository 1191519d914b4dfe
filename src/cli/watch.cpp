#include "cli/watch.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <thread>

#include "base/text.h"
#include "cli/paint.h"
#include "cli/remote.h"
#include "cli/terminal.h"

namespace dandori::cli {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kWatchPace{500};  ///< the screen changes at most twice a second
constexpr milliseconds kOldest{5'000};   ///< some things change without a line in the journal
constexpr milliseconds kAgain{1'000};    ///< while the server is away

/// Waits until the journal grows, at most kOldest. False: the server does not answer.
bool wait_for_news(Remote& remote, std::int64_t seq) {
  const auto deadline = Clock::now() + kOldest;
  bool is_news = false;
  const auto done = remote.stream(fmt::format("/api/v1/events?after={}", seq), {}, kOldest,
                                  [&](std::string_view piece) {
                                    is_news = piece.contains("data:");
                                    return !is_news && Clock::now() < deadline;
                                  });
  // Silence until the deadline is no failure.
  return done.has_value() || done.error().error.code == "http.timeout";
}

/// Shows what the command says, again and again.
class Screen {
 public:
  explicit Screen(Console& console)
      : console_{console}, smart_{is_smart_terminal(STDOUT_FILENO) && console.is_table()} {}

  void show(const Capture& now) {
    if (smart_) return draw(now);
    const bool whole = console_.format == Format::json || console_.format == Format::yaml;
    if (whole && now.out != last_.out) {
      if (console_.format == Format::yaml && !last_.out.empty()) console_.out("---\n");
      console_.out(now.out);
    }
    if (!whole) {
      for (const std::string_view line : new_lines(last_.out, now.out)) console_.line(line);
    }
    if (!now.messages.empty() && now.messages != last_.messages) {
      console_.warn(trim(now.messages));
    }
    last_ = now;
  }

 private:
  void draw(const Capture& now) {
    const ScreenSize size = screen_size(STDOUT_FILENO);
    std::string out = first_ ? "\x1b[2J\x1b[H" : "\x1b[H";
    first_ = false;
    std::size_t rows = 0;
    const std::string text = now.out + now.messages;
    for (const std::string_view line : split(trim(text), '\n')) {
      if (++rows >= size.rows) break;
      // Clipped, not wrapped: and no mode of the terminal to put back when Ctrl-C ends it anywhere.
      out += "\x1b[2K" + clip_line(line, size.columns, console_.ambiguous) + "\r\n";
    }
    console_.out(out + "\x1b[J");
  }

  Console& console_;
  const bool smart_;
  bool first_ = true;
  Capture last_;
};

}  // namespace

std::vector<std::string_view> new_lines(std::string_view before, std::string_view now) {
  std::map<std::string_view, std::size_t> known;
  for (const std::string_view line : split(before, '\n')) ++known[line];
  std::vector<std::string_view> fresh;
  for (const std::string_view line : split(now, '\n')) {
    const auto found = known.find(line);
    if (found != known.end() && found->second > 0) {
      --found->second;
    } else if (!line.empty()) {
      fresh.push_back(line);
    }
  }
  return fresh;
}

int watch(Console& console, const Command& command) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  Screen screen{console};
  for (;;) {
    const auto begin = Clock::now();
    // Read before the command runs: what comes in between is news.
    const auto counts = remote->get("/api/v1/doctor");
    Capture now;
    console.capture(&now);
    const int code = command(console);
    console.capture(nullptr);
    screen.show(now);
    if (code != kOk && code != kUnreachable) return code;
    if (code == kOk && console.is_settled()) return kOk;
    const bool there =
        code == kOk && counts && wait_for_news(*remote, counts->integer_or("journal_seq", 0));
    if (!there) {
      std::this_thread::sleep_for(kAgain);
      remote->find_again();
    }
    std::this_thread::sleep_until(begin + kWatchPace);
  }
}

}  // namespace dandori::cli
