#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"
#include "calendar/zone.h"
#include "cli/catalogue.h"
#include "cli/table.h"

namespace dandori::cli {

enum class Format { table, wide, json, jsonl, yaml, name, sarif };

/// What a command wrote, kept instead of shown.
struct Capture {
  std::string out, messages;
};

/// Options that every command takes.
struct Globals {
  std::string server;      ///< URL; empty: DANDORI_SERVER, else the local server's data folder
  std::string data;        ///< folder; empty: DANDORI_DATA, ./.dandori upward, /var/lib/dandori
  std::string token_file;  ///< empty: DANDORI_TOKEN, DANDORI_TOKEN_FILE, DATA/admin.token
  std::string output = "table";
  std::string lang;                 ///< `ja`, `en`; empty: from the locale
  std::string timezone;             ///< for times on the screen; empty: the server's
  std::string reason;               ///< goes to the audit log
  std::string program = "dandori";  ///< as it was called, with its --server and --data, for hints
  std::string config;               ///< file; empty: /etc/dandori/dandori.yaml and the user's
  std::string context;              ///< name of a server kept by `dandori login`
  /// What the configuration files say of the server; weaker than everything above.
  std::string file_server, file_data, file_token_file;
  unsigned ambiguous_width = 1;  ///< columns of characters whose width terminals do not agree on
  bool no_color = false;
  bool yes = false;
  bool quiet = false;
  bool watch = false;
};

/// `ja` when the option or, without it, the first of LC_ALL, LC_MESSAGES, LANG that is set starts
/// with ja.
Lang choose_lang(std::string_view option);

/// What a command prints to, and how: language, form, colours, time zone.
class Console {
 public:
  explicit Console(const Globals& globals);

  const Globals& globals;
  const Lang lang;
  const Format format;
  const bool color_out, color_err;
  const Ambiguous ambiguous;

  std::string text(Key key, const Args& args = {}) const { return cli::text(lang, key, args); }
  /// Data: stdout, always.
  void out(std::string_view text) const;
  void line(std::string_view text) const;
  /// Messages: stderr; say() is silent under --quiet, warn() is not.
  void say(std::string_view text) const;
  void warn(std::string_view text) const;
  /// Data: a table in this console's colours and widths.
  void print(const Table& table) const { out(table.render(color_out, ambiguous)); }
  /// What is written goes there instead; nullptr: to the screen again.
  void capture(Capture* into) { capture_ = into; }
  /// What was asked for will not change any more: --watch may end.
  void settle() { settled_ = true; }
  bool is_settled() const { return settled_; }
  bool is_table() const { return format == Format::table || format == Format::wide; }
  bool is_wide() const { return format == Format::wide; }

  void set_zone(calendar::TimeZone zone) { zone_ = std::move(zone); }
  const calendar::TimeZone& zone() const { return zone_; }
  /// `2026-11-20 22:00:03` in the zone; `-` for null.
  std::string instant(const Json& at) const;
  /// `22:00:03`.
  std::string clock(Timestamp at) const;
  /// A column header that names the zone of its times.
  std::string with_zone(Key title) const;
  std::string state_cell(std::string_view state) const;

 private:
  calendar::TimeZone zone_;
  Capture* capture_ = nullptr;
  bool settled_ = false;
};

/// What a command line does; gives the exit code.
using Command = std::function<int(Console&)>;

/// Prints `answer` as -o wants it, one `items` member per line for jsonl, and only `name_member`
/// for name. False: a table is wanted.
bool print_raw(const Console& console, const Json& answer, std::string_view name_member);

/// `1.2s`, `34s`, `3m12s`, `1h05m`, `2d03h`.
std::string span_text(Duration span);
/// `512 B`, `1.5 KiB`, `3.0 GiB`.
std::string bytes_text(std::uint64_t bytes);
/// The clock of this machine.
Timestamp wall_now();
/// The instant of a JSON text, or nullopt.
std::optional<Timestamp> read_instant(const Json& at);
/// Word of a state in the language; the bare word when the catalogue is older than the server.
std::string state_word(Lang lang, std::string_view state);
/// One character for a state.
std::string_view state_glyph(std::string_view state);
Style state_style(std::string_view state);

}  // namespace dandori::cli
