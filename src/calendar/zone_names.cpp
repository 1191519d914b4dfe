#include "calendar/zone_names.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <vector>

#include "base/text.h"

namespace dandori::calendar {

namespace {

/// `Z NAME rules…` and `L TARGET NAME` lines of the compact source of the database.
void read_zi(std::istream& in, std::vector<std::string>& names) {
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string_view> words = split(line, ' ');
    if (words.size() >= 3 && words[0] == "Z") names.emplace_back(words[1]);
    if (words.size() >= 3 && words[0] == "L") names.emplace_back(words[2]);
  }
}

/// Country codes, coordinates, name, comment; separated by tabs.
void read_tab(std::istream& in, std::vector<std::string>& names) {
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string_view> columns = split(line, '\t');
    if (columns.size() >= 3) names.emplace_back(columns[2]);
  }
}

std::vector<std::string> read_names() {
  std::vector<std::string> names;
  if (std::ifstream in{"/usr/share/zoneinfo/tzdata.zi"}) read_zi(in, names);
  if (names.empty()) {
    if (std::ifstream in{"/usr/share/zoneinfo/zone1970.tab"}) read_tab(in, names);
  }
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
  return names;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view city_of(std::string_view name) {
  return name.substr(name.rfind('/') + 1);
}

}  // namespace

std::span<const std::string> zone_names() {
  static const std::vector<std::string> names = read_names();
  return names;
}

std::string suggest_zone(std::string_view name) {
  if (name.empty() || name.size() > 64) return {};
  const std::span<const std::string> names = zone_names();
  for (const std::string& known : names) {
    if (same_ignoring_case(known, name)) return known;
  }
  for (const std::string& known : names) {
    if (same_ignoring_case(city_of(known), city_of(name))) return known;
  }
  return nearest(name, names).value_or(std::string{});
}

}  // namespace dandori::calendar
