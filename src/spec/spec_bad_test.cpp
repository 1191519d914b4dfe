#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.h"

namespace dandori::spec {
namespace {

namespace fs = std::filesystem;

/// A folder of the source tree that holds the current folder; empty: not inside one.
fs::path source_folder(std::string_view name) {
  for (fs::path at = fs::current_path(); at != at.parent_path(); at = at.parent_path()) {
    if (fs::is_directory(at / name)) return at / name;
  }
  return {};
}

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string report(const fs::path& path) {
  std::string out;
  Parsed parsed = parse_definitions(path.filename().string(), read_file(path));
  check_set(parsed);
  for (const Problem& problem : parsed.problems) {
    out += format_problem(problem, true) + "\n";
  }
  return out;
}

TEST_CASE("every broken definition is told in exactly the expected words [FLW-14]") {
  const fs::path folder = source_folder("tests/data/bad");
  REQUIRE_MESSAGE(!folder.empty(), "run this inside the source tree");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  REQUIRE(files.size() >= 30);
  for (const fs::path& file : files) {
    CAPTURE(file.filename().string());
    const fs::path expected = fs::path{file}.replace_extension(".expected");
    const std::string told = report(file);
    // DANDORI_WRITE_EXPECTED=1 writes the texts anew; read the difference before it is committed.
    if (std::getenv("DANDORI_WRITE_EXPECTED") != nullptr)
      std::ofstream{expected, std::ios::binary} << told;
    CHECK(!told.empty());
    CHECK(told == read_file(expected));
  }
}

TEST_CASE(
    "the shipped sample is valid: daily at 20:00 in Tokyo, three branches, then total and report") {
  const fs::path folder = source_folder("examples/daily_close");
  REQUIRE_MESSAGE(!folder.empty(), "run this inside the source tree");
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() != ".yaml") continue;
    CAPTURE(entry.path().filename().string());
    CHECK(report(entry.path()) == "");
  }
  const Parsed parsed =
      parse_definitions("daily_close.yaml", read_file(folder / "daily_close.yaml"));
  REQUIRE(parsed.workflows.size() == 1);
  const model::Workflow& workflow = *parsed.workflows[0].workflow;
  CHECK(workflow.jobs.size() == 12);
  CHECK(workflow.triggers.at(0).cron == "0 20 * * *");
  CHECK(workflow.triggers.at(0).timezone == "Asia/Tokyo");
  const auto compiled = compile_canonical(parsed.workflows[0].canonical);
  REQUIRE(compiled);
  CHECK(write_canonical(**compiled) == parsed.workflows[0].canonical);
}

}  // namespace
}  // namespace dandori::spec
