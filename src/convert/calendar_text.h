#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/calendar.h"

namespace dandori::convert {

/// What an import proposes; people look it over before they apply it.
struct CalendarDraft {
  std::string name;    ///< an identifier
  std::string title;   ///< may be empty
  std::string source;  ///< name of the file, for the comment at the top
  bool open = false;   ///< the days are open ones, not closed ones
  std::span<const model::NamedDays> days;
};

/// The text of a `kind: Calendar`: one rule with the dates and their names.
std::string write_draft(const CalendarDraft& draft);

/// A calendar as YAML: a document for each of its revisions, oldest first.
std::string write_definition(std::span<const model::Calendar> revisions);

/// A name of a file or a calendar as identifier: `Japanese holidays.ics` gives `japanese_holidays`;
/// `calendar` where nothing is left.
std::string identifier_of(std::string_view text);

}  // namespace dandori::convert
