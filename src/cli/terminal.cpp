#include "cli/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace dandori::cli {

namespace {

/// Alternate screen, hidden cursor, no wrapping; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[0m";

// A crash handler can be given nothing, so what it needs stands here. Written before the handler is
// installed, by the one Terminal there is.
termios g_before{};
sigset_t g_mask_before{};
std::atomic<int> g_owned{-1};  ///< descriptor of the terminal that must be restored; -1: none

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Safe in a signal handler.
void restore_screen() {
  const int fd = g_owned.exchange(-1);
  if (fd < 0) return;
  write_all(fd, kLeave);
  ::tcsetattr(fd, TCSANOW, &g_before);
}

void on_crash(int signal) {
  restore_screen();
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void take_screen(int input, int output) {
  termios raw = g_before;
  ::cfmakeraw(&raw);
  raw.c_oflag |= OPOST | ONLCR;
  ::tcsetattr(input, TCSANOW, &raw);
  write_all(output, kEnter);
  g_owned.store(output);
}

std::optional<KeyKind> control_key(char c) {
  switch (c) {
    case '\r':
    case '\n':
      return KeyKind::enter;
    case '\x7f':
    case '\b':
      return KeyKind::backspace;
    case '\x03':
      return KeyKind::interrupt;
    case '\x1a':
      return KeyKind::suspend;
    default:
      return std::nullopt;
  }
}

struct Sequence {
  std::string_view bytes;
  KeyKind kind;
};

/// Behind ESC: as terminals send them in normal and in application mode.
constexpr std::array kSequences{
    Sequence{"[A", KeyKind::up},       Sequence{"OA", KeyKind::up},
    Sequence{"[B", KeyKind::down},     Sequence{"OB", KeyKind::down},
    Sequence{"[C", KeyKind::right},    Sequence{"OC", KeyKind::right},
    Sequence{"[D", KeyKind::left},     Sequence{"OD", KeyKind::left},
    Sequence{"[5~", KeyKind::page_up}, Sequence{"[6~", KeyKind::page_down},
    Sequence{"[H", KeyKind::home},     Sequence{"OH", KeyKind::home},
    Sequence{"[1~", KeyKind::home},    Sequence{"[F", KeyKind::end},
    Sequence{"OF", KeyKind::end},      Sequence{"[4~", KeyKind::end},
};

/// Length of a control sequence behind ESC; 0: not whole yet.
std::size_t sequence_length(std::string_view rest) {
  if (rest.starts_with('O')) return rest.size() < 2 ? 0 : 2;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] >= '@' && rest[i] <= '~') return i + 1;
  }
  return 0;
}

std::size_t character_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xF0) return 4;
  if (first >= 0xE0) return 3;
  return first >= 0xC0 ? 2 : 1;
}

}  // namespace

ScreenSize screen_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {size.ws_row, size.ws_col};
}

bool is_smart_terminal(int fd) {
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && term != nullptr && *term != '\0' && std::string_view{term} != "dumb";
}

std::vector<KeyPress> KeyReader::take(std::string_view bytes) {
  pending_.append(bytes);
  std::vector<KeyPress> keys;
  while (auto key = next()) keys.push_back(std::move(*key));
  return keys;
}

std::vector<KeyPress> KeyReader::settle() {
  std::vector<KeyPress> keys;
  if (pending_.starts_with('\x1b')) {
    keys.push_back({KeyKind::escape, {}});
    pending_.erase(0, 1);
  } else {
    pending_.clear();  // half a character, and nothing follows
  }
  for (KeyPress& key : take({})) keys.push_back(std::move(key));
  return keys;
}

std::optional<KeyPress> KeyReader::next() {
  while (!pending_.empty()) {
    const char first = pending_.front();
    if (first == '\x1b') {
      const std::string_view rest = std::string_view{pending_}.substr(1);
      if (rest.empty()) return std::nullopt;
      if (rest.front() != '[' && rest.front() != 'O') {
        pending_.erase(0, 1);
        return KeyPress{KeyKind::escape, {}};
      }
      const std::size_t length = sequence_length(rest);
      if (length == 0) return std::nullopt;
      const std::string_view sequence = rest.substr(0, length);
      std::optional<KeyPress> key;
      for (const Sequence& known : kSequences) {
        if (known.bytes == sequence) key = KeyPress{known.kind, {}};
      }
      pending_.erase(0, length + 1);
      if (key) return key;
      continue;  // a key that means nothing here
    }
    if (const auto kind = control_key(first)) {
      pending_.erase(0, 1);
      return KeyPress{*kind, {}};
    }
    const auto byte = static_cast<unsigned char>(first);
    if (byte < 0x20) {
      pending_.erase(0, 1);
      continue;
    }
    const std::size_t length = character_length(byte);
    if (pending_.size() < length) return std::nullopt;
    KeyPress key{KeyKind::character, pending_.substr(0, length)};
    pending_.erase(0, length);
    return key;
  }
  return std::nullopt;
}

Result<Terminal> Terminal::open() {
  if (!is_smart_terminal(STDIN_FILENO) || !is_smart_terminal(STDOUT_FILENO) ||
      ::tcgetattr(STDIN_FILENO, &g_before) != 0) {
    return fail("cli.no_terminal", "this is no terminal that a screen can be drawn on");
  }
  Terminal terminal;
  terminal.input_ = STDIN_FILENO;
  terminal.output_ = STDOUT_FILENO;
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGWINCH}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, &g_mask_before);
  terminal.signal_fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) ::signal(signal, on_crash);
  take_screen(terminal.input_, terminal.output_);
  return terminal;
}

Terminal::Terminal(Terminal&& other) noexcept
    : input_{std::exchange(other.input_, -1)},
      output_{std::exchange(other.output_, -1)},
      signal_fd_{std::exchange(other.signal_fd_, -1)} {}

Terminal::~Terminal() {
  if (input_ < 0) return;
  restore_screen();
  ::close(signal_fd_);
  ::pthread_sigmask(SIG_SETMASK, &g_mask_before, nullptr);
}

void Terminal::draw(const std::vector<std::string>& lines) const {
  std::string out{"\x1b[H"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\r\n";
    // Cleared before, not behind: behind a full line the cursor stands on its last character.
    out += "\x1b[2K" + lines[i] + "\x1b[0m";
  }
  write_all(output_, out);
}

void Terminal::suspend() const {
  restore_screen();
  ::raise(SIGSTOP);
  take_screen(input_, output_);
}

}  // namespace dandori::cli
