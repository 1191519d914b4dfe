#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/console.h"

namespace dandori::cli {

/// A definition file that was read. name: as messages show it.
struct DefinitionFile {
  std::string name;
  std::string text;
};

/// Reads files; a folder stands for all `.yaml`, `.yml` and `.json` files in it and below, by name
/// (hidden ones are left out); `-` is standard input. Errors: cli.read_file, cli.no_definitions.
Result<std::vector<DefinitionFile>> read_definitions(const Console& console,
                                                     const std::vector<std::string>& paths);

/// Whether a target is a file or a folder, not a name that the server knows: `-`, a path, a name
/// that ends as definition files do, or what is there.
bool names_file(const std::string& target);

/// `[{name, text}]` of the files, for the server.
Json files_json(const std::vector<DefinitionFile>& files);

}  // namespace dandori::cli
