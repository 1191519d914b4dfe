#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "spec/diff.h"

namespace dandori::spec {

namespace {

using Out = std::vector<Difference>;

/// Rules as text: equal texts are equal rules.
std::vector<std::string> texts_of(const Json* rules) {
  std::vector<std::string> texts;
  if (rules == nullptr || !rules->is_array()) return texts;
  for (const Json& rule : rules->items()) texts.push_back(write_json(rule));
  return texts;
}

/// Pairs of equal rules, in both orders ascending, as many as there can be.
std::vector<std::pair<std::size_t, std::size_t>> common(const std::vector<std::string>& old,
                                                        const std::vector<std::string>& now) {
  const std::size_t width = now.size() + 1;
  std::vector<std::uint32_t> length((old.size() + 1) * width);  // of what both have from there on
  for (std::size_t i = old.size(); i-- > 0;) {
    for (std::size_t j = now.size(); j-- > 0;) {
      length[i * width + j] =
          old[i] == now[j] ? length[(i + 1) * width + j + 1] + 1
                           : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
    }
  }
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0, j = 0; i < old.size() && j < now.size();) {
    if (old[i] == now[j]) {
      pairs.emplace_back(i++, j++);
    } else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  return pairs;
}

/// Between two rules that stayed, the ones in the same place are one rule that changed.
void compare_rules(Out& out, const Json* before, const Json* after) {
  const std::vector<std::string> old = texts_of(before);
  const std::vector<std::string> now = texts_of(after);
  auto pairs = common(old, now);
  pairs.emplace_back(old.size(), now.size());
  std::size_t i = 0;
  std::size_t j = 0;
  for (const auto& [old_end, now_end] : pairs) {
    for (; i < old_end && j < now_end; ++i, ++j) {
      out.push_back(
          {"rule", "changed", std::to_string(j + 1), "", before->items()[i], after->items()[j]});
    }
    for (; i < old_end; ++i) {
      out.push_back({"rule", "removed", std::to_string(i + 1), "", before->items()[i], {}});
    }
    for (; j < now_end; ++j) {
      out.push_back({"rule", "added", std::to_string(j + 1), "", {}, after->items()[j]});
    }
    i = old_end + 1;
    j = now_end + 1;
  }
}

void compare_field(Out& out, std::string_view subject, const std::string& key, const Json* old,
                   const Json* now) {
  if (key == "rules") return compare_rules(out, old, now);
  const Json before = value_of(old);
  const Json after = value_of(now);
  if (write_json(before) == write_json(after)) return;
  out.push_back({subject, "changed", "", key, before, after});
}

Out compare(std::string_view subject, const Json& before, const Json& after) {
  Out out;
  if (before.is_null() || after.is_null()) {
    if (before.is_null() != after.is_null())
      out.push_back({subject, before.is_null() ? "added" : "removed", "", "", before, after});
    return out;
  }
  for (const auto& [key, value] : before.members()) {
    if (after.find(key) == nullptr) compare_field(out, subject, key, &value, nullptr);
  }
  for (const auto& [key, value] : after.members()) {
    compare_field(out, subject, key, before.find(key), &value);
  }
  return out;
}

}  // namespace

std::vector<Difference> calendar_differences(const Json& before, const Json& after) {
  return compare("calendar", before, after);
}

std::vector<Difference> business_date_differences(const Json& before, const Json& after) {
  return compare("business_date", before, after);
}

}  // namespace dandori::spec
