#include "convert/holiday_csv.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <vector>

#include "base/text.h"
#include "convert/decode_text.h"
#include "spec/problems.h"

namespace dandori::convert {

namespace {

constexpr std::string_view kDateHint = "write year, month and day, as 2026/1/1 or 2026-01-01";

/// Cells of one line; a cell in quotes may hold commas, and `""` for a quote. nullopt: a quote is
/// not closed.
std::optional<std::vector<std::string>> read_cells(std::string_view line) {
  std::vector<std::string> cells{{}};
  bool quoted = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quoted && c == '"' && at + 1 < line.size() && line[at + 1] == '"') {
      cells.back() += c;
      ++at;
    } else if (c == '"' && (quoted || trim(cells.back()).empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  return cells;
}

/// nullopt: it is no date of the calendar.
std::optional<Day> read_date(std::string_view text) {
  const char separator = text.contains('/') ? '/' : '-';
  const std::vector<std::string_view> parts = split(text, separator);
  if (parts.size() != 3 || parts[0].size() != 4) return std::nullopt;
  int numbers[3] = {};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string_view part = parts[i];
    if (part.empty() || part.size() > 4 || !is_digit(part.front())) return std::nullopt;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), numbers[i]);
    if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
  }
  const auto [year, month, day] = numbers;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_length(year, month)) {
    return std::nullopt;
  }
  return make_day(year, month, day);
}

/// Reads line by line.
class CsvReader {
 public:
  CsvReader(std::string_view file, std::string_view text, DayRange window)
      : problems_{file, text}, bag_{window} {}

  ImportedDays read(std::string_view text) {
    int number = 0;
    for (std::string_view line : split(text, '\n')) {
      ++number;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.find_first_not_of(" ,\t") == std::string_view::npos) continue;
      if (!read_line(number, line)) break;
      seen_ = true;
    }
    ImportedDays out;
    out.left_out = bag_.left_out();
    out.days = bag_.take();
    out.problems = problems_.take();
    return out;
  }

 private:
  void problem(int line, std::string_view code, std::string message, std::string_view hint) {
    problems_.add({.line = line, .column = 1}, code, std::move(message), std::string{hint});
  }

  /// False: nothing more is to be read.
  bool read_line(int number, std::string_view line) {
    const auto cells = read_cells(line);
    if (!cells) {
      problem(number, "import.csv_row", "a quote is not closed", "close it on the same line");
      return true;
    }
    const std::string_view date = trim(cells->front());
    const bool is_header = !seen_ && !date.empty() && !is_digit(date.front());
    if (is_header) return true;
    const auto day = read_date(date);
    if (!day) {
      problem(number, "import.csv_row", fmt::format("'{}' is not a date", excerpt(date)),
              kDateHint);
      return true;
    }
    if (cells->size() < 2) {
      problem(number, "import.csv_row", fmt::format("{} has no name", date),
              "write the name after a comma; more columns are not read");
      return true;
    }
    if (bag_.add(*day, *day, clean_title((*cells)[1]))) return true;
    problem(number, "import.too_large", fmt::format("more than {} days", kImportDaysMax),
            "choose fewer with --from and --until");
    return false;
  }

  spec::Problems problems_;
  DayBag bag_;
  bool seen_ = false;
};

}  // namespace

ImportedDays read_holiday_csv(std::string_view file, std::string_view bytes,
                              const ImportSettings& settings) {
  const Result<std::string> text = decode_text(bytes);
  if (!text) {
    ImportedDays out;
    out.problems.push_back({.file = std::string{file},
                            .code = text.error().code,
                            .message = text.error().message,
                            .hint = text.error().hint});
    return out;
  }
  return CsvReader{file, *text, settings.window}.read(*text);
}

std::string write_holiday_csv(std::span<const model::NamedDays> days) {
  std::string out = "date,name\r\n";
  for (const model::NamedDays& span : days) {
    std::string name;
    for (const char c : span.title) name += c == '"' ? std::string{"\"\""} : std::string{c};
    if (name.find_first_of(",\"") != std::string::npos) name = '"' + name + '"';
    for (Day day = span.first; day <= span.last; day = day + 1) {
      append_day(out, day);
      out += fmt::format(",{}\r\n", name);
    }
  }
  return out;
}

}  // namespace dandori::convert
