#include "engine/output.h"

#include <array>
#include <utility>

#include <fmt/core.h>

#include "base/text.h"

namespace dandori::engine {
namespace {

constexpr std::size_t kOutputKeysMax = 1'000;

bool is_key(std::string_view key) {
  if (key.empty() || key.size() > 100 || (key.front() >= '0' && key.front() <= '9')) return false;
  for (const char c : key) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '_') return false;
  }
  return true;
}

Result<Json> parse_lines(std::string_view text) {
  Json outputs = Json::object();
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (trim(line).empty()) continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_key(key)) {
      return fail("output.bad_line",
                  fmt::format("line {} of DANDORI_OUTPUT is not of the form key=value", number),
                  "write lines key=value (letters, digits, _), or one JSON object");
    }
    outputs.set(key, Json{line.substr(equals + 1)});
    if (outputs.size() > kOutputKeysMax) {
      return fail("output.too_big",
                  fmt::format("DANDORI_OUTPUT has more than {} values", kOutputKeysMax));
    }
  }
  return outputs;
}

}  // namespace

Result<Json> parse_output(std::string_view bytes) {
  if (bytes.size() > model::kOutputBytesMax) {
    return fail("output.too_big",
                fmt::format("DANDORI_OUTPUT is larger than {} bytes", model::kOutputBytesMax),
                "hand on a file name instead of the data");
  }
  const std::string_view text = trim(bytes);
  if (text.empty()) return Json{};
  if (!is_valid_utf8(bytes)) return fail("output.not_utf8", "DANDORI_OUTPUT is no UTF-8 text");
  if (text.front() != '{') return parse_lines(bytes);
  Result<Json> parsed = parse_json(text);
  if (!parsed) {
    return fail("output.bad_json",
                fmt::format("DANDORI_OUTPUT is broken JSON: {}", parsed.error().message));
  }
  return parsed;
}

std::string spawn_error_text(const model::Job& job, int error) {
  struct Known {
    int number;
    std::string_view name, text;
  };
  // Numbers of Linux; the pure rooms do not ask the system for words.
  static constexpr std::array<Known, 10> kKnown{
      {{1, "EPERM", "operation not permitted"},
       {2, "ENOENT", "no such file or directory"},
       {7, "E2BIG", "arguments and environment are too long"},
       {8, "ENOEXEC", "not an executable format (is the #! line missing?)"},
       {11, "EAGAIN", "the host has no room for a further process"},
       {12, "ENOMEM", "out of memory"},
       {13, "EACCES", "permission denied"},
       {20, "ENOTDIR", "a part of the path is no folder"},
       {26, "ETXTBSY", "the file is being written"},
       {40, "ELOOP", "too many symbolic links"}}};
  const std::string program =
      job.shell || job.command.empty() ? "/bin/sh" : job.command.front().text;
  for (const Known& known : kKnown) {
    if (known.number == error) {
      return fmt::format("cannot start '{}': {} ({})", program, known.text, known.name);
    }
  }
  return fmt::format("cannot start '{}': system error {}", program, error);
}

std::string signal_text(int signal) {
  static constexpr std::array<std::pair<int, std::string_view>, 12> kNames{{{1, "HUP"},
                                                                            {2, "INT"},
                                                                            {3, "QUIT"},
                                                                            {4, "ILL"},
                                                                            {6, "ABRT"},
                                                                            {7, "BUS"},
                                                                            {8, "FPE"},
                                                                            {9, "KILL"},
                                                                            {11, "SEGV"},
                                                                            {13, "PIPE"},
                                                                            {15, "TERM"},
                                                                            {24, "XCPU"}}};
  for (const auto& [number, name] : kNames) {
    if (number == signal) return fmt::format("signal {} ({})", signal, name);
  }
  return fmt::format("signal {}", signal);
}

}  // namespace dandori::engine
