#include "model/calendar.h"

#include <utility>

namespace dandori::model {

CalendarRef ref_to(std::string name) {
  CalendarRef ref;
  ref.name = std::move(name);
  return ref;
}

std::string_view first_name(const CalendarRef& ref) {
  if (!ref.name.empty()) return ref.name;
  for (const auto* list : {&ref.all_of, &ref.any_of, &ref.minus, &ref.none_of}) {
    for (const CalendarRef& part : *list) {
      if (const std::string_view name = first_name(part); !name.empty()) return name;
    }
  }
  return {};
}

void each_name(const CalendarRef& ref, std::vector<std::string>& out) {
  if (!ref.name.empty()) out.push_back(ref.name);
  for (const auto* list : {&ref.all_of, &ref.any_of, &ref.none_of, &ref.minus}) {
    for (const CalendarRef& part : *list) each_name(part, out);
  }
}

}  // namespace dandori::model
