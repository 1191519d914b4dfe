#include "spec/diff.h"

#include <algorithm>
#include <map>
#include <set>

namespace dandori::spec {

namespace {

/// Maps of named things in a workflow, and what one of them is called in codes.
struct Group {
  std::string_view key;
  std::string_view what;
};
constexpr Group kGroups[] = {
    {"params", "param"}, {"env", "env"}, {"triggers", "trigger"}, {"jobs", "job"}};

const Group* group_of(std::string_view key) {
  const auto found = std::ranges::find(kGroups, key, &Group::key);
  return found == std::end(kGroups) ? nullptr : found;
}

using Out = std::vector<Difference>;

/// By their text: the order of members is part of a canonical form.
bool is_same(const Json& left, const Json& right) {
  return left == right && write_json(left) == write_json(right);
}

/// Keys of both objects: in the order of the second, after those that only the first has.
std::vector<std::string> keys_of(const Json& before, const Json& after) {
  std::vector<std::string> keys;
  const auto members = [](const Json& value) {
    return value.is_object() ? value.members() : Json::Object{};
  };
  std::set<std::string_view> kept;
  const Json::Object later = members(after);
  for (const auto& [key, value] : later) kept.insert(key);
  for (const auto& [key, value] : members(before)) {
    if (!kept.contains(key)) keys.push_back(key);
  }
  for (const auto& [key, value] : later) keys.push_back(key);
  return keys;
}

/// The predecessors of a job with the states that count, by id.
std::map<std::string, Json> conditions_of(const Json* list) {
  std::map<std::string, Json> conditions;
  if (list == nullptr || !list->is_array()) return conditions;
  for (const Json& item : list->items()) {
    if (item.is_string()) {
      conditions[item.as_string()] = {};
    } else {
      conditions[std::string{item.text_or("job", "")}] = item["state"];
    }
  }
  return conditions;
}

void compare_dependencies(Out& out, const std::string& job, const Json* before, const Json* after) {
  const std::map<std::string, Json> old = conditions_of(before);
  const std::map<std::string, Json> now = conditions_of(after);
  for (const auto& [name, states] : old) {
    const auto found = now.find(name);
    if (found == now.end()) {
      out.push_back({"dependency", "removed", job, name, states, {}});
    } else if (!is_same(found->second, states)) {
      out.push_back({"dependency", "changed", job, name, states, found->second});
    }
  }
  for (const auto& [name, states] : now) {
    if (!old.contains(name)) out.push_back({"dependency", "added", job, name, {}, states});
  }
}

/// Two things of the same name, field by field.
void compare_fields(Out& out, std::string_view what, const std::string& name, const Json& before,
                    const Json& after) {
  if (!before.is_object() || !after.is_object()) {
    if (!is_same(before, after)) out.push_back({what, "changed", name, "", before, after});
    return;
  }
  for (const std::string& key : keys_of(before, after)) {
    const Json* old = before.find(key);
    const Json* now = after.find(key);
    if (old != nullptr && now != nullptr && is_same(*old, *now)) continue;
    if (what == "job" && key == "depends_on") {
      compare_dependencies(out, name, old, now);
    } else {
      out.push_back({what, "changed", name, key, value_of(old), value_of(now)});
    }
  }
}

using Names = std::map<std::string_view, const Json*>;

/// Whether the names that both have stand in another order.
bool is_reordered(const Json& before, const Names& olds, const Json& after, const Names& nows) {
  const auto shared = [](const Json& of, const Names& others) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : of.members()) {
      if (others.contains(name)) names.push_back(name);
    }
    return names;
  };
  return shared(before, nows) != shared(after, olds);
}

void compare_group(Out& out, const Group& group, const Json* before, const Json* after) {
  const Json none = Json::object();
  const Json& old = before == nullptr ? none : *before;
  const Json& now = after == nullptr ? none : *after;
  Names olds;
  Names nows;
  for (const auto& [name, value] : old.members()) olds.emplace(name, &value);
  for (const auto& [name, value] : now.members()) nows.emplace(name, &value);
  for (const auto& [name, value] : old.members()) {
    if (!nows.contains(name)) out.push_back({group.what, "removed", name, "", value, {}});
  }
  for (const auto& [name, value] : now.members()) {
    const auto found = olds.find(name);
    if (found == olds.end()) {
      out.push_back({group.what, "added", name, "", {}, value});
    } else {
      compare_fields(out, group.what, name, *found->second, value);
    }
  }
  if (is_reordered(old, olds, now, nows)) out.push_back({group.what, "reordered", "", "", {}, {}});
}

}  // namespace

Json value_of(const Json* value) {
  return value == nullptr ? Json{} : *value;
}

std::vector<Difference> differences(const Json& before, const Json& after) {
  Out out;
  if (before.is_null() && after.is_null()) return out;
  if (before.is_null() || after.is_null()) {
    const auto size = [](const Json& workflow) {
      if (workflow.is_null()) return Json{};
      return Json::object(
          {{"jobs", workflow["jobs"].size()}, {"triggers", workflow["triggers"].size()}});
    };
    out.push_back(
        {"workflow", before.is_null() ? "added" : "removed", "", "", size(before), size(after)});
    return out;
  }
  for (const std::string& key : keys_of(before, after)) {
    const Json* old = before.find(key);
    const Json* now = after.find(key);
    if (const Group* group = group_of(key)) {
      compare_group(out, *group, old, now);
      continue;
    }
    if (old != nullptr && now != nullptr && is_same(*old, *now)) continue;
    out.push_back({"workflow", "changed", "", key, value_of(old), value_of(now)});
  }
  return out;
}

Json to_json(const Difference& difference) {
  const bool is_job = difference.subject == "job" || difference.subject == "dependency";
  std::string path = difference.subject == "rule" ? "/rules" : "";
  for (const Group& group : kGroups) {
    const std::string_view what = difference.subject == "dependency" ? "job" : difference.subject;
    if (group.what == what) path = std::string{"/"}.append(group.key);
  }
  if (!difference.name.empty()) path += "/" + difference.name;
  if (difference.subject == "dependency") path += "/depends_on";
  if (!difference.field.empty()) path += "/" + difference.field;
  Json out = Json::object({{"op", difference.op}, {"subject", difference.subject}});
  if (is_job && !difference.name.empty()) out.set("job", difference.name);
  out.set("path", path);
  out.set("before", difference.before);
  out.set("after", difference.after);
  return out;
}

}  // namespace dandori::spec
