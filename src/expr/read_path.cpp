#include "expr/read_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace dandori::expr {

namespace {

constexpr std::array<std::string_view, 6> kRoots{"params", "vars", "env", "run", "attempt", "jobs"};
constexpr std::array<std::string_view, 4> kJobFields{"", "state", "exit_code", "outputs"};
constexpr std::array<std::string_view, 7> kRunFields{
    "id", "number", "transaction_id", "scheduled_for", "started_at", "trigger", "business_date"};
constexpr std::array<std::string_view, 1> kAttemptFields{"number"};

constexpr std::string_view kPaths =
    "an expression is a path: params.X, vars.X, env.X, run.X, attempt.number, jobs.ID.outputs.X, "
    "jobs.ID.state or jobs.ID.exit_code";

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
constexpr bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_name_part(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9');
}

/// Characters with which JSONata goes on where a path ends.
bool is_language(char c) {
  return is_name_part(c) || std::string_view{"+-*/%=<>!&|?:[](){}^~@#$\"'`"}.contains(c);
}

/// For messages: short, valid, one line.
std::string shown(std::string_view text) {
  std::string out = to_valid_utf8(text.substr(0, 40));
  std::ranges::replace_if(out, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, '?');
  return out;
}

struct Name {
  std::string_view text;
  std::size_t column = 1;
};

/// `did you mean 'number'? run has id, number, …`.
std::string hint_for(std::string_view word, std::string_view owner,
                     std::span<const std::string_view> known) {
  const std::vector<std::string> candidates(known.begin(), known.end());
  const std::optional<std::string> meant = nearest(word, candidates);
  const std::string all = fmt::format("{} {}", owner, fmt::join(known, ", "));
  return meant ? fmt::format("did you mean '{}'? {}", *meant, all) : all;
}

/// Reads `NAME (. NAME)*`: what a path looks like, whatever it means.
class NameReader {
 public:
  NameReader(std::string_view inside, std::size_t column) : inside_{inside}, column_{column} {}

  Result<std::vector<Name>> read() {
    std::vector<Name> names;
    do {
      skip_blanks();
      if (at_end()) return missing_name(names);
      if (!is_name_start(inside_[next_])) return no_name(names);
      const std::size_t start = next_;
      while (!at_end() && is_name_part(inside_[next_])) ++next_;
      names.push_back({inside_.substr(start, next_ - start), column_at(start)});
      skip_blanks();
    } while (take_dot());
    if (!at_end()) return goes_on();
    if (names.size() > kNamesMax) {
      return wrong(
          "expr.too_long", 0,
          fmt::format("the path has {} names; at most {} may be", names.size(), kNamesMax));
    }
    return names;
  }

 private:
  bool at_end() const { return next_ >= inside_.size(); }
  void skip_blanks() {
    while (!at_end() && is_blank(inside_[next_])) ++next_;
  }
  bool take_dot() {
    if (at_end() || inside_[next_] != '.') return false;
    ++next_;
    return true;
  }
  std::size_t column_at(std::size_t byte) const {
    return column_ + count_characters(inside_.substr(0, byte));
  }

  std::unexpected<Error> missing_name(const std::vector<Name>& names) const {
    if (names.empty()) {
      return wrong("expr.syntax", next_, "the expression is empty", std::string{kPaths});
    }
    return wrong("expr.syntax", next_, "a name is missing after '.'");
  }

  std::unexpected<Error> no_name(const std::vector<Name>& names) const {
    if (is_language(inside_[next_])) return goes_on();
    return wrong("expr.syntax", next_,
                 fmt::format("a name is expected {}, not '{}'",
                             names.empty() ? "here" : "after '.'", character()));
  }

  std::unexpected<Error> goes_on() const {
    if (is_language(inside_[next_])) {
      return wrong("expr.unsupported", next_,
                   fmt::format("'{}' is more than a path", shown(trim(inside_.substr(next_)))),
                   std::string{kPaths});
    }
    return wrong("expr.syntax", next_, fmt::format("'{}' is not expected here", character()));
  }

  /// The whole UTF-8 character that comes next.
  std::string character() const {
    std::size_t length = 1;
    while (next_ + length < inside_.size() && length < 4 &&
           (static_cast<unsigned char>(inside_[next_ + length]) & 0xC0U) == 0x80U) {
      ++length;
    }
    return shown(inside_.substr(next_, length));
  }

  std::unexpected<Error> wrong(std::string code, std::size_t byte, std::string_view what,
                               std::string hint = {}) const {
    return fail(std::move(code), fmt::format("column {}: {}", column_at(byte), what),
                std::move(hint));
  }

