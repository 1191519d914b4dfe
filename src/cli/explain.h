#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/catalogue.h"

namespace dandori::cli {

/// The part of an error page in one language: above `## 日本語`, or below it. The title stays.
std::string page_text(std::string_view page, Lang lang);

/// The page of a code, or nullopt.
std::optional<std::string_view> find_page(std::string_view code);

}  // namespace dandori::cli
