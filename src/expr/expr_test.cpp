#include "expr/expr.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace dandori::expr {

namespace {

/// `code: message (hint)`, or the path as written.
std::string compiled(std::string_view inside) {
  const Result<Compiled> result = compile(inside);
  if (result) return to_text(result->path);
  const Error& e = result.error();
  return e.code + ": " + e.message;
}

std::string hint(std::string_view inside) {
  const Result<Compiled> result = compile(inside);
  return result ? "no error" : result.error().hint;
}

std::string split_text(std::string_view text) {
  const Result<std::vector<Piece>> pieces = parse_template(text);
  if (!pieces) return pieces.error().code + ": " + pieces.error().message;
  std::string out;
  for (const Piece& piece : *pieces) {
    out += piece.expression ? "<" + to_text(piece.expression->path) + ">" : "[" + piece.text + "]";
  }
  return out;
}

DocumentScope scope() {
  return DocumentScope{*parse_json(R"({
    "params": {"day": "2026-11-20", "count": 3, "big": 12345678901234567890, "rate": 0.1,
               "deep": {"a": {"b": true}}, "list": [1, "x"], "nothing": null},
    "vars": {"host": "db01"},
    "env": {"TZ": "Asia/Tokyo"},
    "run": {"id": "r1", "number": 7},
    "attempt": {"number": 2},
    "jobs": {"load": {"state": "succeeded", "exit_code": 0, "outputs": {"rows": {"ok": 10}}}}
  })")};
}

/// The value as JSON, or `code: message`.
std::string rendered(std::string_view text) {
  const Result<Json> value = render(text, scope());
  return value ? write_json(*value) : value.error().code + ": " + value.error().message;
}

}  // namespace

TEST_CASE("every path of the list is an expression") {
  for (const char* path :
       {"params.day", "params.deep.a.b", "vars.host", "vars.host.port", "env.PATH", "run.id",
        "run.number", "run.transaction_id", "run.scheduled_for", "run.started_at", "run.trigger",
        "run.business_date", "attempt.number", "jobs.load.outputs.rows",
        "jobs.load.outputs.rows.ok", "jobs.load.state", "jobs.load.exit_code"}) {
    CHECK(compiled(path) == path);
  }
  CHECK(compiled("  params . day\n") == "params.day");
}

TEST_CASE("a path says what it refers to") {
  const Result<Compiled> path = compile(" jobs.load.outputs.rows.ok");
  REQUIRE(path.has_value());
  CHECK(references(*path) == std::vector{PathRef{.root = Root::jobs,
                                                 .name = "load",
                                                 .field = JobField::outputs,
                                                 .output = "rows",
                                                 .members = {"ok"},
                                                 .column = 2}});
}

TEST_CASE("more than a path is an exact error with its column") {
  CHECK(compiled("params.x + 1") == "expr.unsupported: column 10: '+ 1' is more than a path");
  CHECK(compiled("$count(params.x)") ==
        "expr.unsupported: column 1: '$count(params.x)' is more than a path");
  CHECK(compiled("params.x[0]") == "expr.unsupported: column 9: '[0]' is more than a path");
  CHECK(compiled("params.`x y`") == "expr.unsupported: column 8: '`x y`' is more than a path");
  CHECK(compiled("'text'") == "expr.unsupported: column 1: ''text'' is more than a path");
  CHECK(compiled("42") == "expr.unsupported: column 1: '42' is more than a path");
  CHECK(compiled("params.x and vars.y") ==
        "expr.unsupported: column 10: 'and vars.y' is more than a path");
  CHECK(hint("params.x + 1").starts_with("an expression is a path: params.X, vars.X"));
}

