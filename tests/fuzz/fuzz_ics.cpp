// Any text as an iCalendar file: problems have their codes, and the days of what is accepted lie in
// the window, in order, each once.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "convert/ics_read.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dandori;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const convert::ImportSettings settings{
      .window = {make_day(2025, 1, 1), make_day(2028, 12, 31)},
      .zone = {},
      .zone_given = size % 2 == 0,
      .load_zone = calendar::TimeZone::load,
  };
  const convert::ImportedDays days = convert::read_ics("x.ics", text, settings);
  for (const spec::Problem& problem : days.problems) {
    DANDORI_ASSERT(problem.code.starts_with("import."), "an import has its own codes");
    DANDORI_ASSERT(!problem.message.empty() && !problem.hint.empty(), "cause and remedy");
  }
  const Day* before = nullptr;
  for (const model::NamedDays& span : days.days) {
    DANDORI_ASSERT(span.first == span.last, "single days");
    DANDORI_ASSERT(settings.window.contains(span.first), "days lie in the window");
    DANDORI_ASSERT(before == nullptr || *before < span.first, "days ascend");
    before = &span.first;
  }
  return 0;
}
