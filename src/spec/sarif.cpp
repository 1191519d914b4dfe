#include <algorithm>
#include <map>
#include <string>

#include "spec/lint.h"

namespace dandori::spec {

namespace {

constexpr std::string_view kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A file's name as a URI reference.
std::string uri_of(std::string_view file) {
  constexpr std::string_view kPlain = "-._~/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_letter || kPlain.contains(c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

Json text_json(std::string_view text) {
  return Json::object({{"text", text}});
}

Json rule_json(const std::string& code) {
  Json out = Json::object({{"id", code}});
  constexpr std::string_view kLint = "lint.";
  if (!code.starts_with(kLint)) return out;
  const auto rules = lint_rules();
  const auto rule =
      std::ranges::find(rules, std::string_view{code}.substr(kLint.size()), &Rule::name);
  if (rule == rules.end()) return out;
  out.set("shortDescription", text_json(rule->english));
  out.set("defaultConfiguration", Json::object({{"level", to_string(rule->level)}}));
  return out;
}

Json location_json(const Problem& problem) {
  Json physical =
      Json::object({{"artifactLocation", Json::object({{"uri", uri_of(problem.file)}})}});
  if (problem.line > 0) {
    Json region =
        Json::object({{"startLine", problem.line}, {"startColumn", std::max(problem.column, 1)}});
    physical.set("region", std::move(region));
  }
  return Json::object({{"physicalLocation", std::move(physical)}});
}

}  // namespace

Json to_json(const Finding& finding) {
  const Problem& problem = finding.problem;
  return Json::object({{"rule", problem.code},
                       {"severity", to_string(finding.level)},
                       {"message", problem.message},
                       {"hint", problem.hint},
                       {"file", problem.file},
                       {"line", problem.line},
                       {"column", problem.column}});
}

Json write_sarif(std::span<const Finding> findings, std::string_view version) {
  std::map<std::string, std::int64_t> index_of;
  for (const Finding& finding : findings) index_of.emplace(finding.problem.code, 0);
  Json::Array rules;
  for (auto& [code, index] : index_of) {
    index = static_cast<std::int64_t>(rules.size());
    rules.push_back(rule_json(code));
  }
  Json::Array results;
  for (const Finding& finding : findings) {
    const Problem& problem = finding.problem;
    const std::string text =
        problem.hint.empty() ? problem.message : problem.message + "\n" + problem.hint;
    results.push_back(Json::object({{"ruleId", problem.code},
                                    {"ruleIndex", index_of[problem.code]},
                                    {"level", to_string(finding.level)},
                                    {"message", text_json(text)},
                                    {"locations", Json::array({location_json(problem)})}}));
  }
  const Json driver = Json::object(
      {{"name", "dandori"}, {"version", version}, {"rules", Json::array(std::move(rules))}});
  Json run = Json::object({{"tool", Json::object({{"driver", driver}})},
                           {"columnKind", "unicodeCodePoints"},
                           {"results", Json::array(std::move(results))}});
  return Json::object({{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({run})}});
}

}  // namespace dandori::spec
