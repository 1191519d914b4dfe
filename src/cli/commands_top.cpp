#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/top_feed.h"
#include "cli/watch.h"

namespace dandori::cli {

namespace {

constexpr int kPaceMs = 500, kEscapeMs = 50;

/// A descriptor that one thread writes to wake another.
class WakeUp {
 public:
  WakeUp() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}
  ~WakeUp() { ::close(fd_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;
  int fd() const { return fd_; }
  void clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
  }

 private:
  const int fd_;
};

/// Keyboard, signals and news from the feed, until the operator or a signal ends it.
class TopLoop {
 public:
  TopLoop(const Terminal& terminal, TopFeed& feed, const WakeUp& news, TopScreen screen)
      : terminal_{terminal}, feed_{feed}, news_{news}, screen_{std::move(screen)} {}

  /// 0: the operator is done; else the signal that ended it.
  int run() {
    for (;;) {
      draw();
      std::array<pollfd, 3> sources{pollfd{terminal_.input(), POLLIN, 0},
                                    pollfd{terminal_.signal_fd(), POLLIN, 0},
                                    pollfd{news_.fd(), POLLIN, 0}};
      const int ready =
          ::poll(sources.data(), sources.size(), keys_.is_waiting() ? kEscapeMs : kPaceMs);
      if (ready < 0 && errno != EINTR) return SIGHUP;
      if (ready == 0 && keys_.is_waiting() && !take(keys_.settle())) return 0;
      if ((sources[2].revents & POLLIN) != 0) news_.clear();
      if ((sources[1].revents & POLLIN) != 0) {
        if (const int signal = read_signal(); signal != 0) return signal;
      }
      if ((sources[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        const auto bytes = read_keys();
        if (!bytes) return SIGHUP;  // the terminal has gone
        if (!take(keys_.take(*bytes))) return 0;
      }
    }
  }

 private:
  void draw() {
    snapshot_ = feed_.snapshot();
    if (std::string said = feed_.take_message(); !said.empty()) screen_.tell(std::move(said));
    terminal_.draw(screen_.draw(snapshot_, terminal_.size()));
    feed_.look_at(screen_.focus(snapshot_));
  }

  int read_signal() const {
    signalfd_siginfo info{};
    int ending = 0;
    while (::read(terminal_.signal_fd(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo != SIGWINCH) ending = static_cast<int>(info.ssi_signo);
    }
    return ending;
  }

  std::optional<std::string> read_keys() const {
    std::array<char, 256> bytes;
    const ssize_t got = ::read(terminal_.input(), bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::string{};
    if (got <= 0) return std::nullopt;
    return std::string{bytes.data(), static_cast<std::size_t>(got)};
  }

  /// False: the operator wants to leave.
  bool take(const std::vector<KeyPress>& keys) {
    for (const KeyPress& key : keys) {
      const auto order = screen_.press(key, snapshot_);
      if (!order) continue;
      if (order->kind == TopOrder::Kind::quit) return false;
      if (order->kind == TopOrder::Kind::suspend) {
        terminal_.suspend();
      } else {
        feed_.order(*order);
      }
    }
    return true;
  }

  const Terminal& terminal_;
  TopFeed& feed_;
  const WakeUp& news_;
  TopScreen screen_;
  KeyReader keys_;
  TopSnapshot snapshot_;
};

int run_on_screen(const Console& console, Remote remote) {
  int ended_by = 0;
  {
    // What the feed reads becomes lines of the screen, which have colours of their own.
    Globals plain_globals = console.globals;
    plain_globals.no_color = true;
    plain_globals.lang = console.lang == Lang::ja ? "ja" : "en";
    Console plain{plain_globals};
    plain.set_zone(console.zone());
    // The signals are blocked before the feed's thread starts, so that it does not take them.
    auto terminal = Terminal::open();
    if (!terminal) return report(console, terminal.error());
    const WakeUp news;
    TopFeed feed{plain, std::move(remote), news.fd()};
    TopScreen screen{{.lang = console.lang,
                      .paint = {.color = console.color_out, .ambiguous = console.ambiguous},
                      .zone = console.zone()}};
    ended_by = TopLoop{*terminal, feed, news, std::move(screen)}.run();
  }
  // The screen is as it was; whoever waits for us shall see what ended us.
  if (ended_by != 0) ::raise(ended_by);
  return kOk;
}

}  // namespace

int run_top(Console& console) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  if (is_smart_terminal(STDIN_FILENO) && is_smart_terminal(STDOUT_FILENO) && console.is_table()) {
    remote->set_patience(std::chrono::seconds{5});
    return run_on_screen(console, std::move(*remote));
  }
  return watch(console, [](Console& c) { return list_runs(c, {}); });
}

}  // namespace dandori::cli
