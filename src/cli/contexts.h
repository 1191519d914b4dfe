#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/console.h"

namespace dandori::cli {

/// A server that `dandori login` has kept, with its token.
struct Context {
  std::string name, server, token;
};

/// The kept servers of this user, and the one in use. A file for its owner alone:
/// `contexts.json` in the user's configuration folder.
struct Contexts {
  std::string current;
  std::vector<Context> items;

  const Context* find(std::string_view name) const;
  void put(Context context);
  /// False: there is none of that name.
  bool remove(std::string_view name);
};

std::string contexts_path();
/// Empty when there is no file. Errors: config.unreadable (also when others may read the tokens).
Result<Contexts> load_contexts(const Console& console, const std::string& path);
/// Replaces the file as a whole, 0600. Errors: config.unwritable.
Result<void> save_contexts(const Console& console, const std::string& path,
                           const Contexts& contexts);

}  // namespace dandori::cli
