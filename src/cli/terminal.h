#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dandori::cli {

/// Rows and columns of a screen.
struct ScreenSize {
  std::size_t rows = 24, columns = 80;
  bool operator==(const ScreenSize&) const = default;
};

/// Size of the terminal behind a descriptor; 80 × 24 when it does not say.
ScreenSize screen_size(int fd);

/// A terminal that understands cursor movement: TERM is set and not `dumb`.
bool is_smart_terminal(int fd);

enum class KeyKind {
  character,
  enter,
  escape,
  backspace,
  up,
  down,
  left,
  right,
  page_up,
  page_down,
  home,
  end,
  interrupt,
  suspend
};

struct KeyPress {
  KeyKind kind = KeyKind::character;
  std::string text;  ///< one character in UTF-8, for KeyKind::character
  bool operator==(const KeyPress&) const = default;
};

/// Bytes of a terminal as keys. What is not whole yet stays for the next bytes. Pure.
class KeyReader {
 public:
  std::vector<KeyPress> take(std::string_view bytes);
  /// No more bytes came for a while: a lone ESC is the key Escape.
  std::vector<KeyPress> settle();
  bool is_waiting() const { return !pending_.empty(); }

 private:
  std::optional<KeyPress> next();
  std::string pending_;
};

/// The whole screen of a terminal for one program: alternate screen, no echo, no line editing.
///
/// What was there before comes back when this ends, also by a signal: SIGTERM, SIGINT, SIGHUP and
/// SIGQUIT are read from `signal_fd`, and a crash restores the screen on its way out. One at a
/// time.
class Terminal {
 public:
  /// Errors: cli.no_terminal.
  static Result<Terminal> open();
  ~Terminal();
  Terminal(Terminal&& other) noexcept;
  Terminal& operator=(Terminal&&) = delete;

  int input() const { return input_; }
  int output() const { return output_; }
  /// Readable when a signal came (also SIGWINCH: read the size again).
  int signal_fd() const { return signal_fd_; }
  ScreenSize size() const { return screen_size(output_); }

  /// Draws a screen from its upper left corner; lines are no wider than the screen.
  void draw(const std::vector<std::string>& lines) const;
  /// Back to the shell until it brings us to the foreground again.
  void suspend() const;

 private:
  Terminal() = default;
  int input_ = -1, output_ = -1, signal_fd_ = -1;
};

}  // namespace dandori::cli
