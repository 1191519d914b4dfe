// Any text as a cron expression and as the time of a `once` trigger: errors have their codes, and
// what is accepted fires at readings that it names, in zones with all kinds of clock changes.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "calendar/cron.h"
#include "calendar/once.h"

namespace {

using namespace dandori;
using namespace dandori::calendar;

const std::array<TimeZone, 4>& zones() {
  static const std::array<TimeZone, 4> loaded{
      TimeZone{}, TimeZone::load("America/New_York").value_or(TimeZone{}),
      TimeZone::load("Australia/Lord_Howe").value_or(TimeZone{}),
      TimeZone::load("America/Sao_Paulo").value_or(TimeZone{})};
  return loaded;
}

bool names_time(const CronExpr& cron, LocalTime reading) {
  const std::int64_t minute = reading.seconds / 60 - std::int64_t{day_of(reading).days} * 1440;
  return cron.minutes[static_cast<std::size_t>(minute % 60)] &&
         cron.hours[static_cast<std::size_t>(minute / 60)] &&
         cron.months[static_cast<std::size_t>(to_ymd(day_of(reading)).month)];
}

void check_fires(const CronExpr& cron, const TimeZone& zone, model::DstRule dst) {
  Timestamp after{1'520'000'000'000'000};  // March 2018: all zones still change their clocks
  for (int i = 0; i < 20; ++i) {
    const std::optional<Fire> fire = next_fire(cron, zone, dst, after);
    DANDORI_ASSERT(fire.has_value(), "what parse_cron accepts fires some day");
    DANDORI_ASSERT(fire->at > after, "the next fire lies after");
    DANDORI_ASSERT(names_time(cron, fire->nominal), "a fire stands at a reading of the expression");
    const LocalLookup found = zone.from_local(fire->nominal);
    DANDORI_ASSERT(fire->at == (fire->second ? found.second : found.first),
                   "the instant is that of the reading");
    after = fire->at;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto bits = static_cast<unsigned>(size);
  const model::DstRule dst{.gap = model::DstGap::shift,
                           .overlap = static_cast<model::DstOverlap>(bits % 3)};
  const Result<Fire> once = parse_once(text, zones()[bits % 4], dst);
  if (!once) DANDORI_ASSERT(once.error().code.starts_with("calendar."), "once has its own codes");

  const Result<CronExpr> cron = parse_cron(text);
  if (!cron) {
    DANDORI_ASSERT(cron.error().code.starts_with("cron."), "cron has its own codes");
    DANDORI_ASSERT(!cron.error().message.empty(), "an error says something");
    return 0;
  }
  DANDORI_ASSERT(parse_cron(cron->text) == *cron, "the kept text reads back the same");
  for (const TimeZone& zone : zones()) check_fires(*cron, zone, dst);
  return 0;
}
