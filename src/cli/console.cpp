#include "cli/console.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "spec/yaml_out.h"

namespace dandori::cli {

namespace {

Format parse_format(std::string_view word) {
  if (word == "wide") return Format::wide;
  if (word == "json") return Format::json;
  if (word == "jsonl") return Format::jsonl;
  if (word == "yaml") return Format::yaml;
  if (word == "name") return Format::name;
  if (word == "sarif") return Format::sarif;
  return Format::table;
}

bool wants_color(const Globals& globals, int fd) {
  const char* none = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (globals.no_color || (none != nullptr && *none != '\0')) return false;
  return ::isatty(fd) == 1 && terminal != nullptr && std::string_view{terminal} != "dumb";
}

void write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

std::string local_text(Timestamp at, const calendar::TimeZone& zone) {
  std::string text = calendar::format_local(zone.to_local(at));
  text[10] = ' ';
  return text;
}

}  // namespace

Lang choose_lang(std::string_view option) {
  if (!option.empty()) return option == "ja" ? Lang::ja : Lang::en;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return std::string_view{value}.starts_with("ja") ? Lang::ja : Lang::en;
  }
  return Lang::en;
}

Console::Console(const Globals& globals_in)
    : globals{globals_in},
      lang{choose_lang(globals_in.lang)},
      format{parse_format(globals_in.output)},
      color_out{wants_color(globals_in, STDOUT_FILENO)},
      color_err{wants_color(globals_in, STDERR_FILENO)},
      ambiguous{globals_in.ambiguous_width == 2 ? Ambiguous::wide : Ambiguous::narrow} {}

void Console::out(std::string_view text) const {
  if (capture_ != nullptr) {
    capture_->out += text;
    return;
  }
  write(stdout, text);
}
void Console::line(std::string_view text) const {
  out(fmt::format("{}\n", text));
}
void Console::say(std::string_view text) const {
  if (!globals.quiet) warn(text);
}
void Console::warn(std::string_view text) const {
  if (capture_ != nullptr) {
    capture_->messages.append(text).append("\n");
    return;
  }
  write(stderr, fmt::format("{}\n", text));
}

std::string Console::instant(const Json& at) const {
  const auto read = read_instant(at);
  return read ? local_text(*read, zone_) : std::string{};
}

std::string Console::clock(Timestamp at) const {
  return local_text(at, zone_).substr(11);
}

std::string Console::with_zone(Key title) const {
  return fmt::format("{} ({})", text(title), zone_.name());
}

std::string Console::state_cell(std::string_view state) const {
  return fmt::format("{} {}", state_glyph(state), state_word(lang, state));
}

bool print_raw(const Console& console, const Json& answer, std::string_view name_member) {
  if (console.is_table()) return false;
  const Json* items = answer.find("items");
  const bool is_list = items != nullptr && items->is_array();
  switch (console.format) {
    case Format::json:
    case Format::sarif:  // only findings have a form of their own
      console.line(write_json_pretty(answer));
      break;
    case Format::yaml:
      console.out(spec::write_yaml(answer));
      break;
    case Format::jsonl:
      if (!is_list) console.line(write_json(answer));
      if (is_list) {
        for (const Json& item : items->items()) console.line(write_json(item));
      }
      break;
    case Format::name:
      if (!is_list) console.line(printable(answer.text_or(name_member, "")));
      if (is_list) {
        for (const Json& item : items->items()) {
          console.line(printable(item.text_or(name_member, "")));
        }
      }
      break;
    case Format::table:
    case Format::wide:
      break;
  }
  return true;
}

std::string span_text(Duration span) {
  const std::int64_t tenths = span.count() / 100'000;
  const std::int64_t seconds = tenths / 10;
  if (tenths < 100) return fmt::format("{}.{}s", seconds, tenths % 10);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d{:02}h", seconds / 86'400, seconds / 3600 % 24);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

Timestamp wall_now() {
  return Timestamp{
      std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
}

std::optional<Timestamp> read_instant(const Json& at) {
  if (!at.is_string()) return std::nullopt;
  const auto parsed = parse_rfc3339(at.as_string());
  return parsed ? std::optional{*parsed} : std::nullopt;
}

std::string state_word(Lang lang, std::string_view state) {
  return find_text(lang, fmt::format("state.{}", state)).value_or(printable(state));
}

std::string_view state_glyph(std::string_view state) {
  if (state == "succeeded") return "✓";
  if (state == "warning") return "!";
  if (state == "failed" || state == "missed") return "✕";
  if (state == "unknown" || state == "lost") return "?";
  if (state == "not_run") return "⊘";
  if (state == "killed" || state == "interrupted") return "▪";
  if (state == "skipped" || state == "bypassed" || state == "excluded") return "»";
  if (state == "running" || state == "starting" || state == "stopping" || state == "started")
    return "▸";
  if (state == "held" || state == "suspended" || state == "disabled") return "=";
  return "◷";
}

Style state_style(std::string_view state) {
  if (state == "succeeded" || state == "started") return Style::good;
  if (state == "warning" || state == "retry_wait" || state == "held" || state == "interrupted") {
    return Style::attention;
  }
  if (state == "failed" || state == "killed" || state == "unknown" || state == "lost" ||
      state == "missed") {
    return Style::bad;
  }
  if (state == "running" || state == "starting" || state == "stopping") return Style::active;
  return Style::faint;
}

}  // namespace dandori::cli
