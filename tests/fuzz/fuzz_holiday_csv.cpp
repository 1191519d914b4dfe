// Any bytes as a CSV of days: problems have their codes, and what is accepted reads back the same
// from the CSV that we write of it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "convert/holiday_csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dandori;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const convert::ImportSettings settings{
      .window = {make_day(1970, 1, 1), make_day(2100, 12, 31)},
      .zone = {},
      .zone_given = false,
      .load_zone = calendar::TimeZone::load,
  };
  const convert::ImportedDays days = convert::read_holiday_csv("x.csv", bytes, settings);
  for (const spec::Problem& problem : days.problems) {
    DANDORI_ASSERT(problem.code.starts_with("import."), "an import has its own codes");
    DANDORI_ASSERT(!problem.message.empty() && !problem.hint.empty(), "cause and remedy");
  }
  if (!days.problems.empty()) return 0;
  for (const model::NamedDays& span : days.days) {
    DANDORI_ASSERT(is_valid_utf8(span.title), "names are UTF-8");
  }
  const std::string written = convert::write_holiday_csv(days.days);
  const convert::ImportedDays again = convert::read_holiday_csv("y.csv", written, settings);
  DANDORI_ASSERT(again.problems.empty(), "what is written reads back");
  DANDORI_ASSERT(again.days == days.days, "what is written reads back the same");
  return 0;
}
