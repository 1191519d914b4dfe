#pragma once

#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/workflow.h"
#include "spec/node.h"
#include "spec/problems.h"
#include "spec/shape.h"

namespace dandori::spec {

/// Where in a definition we are: `jobs.load.retry`. A list through the callers' frames; costs
/// nothing until a message needs the text.
struct Path {
  const Path* parent = nullptr;
  std::string_view key;
  std::string text() const;
  Path operator/(std::string_view child) const { return {this, child}; }
};

/// What a text with an expression may name there.
enum class Scope : std::uint8_t {
  job,       ///< everything: args, env, cwd and stdin of one job
  workflow,  ///< env of the workflow: not jobs
  start,     ///< defaults and start parameters: vars and run
};

/// A text with an expression, to be checked when the whole workflow is known.
struct ExpressionUse {
  std::string text;
  std::string path;
  Place place;
  bool exact = false;  ///< one line as written: a place inside the text can be told
  Scope scope = Scope::job;
  std::size_t job = 0;
};

/// What reading one document needs and gathers.
struct Context {
  Problems& problems;
  bool stored = false;  ///< a revision read back: names outside it are not looked up again
  Scope scope = Scope::job;
  std::size_t job = 0;  ///< the job that is read
  std::vector<ExpressionUse> expressions = {};
  std::vector<TimeUse> times = {};

  void add(Place place, std::string_view code, std::string message, std::string hint = {}) {
    problems.add(place, code, std::move(message), std::move(hint));
  }
};

/// Checks the node against the shape, down to objects (read_object checks those).
/// Problems: spec.wrong_type, spec.bad_value, spec.unknown_word, spec.expression_in_script.
bool check(Context& context, const Node& node, const Shape& shape, const Path& path);

/// The node of each field of `info`, nullptr where it is absent or wrong.
/// Problems: those of check, spec.unknown_key, spec.not_supported, spec.missing_key.
std::vector<const Node*> match_fields(Context& context, const Node& node, const Path& path,
                                      const ObjectInfo& info);

/// The fields of one kind of object and how each is read into T. Readers get checked nodes only.
template <class T>
struct Table : ObjectInfo {
  using Read = void (*)(Context& context, const Node& node, const Path& path, T& out);
  struct Row {
    FieldInfo info;
    Read read;
  };
  std::vector<Read> reads;

  Table(std::string_view table_name, std::string_view in_english, std::string_view in_japanese,
        std::initializer_list<Row> rows, std::vector<std::string_view> later_keys = {}) {
    name = table_name;
    english = in_english;
    japanese = in_japanese;
    later = std::move(later_keys);
    for (const Row& row : rows) {
      fields.push_back(row.info);
      reads.push_back(row.read);
    }
  }
};

/// Reads an object's fields in the order of its table. False: it is no map.
template <class T>
bool read_object(Context& context, const Node& node, const Path& path, const Table<T>& table,
                 T& out) {
  if (!check(context, node, object_of(table), path)) return false;
  const std::vector<const Node*> nodes = match_fields(context, node, path, table);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] != nullptr) table.reads[i](context, *nodes[i], path / table.fields[i].key, out);
  }
  return true;
}

/// `did you mean 'retry'?`, or all there is.
std::string suggest(std::string_view word, const std::vector<std::string>& known,
                    std::string_view known_label);

// Checked scalars to values.
bool read_bool(const Node& node);
std::int64_t read_integer(const Node& node);
double read_number(const Node& node);
Duration read_duration(const Node& node);
template <class E>
E read_word(const Node& node) {
  return *model::parse_word<E>(node.text);
}
/// A JSON value. Problems: spec.bad_value for .inf and .nan (null instead).
Json read_json(Context& context, const Node& node, const Path& path);
/// A text that may hold expressions; they are noted for the check at the end.
model::Template read_template(Context& context, const Node& node, const Path& path);
/// One value or a list of them, the same to a reader.
std::vector<const Node*> as_list(const Node& node);

std::map<std::string, std::string> read_labels(const Node& node);
using Env = std::vector<std::pair<std::string, model::Template>>;
/// Adds variables to `env`, replacing those of the same name; by name, as their order means
/// nothing.
void read_env(Context& context, const Node& node, const Path& path, Env& env);

inline constexpr double kNoMaximum = 4294967295.0;
inline constexpr double kOneMicrosecond = 1;

}  // namespace dandori::spec
