#pragma once

#include <string>
#include <vector>

#include "cli/grammar.h"

namespace dandori::cli {

/// One page of the manual: `dandori-workflow` and its text in the language of the grammar, as roff
/// (man macros).
struct ManPage {
  std::string name, text;
};

/// `dandori` and one page for each of its commands; verbs of a noun stand on the noun's page.
std::vector<ManPage> manual(Grammar& grammar, const std::string& version);

}  // namespace dandori::cli
