#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/catalogue_calendar.h"
#include "cli/catalogue_client.h"
#include "cli/catalogue_dates.h"
#include "cli/catalogue_define.h"
#include "cli/catalogue_entry.h"
#include "cli/catalogue_help.h"
#include "cli/catalogue_messages.h"
#include "cli/catalogue_operate.h"
#include "cli/catalogue_schedule.h"
#include "cli/catalogue_why.h"
#include "cli/catalogue_words.h"

namespace dandori::cli {

// The one place where the words that people read stand, in both languages. Everything else in this
// room names a key. A key that does not exist does not compile.

enum class Lang { en, ja };

/// Values for the `{name}` places of a text.
using Args = std::vector<std::pair<std::string_view, std::string>>;

inline constexpr std::span<const Entry> kCatalogue[] = {
    kWords, kHelp, kMessages, kOperate, kWhy, kDefine, kClient, kSchedule, kDates, kCalendar};

constexpr const Entry* find_entry(std::string_view key) {
  for (const std::span<const Entry> part : kCatalogue) {
    for (const Entry& entry : part) {
      if (entry.key == key) return &entry;
    }
  }
  return nullptr;
}

/// A key that is known to exist, checked when the program is built.
class Key {
 public:
  consteval Key(const char* key) : entry_{find_entry(key)} {  // NOLINT: meant to convert
    if (entry_ == nullptr) throw "no such key in the catalogue";
  }
  const Entry& entry() const { return *entry_; }

 private:
  const Entry* entry_;
};

std::string text(Lang lang, Key key, const Args& args = {});

/// Text of a key that is made from a word of the API (`state.` + state); nullopt: the catalogue is
/// older than the server.
std::optional<std::string> find_text(Lang lang, std::string_view key, const Args& args = {});

/// Replaces `{name}` by its argument; a place without one is left as it is.
std::string fill(std::string_view pattern, const Args& args);

}  // namespace dandori::cli