TEST_CASE("a path that leads nowhere is an error that says where paths lead") {
  CHECK(compiled("param.x") == "expr.unsupported: column 1: 'param' is not known");
  CHECK(hint("param.x") ==
        "did you mean 'params'? a path begins with params, vars, env, run, attempt, jobs");
  CHECK(compiled("params") == "expr.unsupported: column 1: 'params' alone is no path");
  CHECK(compiled("run.numbre") == "expr.unsupported: column 5: run has no 'numbre'");
  CHECK(hint("run.numbre").starts_with("did you mean 'number'? run has id, number, "));
  CHECK(compiled("run.id.x") ==
        "expr.unsupported: column 8: run.id has no members, so '.x' is nothing");
  CHECK(compiled("env.A.b") ==
        "expr.unsupported: column 7: env.A has no members, so '.b' is nothing");
  CHECK(compiled("attempt.id") == "expr.unsupported: column 9: attempt has no 'id'");
  CHECK(compiled("jobs.load") ==
        "expr.unsupported: column 1: 'jobs.load' does not say what of the job");
  CHECK(compiled("jobs.load.output.x") == "expr.unsupported: column 11: jobs.load has no 'output'");
  CHECK(hint("jobs.load.output.x") ==
        "did you mean 'outputs'? a job has state, exit_code, outputs");
  CHECK(compiled("jobs.load.outputs") ==
        "expr.unsupported: column 1: 'jobs.load.outputs' does not say which output");
  CHECK(compiled("jobs.load.state.x") ==
        "expr.unsupported: column 17: jobs.load.state has no members, so '.x' is nothing");
}

TEST_CASE("what is no expression at all is a syntax error with its column") {
  CHECK(compiled("") == "expr.syntax: column 1: the expression is empty");
  CHECK(compiled("  ") == "expr.syntax: column 3: the expression is empty");
  CHECK(compiled("params.") == "expr.syntax: column 8: a name is missing after '.'");
  CHECK(compiled("params..x") == "expr.syntax: column 8: a name is expected after '.', not '.'");
  CHECK(compiled(".x") == "expr.syntax: column 1: a name is expected here, not '.'");
  CHECK(compiled("params.x, y") == "expr.syntax: column 9: ',' is not expected here");
  CHECK(compiled("params.日付") == "expr.syntax: column 8: a name is expected after '.', not '日'");
}

TEST_CASE("a path and an expression have a length limit") {
  std::string deep = "params";
  for (int i = 0; i < 31; ++i) deep += ".x";
  CHECK(compiled(deep) == deep);
  CHECK(compiled(deep + ".x") ==
        "expr.too_long: column 1: the path has 33 names; at most 32 may be");
  CHECK(compile(std::string(kTextMax + 1, 'x')).error().code == "expr.too_long");
}

TEST_CASE("a template is split into text and expressions") {
  CHECK(split_text("") == "");
  CHECK(split_text("plain }} $ {{ text") == "[plain }} $ {{ text]");
  CHECK(split_text("${{ params.x }}") == "<params.x>");
  CHECK(split_text("a ${{params.x}}${{ run.id }} b") == "[a ]<params.x><run.id>[ b]");
  CHECK(split_text("$${{ params.x }}") == "[${{ params.x }}]");
  CHECK(split_text("a $${{ b ${{ params.x }}") == "[a ${{ b ]<params.x>");
  CHECK(split_text("$$${{ x }}") == "[$${{ x }}]");
  CHECK(split_text("${{ params.x }}$${{") == "<params.x>[${{]");
}

TEST_CASE("pieces know where they stand, in bytes and in characters") {
  const std::vector<Piece> pieces = *parse_template("日付 ${{ params.day }}。");
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[1].offset == 7);
  CHECK(pieces[1].column == 4);
  CHECK(pieces[1].expression->path.column == 8);
  CHECK(pieces[2].offset == 24);
  CHECK(pieces[2].column == 21);
  CHECK(references(pieces).size() == 1);
}

TEST_CASE("columns of errors count in the whole text") {
  CHECK(split_text("日付 ${{ params.x + 1 }}") ==
        "expr.unsupported: column 17: '+ 1' is more than a path");
  CHECK(split_text("a ${{ params.x") == "expr.syntax: column 3: '${{' is not closed by '}}'");
  CHECK(split_text("a ${{ }}") == "expr.syntax: column 7: the expression is empty");
}

