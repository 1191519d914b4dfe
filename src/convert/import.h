#pragma once

#include <optional>
#include <string_view>

#include "convert/imported.h"

namespace dandori::convert {

enum class FileFormat : std::uint8_t { csv, ics };

/// What the file is, by its first line, else by the end of its name. Errors: import.format.
Result<FileFormat> guess_format(std::string_view file, std::string_view bytes);

/// The days of the file. format: nullopt: by guess_format.
///
/// Problems: import.format, import.too_large, import.encoding, import.csv_row, import.ics,
/// import.recurrence; import.no_days: nothing is wrong, but no day is left.
ImportedDays import_days(std::string_view file, std::string_view bytes,
                         std::optional<FileFormat> format, const ImportSettings& settings);

}  // namespace dandori::convert
