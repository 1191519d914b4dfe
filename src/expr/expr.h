#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace dandori::expr {

inline constexpr std::size_t kTextMax = 64U << 10U;     ///< bytes of a text with expressions
inline constexpr std::size_t kRenderedMax = 1U << 20U;  ///< bytes of what it becomes
inline constexpr std::size_t kNamesMax = 32;            ///< names of one path

/// The first name of a path.
enum class Root : std::uint8_t { params, vars, env, run, attempt, jobs };
/// What of a job is asked for; `none` under other roots.
enum class JobField : std::uint8_t { none, state, exit_code, outputs };

std::string_view to_string(Root root);
std::string_view to_string(JobField field);

/// A path such as `params.day`, `run.number`, `jobs.load.outputs.rows.total`.
struct PathRef {
  Root root = Root::params;
  std::string name;  ///< parameter, variable, environment variable, field of run or attempt, job id
  JobField field = JobField::none;
  std::string output = {};                ///< of JobField::outputs: its name
  std::vector<std::string> members = {};  ///< below the value of a parameter, variable or output
  std::size_t column = 1;                 ///< of its first character, counted in characters from 1

  bool operator==(const PathRef&) const = default;
};

/// As it is written: `jobs.load.outputs.rows`. With `members` or only as far as a Scope looks.
std::string to_text(const PathRef& path, bool with_members = true);

/// A checked expression. Callers keep it and do not look inside: now one path, later a tree.
struct Compiled {
  PathRef path;

  bool operator==(const Compiled&) const = default;
};

/// Checks what stands between `${{` and `}}`.
///
/// Expressions are paths: `params.X` and `vars.X` (deeper too), `env.X`, `attempt.number`,
/// `run.id|number|transaction_id|scheduled_for|started_at|trigger|business_date`,
/// `jobs.ID.outputs.X` (deeper too), `jobs.ID.state`, `jobs.ID.exit_code`.
/// Errors, each with the column: expr.unsupported (more than a path), expr.syntax, expr.too_long.
Result<Compiled> compile(std::string_view inside);

/// A stretch of plain text, or one expression.
struct Piece {
  std::string text;  ///< plain text (`$${{` already read as `${{`), or the inside of the expression
  std::optional<Compiled> expression = {};
  std::size_t offset = 0;  ///< of its first byte in the template
  std::size_t column = 1;  ///< of it, in characters from 1; paths inside count the same way

  bool operator==(const Piece&) const = default;
};

/// Splits text and `${{ … }}`; `$${{` stands for the characters `${{`. An empty text has no pieces.
/// `}}` inside quotes or braces does not end an expression. Errors: those of compile.
Result<std::vector<Piece>> parse_template(std::string_view text);

/// Every path that is read, in order of writing: to check names when a definition is applied.
std::vector<PathRef> references(const Compiled& expression);
std::vector<PathRef> references(std::span<const Piece> pieces);

/// Where values come from.
class Scope {
 public:
  virtual ~Scope() = default;
  /// The value that `path` names without its `members` (`params.X`, `run.X`, `jobs.ID.state`,
  /// `jobs.ID.outputs.X`), or nullopt when it does not exist.
  virtual std::optional<Json> find(const PathRef& path) const = 0;
};

/// A scope that is one document: `{params: {…}, vars: {…}, env: {…}, run: {…}, attempt: {number},
/// jobs: {ID: {state, exit_code, outputs: {…}}}}`; all of it optional.
class DocumentScope final : public Scope {
 public:
  explicit DocumentScope(Json document) : document_{std::move(document)} {}
  std::optional<Json> find(const PathRef& path) const override;

 private:
  Json document_;
};

/// The value of the expression. Errors: expr.missing, naming what does not exist.
Result<Json> evaluate(const Compiled& expression, const Scope& scope);

/// The value of a text: one expression alone keeps its type; else strings go into the text as they
/// are, numbers and booleans as JSON, lists and objects as JSON text; null has no text.
/// Errors: those of parse_template, expr.missing, expr.too_long.
Result<Json> render(std::string_view text, const Scope& scope);
Result<Json> render(std::span<const Piece> pieces, const Scope& scope);

}  // namespace dandori::expr
