#include <fmt/core.h>

#include <utility>

#include "expr/expr.h"

namespace dandori::expr {

namespace {

std::unexpected<Error> missing(const PathRef& path, std::string_view what, std::string hint = {}) {
  return fail("expr.missing", fmt::format("column {}: {}", path.column, what), std::move(hint),
              to_text(path));
}

/// What the scope does not know, in words.
std::unexpected<Error> not_in_scope(const PathRef& path) {
  switch (path.root) {
    case Root::params:
      return missing(path, fmt::format("there is no parameter '{}'", path.name));
    case Root::vars:
      return missing(path, fmt::format("there is no variable '{}'", path.name),
                     "a `kind: Variable` of this folder or one above defines it");
    case Root::env:
      return missing(path, fmt::format("environment variable '{}' is not set", path.name));
    case Root::run:
    case Root::attempt:
      return missing(path, fmt::format("this run has no {}", to_text(path)));
    case Root::jobs:
      break;
  }
  if (path.field == JobField::outputs) {
    return missing(path, fmt::format("job '{}' has no output '{}'", path.name, path.output),
                   "a job hands on a value by a line NAME=VALUE in the file $DANDORI_OUTPUT");
  }
  return missing(path, fmt::format("job '{}' has no {}", path.name, to_string(path.field)));
}

std::string_view kind_in_words(const Json& value) {
  switch (value.kind()) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return "a boolean";
    case JsonKind::integer:
    case JsonKind::real:
    case JsonKind::decimal:
      return "a number";
    case JsonKind::string:
      return "a string";
    case JsonKind::array:
      return "a list";
    case JsonKind::object:
      return "an object";
  }
  std::unreachable();
}

Result<Json> walk_members(const PathRef& path, Json value) {
  std::string walked = path.members.empty() ? std::string{} : to_text(path, false);
  for (const std::string& member : path.members) {
    if (!value.is_object()) {
      return missing(
          path, fmt::format("{} is {}, so it has no '{}'", walked, kind_in_words(value), member));
    }
    const Json* found = value.find(member);
    if (found == nullptr) return missing(path, fmt::format("{} has no '{}'", walked, member));
    value = Json{*found};
    walked += "." + member;
  }
  return value;
}

Result<void> append_as_text(std::string& out, const PathRef& path, const Json& value) {
  if (value.is_null()) {
    return missing(path, fmt::format("{} is null, which has no text", to_text(path)),
                   "an expression alone in a value may be null");
  }
  if (value.is_string()) {
    out += value.as_string();
  } else {
    append_json(out, value);
  }
  return {};
}

}  // namespace

std::optional<Json> DocumentScope::find(const PathRef& path) const {
  const Json* value = document_.find(to_string(path.root));
  if (value != nullptr) value = value->find(path.name);
  if (value != nullptr && path.field != JobField::none) value = value->find(to_string(path.field));
  if (value != nullptr && path.field == JobField::outputs) value = value->find(path.output);
  return value == nullptr ? std::nullopt : std::optional{*value};
}

Result<Json> evaluate(const Compiled& expression, const Scope& scope) {
  std::optional<Json> value = scope.find(expression.path);
  if (!value) return not_in_scope(expression.path);
  return walk_members(expression.path, std::move(*value));
}

Result<Json> render(std::span<const Piece> pieces, const Scope& scope) {
  if (pieces.size() == 1 && pieces[0].expression) return evaluate(*pieces[0].expression, scope);
  std::string out;
  for (const Piece& piece : pieces) {
    if (!piece.expression) {
      out += piece.text;
      continue;
    }
    const Result<Json> value = evaluate(*piece.expression, scope);
    if (!value) return value;
    if (Result<void> added = append_as_text(out, piece.expression->path, *value); !added) {
      return std::unexpected(std::move(added.error()));
    }
    if (out.size() > kRenderedMax) {
      return fail("expr.too_long",
                  fmt::format("column {}: with the value of {} the text has more than {} bytes",
                              piece.column, to_text(piece.expression->path), kRenderedMax),
                  "hand large values over in a file");
    }
  }
  return Json{std::move(out)};
}

Result<Json> render(std::string_view text, const Scope& scope) {
  const Result<std::vector<Piece>> pieces = parse_template(text);
  if (!pieces) return std::unexpected(pieces.error());
  return render(*pieces, scope);
}

}  // namespace dandori::expr
