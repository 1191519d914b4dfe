#include "cli/define_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/remote.h"
#include "spec/spec.h"

namespace dandori::cli {

namespace {

namespace fs = std::filesystem;

bool is_definition(const fs::path& path) {
  const std::string end = path.extension().string();
  return end == ".yaml" || end == ".yml" || end == ".json";
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

/// The definition files of a folder, by name.
std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (auto at =
           fs::recursive_directory_iterator{folder, fs::directory_options::skip_permission_denied,
                                            error};
       at != fs::recursive_directory_iterator{}; at.increment(error)) {
    if (error) break;
    if (is_hidden(at->path())) {
      if (at->is_directory(error)) at.disable_recursion_pending();
    } else if (at->is_regular_file(error) && is_definition(at->path())) {
      found.push_back(at->path().string());
    }
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

Result<std::vector<DefinitionFile>> read_definitions(const Console& console,
                                                     const std::vector<std::string>& paths) {
  std::vector<DefinitionFile> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const bool is_folder = fs::is_directory(path, error);
    const std::vector<std::string> names = is_folder ? files_in(path) : std::vector{path};
    if (names.empty()) {
      return fail("cli.no_definitions",
                  console.text("problem.no_definitions", {{"path", printable(path)}}),
                  console.text("hint.no_definitions"));
    }
    for (const std::string& name : names) {
      auto text = read_file(console, name, spec::kTextBytesMax);
      if (!text) return std::unexpected(text.error());
      files.push_back({name, std::move(*text)});
    }
  }
  return files;
}

bool names_file(const std::string& target) {
  std::error_code error;
  return target == "-" || target.contains('/') || is_definition(target) ||
         fs::exists(target, error);
}

Json files_json(const std::vector<DefinitionFile>& files) {
  Json::Array items;
  for (const DefinitionFile& file : files) {
    items.push_back(Json::object({{"name", file.name}, {"text", file.text}}));
  }
  return Json::array(std::move(items));
}

}  // namespace dandori::cli
