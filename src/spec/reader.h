#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "spec/node.h"
#include "spec/problems.h"

namespace dandori::spec {

/// One document of a file. `source` is its text with the comments before it.
struct Document {
  Node root;
  std::string_view source;
};

/// The documents of the file that `problems` holds, in order; empty ones are left out. A syntax
/// error ends the reading: what stands before it is still returned. Problems: spec.encoding,
/// spec.too_big, spec.syntax, spec.too_deep, spec.alias, spec.tag, spec.duplicate_key.
std::vector<Document> read_documents(Problems& problems);

/// A JSON value as a node; every place is `place`.
Node to_node(const Json& value, Place place = {});

}  // namespace dandori::spec