TEST_CASE("braces and quotes of the language do not end an expression") {
  CHECK(split_text("${{ {'a': {'b': 1}} }}x") ==
        "expr.unsupported: column 5: '{'a': {'b': 1}}' is more than a path");
  CHECK(split_text("${{ '}}' }}") == "expr.unsupported: column 5: ''}}'' is more than a path");
  CHECK(split_text("${{ \"\\\"}}\" }}") ==
        "expr.unsupported: column 5: '\"\\\"}}\"' is more than a path");
}

TEST_CASE("an expression alone keeps its type") {
  CHECK(rendered("${{ params.count }}") == "3");
  CHECK(rendered("${{ params.big }}") == "12345678901234567890");
  CHECK(rendered("${{ params.day }}") == "\"2026-11-20\"");
  CHECK(rendered("${{ params.deep.a }}") == R"({"b":true})");
  CHECK(rendered("${{ params.deep.a.b }}") == "true");
  CHECK(rendered("${{ params.nothing }}") == "null");
  CHECK(rendered("${{ jobs.load.outputs.rows.ok }}") == "10");
  CHECK(rendered("${{ jobs.load.exit_code }}") == "0");
}

TEST_CASE("inside text a value becomes text") {
  CHECK(rendered("plain") == "\"plain\"");
  CHECK(rendered("") == "\"\"");
  CHECK(rendered("${{ params.day }}.csv") == "\"2026-11-20.csv\"");
  CHECK(rendered("${{ params.count }}/${{ params.big }}/${{ params.rate }}") ==
        "\"3/12345678901234567890/0.1\"");
  CHECK(rendered("b=${{ params.deep.a.b }}") == "\"b=true\"");
  CHECK(rendered("l=${{ params.list }}") == R"("l=[1,\"x\"]")");
  CHECK(rendered(" ${{ params.count }}") == "\" 3\"");
  CHECK(rendered("${{ vars.host }}:${{ env.TZ }}:${{ run.number }}:${{ attempt.number }}") ==
        "\"db01:Asia/Tokyo:7:2\"");
  CHECK(rendered("x ${{ params.nothing }}") ==
        "expr.missing: column 7: params.nothing is null, which has no text");
}

TEST_CASE("what does not exist at run time is an error that names it") {
  CHECK(rendered("${{ params.no }}") == "expr.missing: column 5: there is no parameter 'no'");
  CHECK(rendered("${{ vars.no }}") == "expr.missing: column 5: there is no variable 'no'");
  CHECK(rendered("${{ env.NO }}") ==
        "expr.missing: column 5: environment variable 'NO' is not set");
  CHECK(rendered("${{ run.trigger }}") == "expr.missing: column 5: this run has no run.trigger");
  CHECK(rendered("${{ jobs.load.outputs.no }}") ==
        "expr.missing: column 5: job 'load' has no output 'no'");
  CHECK(rendered("${{ jobs.no.exit_code }}") ==
        "expr.missing: column 5: job 'no' has no exit_code");
  CHECK(rendered("${{ params.deep.a.c }}") == "expr.missing: column 5: params.deep.a has no 'c'");
  CHECK(rendered("${{ params.day.c }}") ==
        "expr.missing: column 5: params.day is a string, so it has no 'c'");
}

TEST_CASE("a rendered text has a size limit") {
  Json document;
  document.set("params", Json{}.set("x", std::string(100'000, 'x')));
  const DocumentScope large{document};
  std::string text;
  for (int i = 0; i < 10; ++i) text += "${{ params.x }}";
  CHECK(render(text, large).has_value());
  text += "${{ params.x }}";
  CHECK(render(text, large).error().code == "expr.too_long");
  CHECK(render(std::string(kTextMax + 1, 'a'), large).has_value());
  CHECK(render(std::string(kTextMax, 'a') + "${{ params.x }}", large).error().code ==
        "expr.too_long");
}

}  // namespace dandori::expr
