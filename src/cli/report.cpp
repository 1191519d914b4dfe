#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "cli/explain.h"
#include "cli/remote.h"
#include "spec/spec.h"

namespace dandori::cli {

namespace {

spec::Problem read_problem(const Json& item) {
  spec::Problem problem;
  problem.file = item.text_or("file", "");
  problem.line = static_cast<int>(item.integer_or("line", 0));
  problem.column = static_cast<int>(item.integer_or("column", 0));
  problem.code = item.text_or("code", "");
  problem.message = item.text_or("message", "");
  problem.hint = item.text_or("hint", "");
  problem.source_line = item.text_or("source_line", "");
  problem.pointer = item.text_or("pointer", "");
  return problem;
}

}  // namespace

std::string pointer_below(std::string_view line, std::string_view pointer, Ambiguous ambiguous) {
  const std::size_t begin = pointer.find('^');
  if (ambiguous == Ambiguous::narrow || begin == std::string_view::npos)
    return std::string{pointer};
  // The pointer counts columns as if ambiguous characters were narrow: find the same characters.
  const auto bytes_of = [&](std::size_t columns) {
    std::size_t bytes = 0;
    while (bytes < line.size() && display_width(line.substr(0, bytes)) < columns) {
      do ++bytes;
      while (bytes < line.size() && (static_cast<unsigned char>(line[bytes]) & 0xC0U) == 0x80U);
    }
    return bytes;
  };
  const std::size_t first = bytes_of(begin), last = bytes_of(pointer.size());
  const std::size_t before = display_width(line.substr(0, first), ambiguous);
  const std::size_t marked = display_width(line.substr(first, last - first), ambiguous);
  return std::string(before, ' ') + std::string(std::max<std::size_t>(marked, 1), '^');
}

int exit_code_of(const Problem& problem) {
  const std::string& code = problem.error.code;
  switch (problem.status) {
    case 0:
      break;
    case 400:
    case 405:
    case 413:
    case 415:
      return kUsage;
    case 401:
    case 403:
      return kDenied;
    case 404:
      return kNotFound;
    case 409:
    case 412:
      return kConflict;
    case 422:
      return kInvalid;
    case 429:
    case 503:
      return kUnreachable;
    default:
      return kInternal;
  }
  if (code.starts_with("http.") && code != "http.bad_url") return kUnreachable;
  if (code == "cli.no_server") return kUnreachable;
  if (code == "cli.no_token") return kDenied;
  if (code == "cli.no_context") return kNotFound;
  if (code == "config.unreadable") return kUsage;
  if (code == "cli.exists") return kConflict;
  if (code == "cli.write_file" || code == "config.unwritable") return kInternal;
  if (code == "cli.read_file") return kNotFound;
  if (code.starts_with("store.")) return kConflict;
  if (code.starts_with("spec.") || code.starts_with("import.")) return kInvalid;
  if (code == "calendar.unknown") return kNotFound;
  return kUsage;
}

void report(const Console& console, const spec::Problem& problem) {
  spec::Problem shown = problem;
  shown.pointer = pointer_below(problem.source_line, problem.pointer, console.ambiguous);
  console.warn(spec::format_problem(shown, true) + page_summary(problem.code, console.lang));
}

int report(const Console& console, const Problem& problem) {
  const Json& files = problem.body["problems"];
  if (files.is_array() && files.size() > 0) {
    for (const Json& item : files.items()) {
      report(console, read_problem(item));
    }
    return exit_code_of(problem);
  }
  const Error& error = problem.error;
  std::string text = styled(console.text("problem.prefix"), Style::bad, console.color_err);
  text += fmt::format("{} [{}]", printable(error.message), printable(error.code));
  if (!error.path.empty() && problem.status != 404)
    text += fmt::format("\n  {}: {}", console.text("problem.at"), printable(error.path));
  if (!error.hint.empty()) {
    for (const std::string_view line : split(error.hint, '\n')) text += "\n  " + printable(line);
  }
  text += page_summary(error.code, console.lang);
  if (!error.code.empty()) {
    text += "\n  " + console.text("problem.more", {{"code", printable(error.code)}});
  }
  console.warn(text);
  return exit_code_of(problem);
}

int report(const Console& console, const Error& error) {
  return report(console, Problem{.error = error});
}

}  // namespace dandori::cli
