#include "calendar/business_calendar.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace dandori::calendar {

namespace {

constexpr std::int32_t kDayCount = kCalendarDays.last - kCalendarDays.first + 1;
constexpr std::size_t kWordCount = (kDayCount + 63) / 64;

std::size_t bit_of(Day day) {
  return static_cast<std::size_t>(day - kCalendarDays.first);
}

/// The day of the month that its n-th weekday falls on, which may lie past its end; nth 0: the
/// last.
int nth_weekday_day(int year, int month, model::NthWeekday which) {
  const int first = weekday(make_day(year, month, 1));
  const int earliest = 1 + (which.weekday - first + 7) % 7;
  if (which.nth > 0) return earliest + (which.nth - 1) * 7;
  return earliest + (month_length(year, month) - earliest) / 7 * 7;
}

bool starts_on_first(const model::MonthStart& start) {
  using Form = model::MonthStart::Form;
  return start.number == 1 && (start.form == Form::day || start.form == Form::last);
}

YearMonthDay next_month(int year, int month) {
  return month == 12 ? YearMonthDay{year + 1, 1, 1} : YearMonthDay{year, month + 1, 1};
}
YearMonthDay month_before(int year, int month) {
  return month == 1 ? YearMonthDay{year - 1, 12, 1} : YearMonthDay{year, month - 1, 1};
}

}  // namespace

BusinessCalendarPtr BusinessCalendar::plain() {
  static const BusinessCalendarPtr every_day = [] {
    std::shared_ptr<BusinessCalendar> made{new BusinessCalendar};
    made->open_.assign(kWordCount, ~std::uint64_t{0});
    made->count_open();
    return made;
  }();
  return every_day;
}

BusinessCalendarPtr BusinessCalendar::make(const model::Calendar& definition,
                                           const std::function<bool(Day)>& is_open) {
  std::shared_ptr<BusinessCalendar> made{new BusinessCalendar};
  made->name_ = definition.name;
  made->timezone_ = definition.timezone;
  made->day_starts_at_s_ = definition.day_starts_at_s;
  made->months_ = CalendarMonths{definition.month_starts_on, definition.label};
  made->open_.assign(kWordCount, 0);
  for (std::int32_t i = 0; i < kDayCount; ++i) {
    const auto bit = static_cast<std::size_t>(i);
    if (is_open(kCalendarDays.first + i)) made->open_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  made->count_open();
  return made;
}

void BusinessCalendar::count_open() {
  if (const unsigned rest = kDayCount % 64; rest != 0) {
    open_.back() &= (std::uint64_t{1} << rest) - 1;
  }
  open_words_.resize(open_.size());
  std::int32_t count = 0;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    open_words_[i] = count;
    count += std::popcount(open_[i]);
  }
}

bool BusinessCalendar::is_open(Day day) const {
  if (!kCalendarDays.contains(day)) return false;
  const std::size_t bit = bit_of(day);
  return ((open_[bit / 64] >> (bit % 64)) & 1U) != 0;
}

std::int32_t BusinessCalendar::open_before(Day day) const {
  if (day <= kCalendarDays.first) return 0;
  const std::size_t bit = bit_of(std::min(day, kCalendarDays.last + 1));
  if (bit / 64 == open_.size()) return open_words_.back() + std::popcount(open_.back());
  const std::uint64_t before = (std::uint64_t{1} << (bit % 64)) - 1;
  return open_words_[bit / 64] + std::popcount(open_[bit / 64] & before);
}

std::optional<Day> BusinessCalendar::open_at(std::int32_t index) const {
  if (index < 0) return std::nullopt;
  const auto after = std::ranges::upper_bound(open_words_, index);
  const auto word = static_cast<std::size_t>(after - open_words_.begin()) - 1;
  std::uint64_t bits = open_[word];
  for (std::int32_t skip = index - open_words_[word]; skip > 0 && bits != 0; --skip) {
    bits &= bits - 1;
  }
  if (bits == 0) return std::nullopt;
  const std::size_t bit = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
  return kCalendarDays.first + static_cast<std::int32_t>(bit);
}

std::optional<Day> BusinessCalendar::next_open(Day day) const {
  return is_open(day) ? std::optional{day} : open_at(open_before(day));
}

std::optional<Day> BusinessCalendar::previous_open(Day day) const {
  return is_open(day) ? std::optional{day} : open_at(open_before(day) - 1);
}

Day BusinessCalendar::business_date(LocalTime local) const {
  return day_of(LocalTime{local.seconds - day_starts_at_s_});
}

Day CalendarMonths::begin(int year, int month) const {
  switch (start_.form) {
    case model::MonthStart::Form::day:
      return make_day(year, month, start_.number);
    case model::MonthStart::Form::weekday:
      return make_day(year, month, nth_weekday_day(year, month, start_.nth));
    case model::MonthStart::Form::last:
      return make_day(year, month, month_length(year, month) + start_.number);
  }
  std::unreachable();
}

CalendarMonth CalendarMonths::of(Day day) const {
  YearMonthDay at = to_ymd(day);
  // The month that starts in (Y, M) may begin up to 28 days past its end (`last+28`).
  while (begin(at.year, at.month) > day) at = month_before(at.year, at.month);
  YearMonthDay next = next_month(at.year, at.month);
  while (begin(next.year, next.month) <= day) {
    at = next;
    next = next_month(at.year, at.month);
  }
  CalendarMonth month{.first = begin(at.year, at.month), .last = begin(next.year, next.month) - 1};
  YearMonthDay named = to_ymd(month.first);
  // One that always starts on the 1st is a civil month: both ends are in it. Elsewhere the names
  // must follow each other, also where a month that starts on a Monday happens to end with May.
  if (label_ == model::MonthLabel::end && !starts_on_first(start_))
    named = next_month(named.year, named.month);
  month.year = named.year;
  month.month = named.month;
  return month;
}

CalendarMonth CalendarMonths::labelled(int year, int month) const {
  // Labels follow each other, so the wanted one lies at most two months beside the civil one.
  CalendarMonth found = of(make_day(year, month, 1));
  const auto order = [](int y, int m) { return y * 12 + m; };
  while (order(found.year, found.month) < order(year, month)) found = of(found.last + 1);
  while (order(found.year, found.month) > order(year, month)) found = of(found.first - 1);
  return found;
}

Json to_json(const DayReason& reason) {
  Json rule;
  switch (reason.rule) {
    case DayReason::kNoRule:
      rule = "none";
      break;
    case DayReason::kNotValid:
      rule = "not_valid";
      break;
    case DayReason::kCombined:
      rule = "combined";
      break;
    case DayReason::kOutside:
      rule = "outside";
      break;
    default:
      rule = reason.rule + 1;
  }
  Json out = Json::object({{"open", reason.open}, {"rule", std::move(rule)}});
  if (!reason.calendar.empty()) out.set("calendar", reason.calendar);
  if (!reason.form.empty()) out.set("form", reason.form);
  if (!reason.title.empty()) out.set("title", reason.title);
  if (!reason.title_en.empty()) out.set("title_en", reason.title_en);
  return out;
}

}  // namespace dandori::calendar
