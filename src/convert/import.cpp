#include "convert/import.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "convert/holiday_csv.h"
#include "convert/ics_read.h"

namespace dandori::convert {

namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view begin) {
  return text.size() >= begin.size() &&
         std::ranges::equal(text.substr(0, begin.size()), begin, [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
         });
}

ImportedDays one_problem(std::string_view file, const Error& error) {
  ImportedDays out;
  out.problems.push_back({.file = std::string{file},
                          .code = error.code,
                          .message = error.message,
                          .hint = error.hint});
  return out;
}

}  // namespace

Result<FileFormat> guess_format(std::string_view file, std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const std::string_view begin = trim(bytes.substr(0, 200));
  if (starts_with_ignoring_case(begin, "BEGIN:VCALENDAR")) return FileFormat::ics;
  const bool is_page = begin.starts_with('<') || begin.starts_with('{') || begin.starts_with("PK");
  if (file.ends_with(".ics") && !is_page) return FileFormat::ics;
  const std::string_view line = begin.substr(0, begin.find('\n'));
  if (!is_page && (file.ends_with(".csv") || line.contains(','))) return FileFormat::csv;
  return fail("import.format", "this is neither an iCalendar file nor a CSV of dates and names",
              "a page or a workbook instead of the file itself? else say --format ics or csv");
}

ImportedDays import_days(std::string_view file, std::string_view bytes,
                         std::optional<FileFormat> format, const ImportSettings& settings) {
  if (bytes.size() > kImportBytesMax) {
    return one_problem(file, {"import.too_large",
                              fmt::format("the file has more than {} MiB", kImportBytesMax >> 20U),
                              "split it, or export fewer years there"});
  }
  const Result<FileFormat> known = format ? Result<FileFormat>{*format} : guess_format(file, bytes);
  if (!known) return one_problem(file, known.error());
  ImportedDays days = *known == FileFormat::ics ? read_ics(file, bytes, settings)
                                                : read_holiday_csv(file, bytes, settings);
  if (!days.problems.empty() || !days.days.empty()) return days;
  return one_problem(
      file,
      {"import.no_days",
       fmt::format("no day of the file lies in {} to {}", format_day(settings.window.first),
                   format_day(settings.window.last)),
       days.left_out > 0 ? fmt::format("{} days lie outside: choose others with --from and --until",
                                       days.left_out)
                         : std::string{"the file has no events or rows"}});
}

}  // namespace dandori::convert
