#pragma once

#include <span>
#include <string>
#include <string_view>

#include "convert/imported.h"

namespace dandori::convert {

/// The Cabinet Office's list of holidays (syukujitsu.csv), or one like it: a line a day, the date
/// (`2026/1/1`, `2026-01-01`) and its name; a first line without a date is a header.
///
/// Problems: import.encoding, import.csv_row, import.too_large.
ImportedDays read_holiday_csv(std::string_view file, std::string_view bytes,
                              const ImportSettings& settings);

/// The same form, in UTF-8; spans become one line a day.
std::string write_holiday_csv(std::span<const model::NamedDays> days);

}  // namespace dandori::convert
