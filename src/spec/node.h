#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dandori::spec {

/// A stretch of one line: line and column from 1, in characters.
struct Place {
  int line = 1;
  int column = 1;
  int width = 1;
};

enum class NodeKind : std::uint8_t { null, boolean, integer, real, text, list, map };

struct Member;

/// A value of a definition and where it stands. Scalars keep the text as written (quotes and
/// escapes resolved), so that an unquoted `007` can still be read as text.
struct Node {
  NodeKind kind = NodeKind::null;
  bool block = false;  ///< a `|` or `>` text: places inside it cannot be told
  bool quoted = false;
  Place place;
  std::string text;
  std::vector<Node> items;      ///< of a list
  std::vector<Member> members;  ///< of a map, in order of writing, without doubles

  bool is_scalar() const { return kind < NodeKind::list; }
  /// Member's value, or nullptr.
  const Node* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Place place;  ///< of the key
  Node value;
};

/// What a plain (unquoted) scalar is in the YAML 1.2 core schema.
NodeKind plain_kind(std::string_view text);

}  // namespace dandori::spec
