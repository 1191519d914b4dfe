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

/// What a code means and its remedy, in Japanese, two lines indented by two, each with a newline
/// before it; empty in English, where the message says it already, and for unknown codes.
std::string page_summary(std::string_view code, Lang lang);

}  // namespace dandori::cli