  std::string_view inside_;
  std::size_t column_;
  std::size_t next_ = 0;
};

std::unexpected<Error> unsupported(std::size_t column, std::string_view what, std::string hint) {
  return fail("expr.unsupported", fmt::format("column {}: {}", column, what), std::move(hint));
}

/// Position of `word` in `words`, or nullopt.
std::optional<std::size_t> index_of(std::span<const std::string_view> words,
                                    std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

std::unexpected<Error> no_members(const Name& name, std::string_view owner) {
  return unsupported(name.column,
                     fmt::format("{} has no members, so '.{}' is nothing", owner, shown(name.text)),
                     fmt::format("write {}", owner));
}

Result<void> check_field(std::span<const Name> names, std::span<const std::string_view> fields) {
  const std::string_view root = names[0].text;
  if (!index_of(fields, names[1].text)) {
    return unsupported(names[1].column, fmt::format("{} has no '{}'", root, shown(names[1].text)),
                       hint_for(names[1].text, fmt::format("{} has", root), fields));
  }
  if (names.size() > 2) return no_members(names[2], fmt::format("{}.{}", root, names[1].text));
  return {};
}

void add_members(PathRef& path, std::span<const Name> names) {
  for (const Name& name : names) path.members.emplace_back(name.text);
}

Result<Compiled> job_path(PathRef path, std::span<const Name> names) {
  const std::string job = fmt::format("jobs.{}", shown(path.name));
  const std::string hint = fmt::format("write {0}.outputs.X, {0}.state or {0}.exit_code", job);
  if (names.size() < 3) {
    return unsupported(names[0].column, fmt::format("'{}' does not say what of the job", job),
                       hint);
  }
  const std::optional<std::size_t> field =
      index_of(std::span{kJobFields}.subspan(1), names[2].text);
  if (!field) {
    return unsupported(names[2].column, fmt::format("{} has no '{}'", job, shown(names[2].text)),
                       hint_for(names[2].text, "a job has", std::span{kJobFields}.subspan(1)));
  }
  path.field = static_cast<JobField>(*field + 1);
  if (path.field != JobField::outputs) {
    if (names.size() > 3) return no_members(names[3], fmt::format("{}.{}", job, names[2].text));
    return Compiled{std::move(path)};
  }
  if (names.size() < 4) {
    return unsupported(names[0].column, fmt::format("'{}.outputs' does not say which output", job),
                       fmt::format("write {}.outputs.X", job));
  }
  path.output = names[3].text;
  add_members(path, names.subspan(4));
  return Compiled{std::move(path)};
}

Result<Compiled> to_path(std::span<const Name> names) {
  const Name& first = names[0];
  const std::optional<std::size_t> root = index_of(kRoots, first.text);
  if (!root) {
    return unsupported(first.column, fmt::format("'{}' is not known", shown(first.text)),
                       hint_for(first.text, "a path begins with", kRoots));
  }
  if (names.size() < 2) {
    return unsupported(first.column, fmt::format("'{}' alone is no path", first.text),
                       fmt::format("write a name after it: {}.X", first.text));
  }
  PathRef path{
      .root = static_cast<Root>(*root), .name = std::string{names[1].text}, .column = first.column};
  Result<void> checked;
  switch (path.root) {
    case Root::params:
    case Root::vars:
      add_members(path, names.subspan(2));
      break;
    case Root::env:
      if (names.size() > 2) return no_members(names[2], fmt::format("env.{}", shown(path.name)));
      break;
    case Root::run:
      checked = check_field(names, kRunFields);
      break;
    case Root::attempt:
      checked = check_field(names, kAttemptFields);
      break;
    case Root::jobs:
      return job_path(std::move(path), names);
  }
  if (!checked) return std::unexpected(std::move(checked.error()));
  return Compiled{std::move(path)};
}

}  // namespace

std::string_view to_string(Root root) {
  return kRoots[static_cast<std::size_t>(root)];
}
std::string_view to_string(JobField field) {
  return kJobFields[static_cast<std::size_t>(field)];
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Result<Compiled> read_path(std::string_view inside, std::size_t column) {
  if (inside.size() > kTextMax) {
    return fail("expr.too_long", fmt::format("the expression has {} bytes; at most {} may be",
                                             inside.size(), kTextMax));
  }
  const Result<std::vector<Name>> names = NameReader{inside, column}.read();
  if (!names) return std::unexpected(names.error());
  return to_path(*names);
}

Result<Compiled> compile(std::string_view inside) {
  return read_path(inside, 1);
}

std::string to_text(const PathRef& path, bool with_members) {
  std::string out{to_string(path.root)};
  const auto add = [&](std::string_view name) {
    out.push_back('.');
    out += name;
  };
  add(path.name);
  if (path.field != JobField::none) add(to_string(path.field));
  if (path.field == JobField::outputs) add(path.output);
  if (with_members) {
    for (const std::string& member : path.members) add(member);
  }
  return out;
}

}  // namespace dandori::expr
