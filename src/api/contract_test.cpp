#include "api/contract.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <set>
#include <string>

#include "api/routes.h"

namespace dandori::api {
namespace {

constexpr const char* kMethods[] = {"get", "post", "put", "delete", "patch"};

/// `GET /api/v1/runs view`
std::set<std::string> described() {
  std::set<std::string> found;
  for (const auto& [path, item] : contract()["paths"].members()) {
    for (const char* method : kMethods) {
      const Json* operation = item.find(method);
      if (operation == nullptr) continue;
      std::string upper{method};
      for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
      found.insert(fmt::format("{} {} {}", upper, path, operation->text_or("x-permission", "-")));
    }
  }
  return found;
}

std::set<std::string> compiled() {
  std::set<std::string> found;
  for (const Route& route : routes()) {
    found.insert(fmt::format("{} {} {}", route.method, route.pattern, to_string(route.permission)));
  }
  return found;
}

std::string missing(const std::set<std::string>& from, const std::set<std::string>& in) {
  std::string text;
  for (const std::string& line : from) {
    if (!in.contains(line)) text += line + "\n";
  }
  return text;
}

/// Every `$ref` below `value` names something that is there.
void check_references(const Json& value, std::string& broken) {
  if (value.is_array()) {
    for (const Json& item : value.items()) check_references(item, broken);
  }
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.members()) {
    if (key != "$ref" || !member.is_string()) {
      check_references(member, broken);
      continue;
    }
    const Json* at = &contract();
    std::string_view rest{member.as_string()};
    rest.remove_prefix(2);  // `#/`
    while (at != nullptr && !rest.empty()) {
      const std::size_t slash = std::min(rest.find('/'), rest.size());
      at = at->find(rest.substr(0, slash));
      rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    if (at == nullptr) broken += member.as_string() + "\n";
  }
}

TEST_CASE("the contract describes the compiled route table, permission by permission") {
  CHECK(missing(compiled(), described()) == "");  // served and not described
  CHECK(missing(described(), compiled()) == "");  // described as served and not there
  CHECK(compiled().size() == routes().size());
}

TEST_CASE(
    "every reference in the contract leads somewhere, and operations have names of their own") {
  std::string broken;
  check_references(contract(), broken);
  CHECK(broken == "");
  std::set<std::string> names;
  for (const auto& [path, item] : contract()["paths"].members()) {
    for (const char* method : kMethods) {
      const Json* operation = item.find(method);
      if (operation == nullptr) continue;
      CHECK_MESSAGE(names.insert(std::string{operation->text_or("operationId", "")}).second, path);
    }
  }
}

TEST_CASE("the words of the contract are the model's") {
  const auto check = [](const char* name, std::span<const std::string_view> words) {
    const Json& listed = contract()["components"]["schemas"][name]["enum"];
    REQUIRE_MESSAGE(listed.size() == words.size(), name);
    for (std::size_t i = 0; i < words.size(); ++i) {
      CHECK(listed.items()[i].as_string() == words[i]);
    }
  };
  check("RunState", model::words_of<model::RunState>());
  check("JobState", model::words_of<model::JobState>());
  check("AttemptState", model::words_of<model::AttemptState>());
  check("PlannedState", model::words_of<model::PlannedState>());
  check("MissReason", model::words_of<model::MissReason>());
  check("FailureKind", model::words_of<model::FailureKind>());
  check("Origin", model::words_of<model::Origin>());
  check("Channel", model::words_of<model::Channel>());
  check("JobType", model::words_of<model::JobType>());
  check("Role", model::words_of<model::Role>());
  check("MarkKind", model::words_of<model::MarkKind>());
}

TEST_CASE("each role may do what the ones before it may, and more") {
  using enum Permission;
  using model::Role;
  CHECK(allows(Role::viewer, view));
  CHECK_FALSE(allows(Role::viewer, run));
  CHECK(allows(Role::operator_, run));
  CHECK(allows(Role::operator_, operate));
  CHECK_FALSE(allows(Role::operator_, edit));
  CHECK(allows(Role::author, edit));
  CHECK_FALSE(allows(Role::author, admin));
  CHECK(allows(Role::admin, admin));
  CHECK(write_json(permissions_json(Role::operator_)) == R"(["view","run","operate"])");
}

}  // namespace
}  // namespace dandori::api
