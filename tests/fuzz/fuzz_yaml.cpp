#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "spec/format.h"
#include "spec/spec.h"

/// Any text is read without a crash or a hang; what is accepted has a canonical text that reads
/// back to itself; what is refused has places and messages that can be printed; formatting is done
/// after once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dandori;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  spec::Parsed parsed = spec::parse_definitions("fuzz.yaml", text);
  spec::check_set(parsed);
  for (const spec::Problem& problem : parsed.problems) {
    DANDORI_ASSERT(!spec::format_problem(problem, true).empty(), "it can be printed");
    DANDORI_ASSERT(problem.line >= 0 && !problem.code.empty(), "it has a place and a code");
  }
  for (const model::WorkflowDefinition& definition : parsed.workflows) {
    const auto compiled = spec::compile_canonical(definition.canonical);
    DANDORI_ASSERT(compiled.has_value(), "what parse made reads back");
    DANDORI_ASSERT(spec::write_canonical(**compiled) == definition.canonical, "to itself");
  }
  for (const model::CalendarDefinition& definition : parsed.calendars) {
    const auto compiled = spec::compile_calendar(definition.canonical);
    DANDORI_ASSERT(compiled.has_value(), "what parse made reads back");
    DANDORI_ASSERT(*compiled == definition.value, "to itself");
  }
  for (const model::BusinessDateDefinition& definition : parsed.business_dates) {
    const auto compiled = spec::compile_business_date(definition.canonical);
    DANDORI_ASSERT(compiled.has_value(), "what parse made reads back");
    DANDORI_ASSERT(*compiled == definition.value, "to itself");
  }
  const spec::Formatted formatted = spec::format_definitions("fuzz.yaml", text);
  if (formatted.problems.empty()) {
    const spec::Formatted again = spec::format_definitions("fuzz.yaml", formatted.text);
    DANDORI_ASSERT(again.problems.empty(), "what was formatted can be read");
    DANDORI_ASSERT(again.text == formatted.text, "and is done");
  }
  (void)spec::compile_canonical(text);
  return 0;
}
