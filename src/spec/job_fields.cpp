#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "spec/schedule_days.h"
#include "spec/tables.h"

namespace dandori::spec {

namespace {

using model::JobState;

std::int32_t to_int32(const Node& node) {
  return static_cast<std::int32_t>(read_integer(node));
}

// ---- depends_on

const Shape::Form kJobReference{is_identifier, kIdentifier.pattern, "the id of a job"};

std::vector<std::string_view> end_states() {
  return {"succeeded", "warning", "failed", "killed", "not_run", "skipped", "bypassed"};
}

const Table<DependencyDraft>& dependency_table() {
  static const Table<DependencyDraft> table{
      "dependency",
      "A predecessor and the states of it that count as satisfied.",
      "先行ジョブと、満たされたとみなす状態。",
      {{{"job", text(kJobReference), "", "Id of the predecessor.", "先行ジョブの id。", true},
        [](Context&, const Node& node, const Path&, DependencyDraft& out) {
          out.job = node.text;
          out.place = node.place;
        }},
       {{"state", one_of({words(end_states()), list_of(words(end_states()), 1)}),
         R"(["succeeded","warning","skipped","bypassed"])",
         "End states of it that let this job start.", "このジョブを開始してよい先行の終了状態。"},
        [](Context&, const Node& node, const Path&, DependencyDraft& out) {
          out.states = 0;
          for (const Node* word : as_list(node)) {
            out.states |= model::state_bit(read_word<JobState>(*word));
          }
        }}}};
  return table;
}

void read_depends_on(Context& context, const Node& node, const Path& path, JobDraft& out) {
  for (const Node* item : as_list(node)) {
    DependencyDraft dependency{.job = item->text, .place = item->place};
    if (item->kind == NodeKind::map)
      read_object(context, *item, path, dependency_table(), dependency);
    if (!dependency.job.empty()) out.depends_on.push_back(std::move(dependency));
  }
}

// ---- join

const Table<JobDraft>& join_table() {
  static const Table<JobDraft> table{"join",
                                     "Start when this many predecessors are satisfied.",
                                     "この数の先行が満たされたら開始する。",
                                     {{{"at_least", integer(1, model::kJobsMax), "", "How many.",
                                        "いくつ満たされればよいか。", true},
                                       [](Context&, const Node& node, const Path&, JobDraft& out) {
                                         out.job.join = model::Join::at_least;
                                         out.job.join_count =
                                             static_cast<std::uint32_t>(read_integer(node));
                                       }}}};
  return table;
}

void read_join(Context& context, const Node& node, const Path& path, JobDraft& out) {
  out.join_place = node.place;
  if (node.kind == NodeKind::map) {
    read_object(context, node, path, join_table(), out);
    return;
  }
  out.job.join = read_word<model::Join>(node);
}

// ---- what runs

bool is_shell_program(std::string_view program) {
  constexpr auto kShells =
      std::to_array<std::string_view>({"sh", "bash", "dash", "ksh", "zsh", "ash"});
  const std::size_t slash = program.rfind('/');
  if (slash != std::string_view::npos) program.remove_prefix(slash + 1);
  return std::ranges::find(kShells, program) != kShells.end();
}

/// In `run: [sh, -c, TEXT]` the text is a script, whatever the form it is written in.
bool is_script_position(const Node& list, std::size_t index) {
  if (index == 0) return true;
  if (!is_shell_program(list.items[0].text)) return false;
  const std::string& before = list.items[index - 1].text;
  return before.starts_with('-') && !before.starts_with("--") && before.ends_with('c');
}

void read_run(Context& context, const Node& node, const Path& path, JobDraft& out) {
  out.job.command.clear();
  out.job.shell = node.kind != NodeKind::list;
  if (out.job.shell) {
    out.job.command.push_back({node.text, false});
    return;
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    if (is_script_position(node, i) && !check(context, item, script_text(), path)) continue;
    out.job.command.push_back(read_template(context, item, path));
  }
}

struct With {
  std::optional<Node> run, script;
  std::vector<std::string> interpreter;
  std::string name;
  std::optional<model::DateUnit> unit;

  bool is_process() const { return run || script || !interpreter.empty(); }
};

const Table<With>& with_table() {
  static const Table<With> table{
      "with",
      "What a job of type shell runs (`run` at job level is the short form), or which date a job "
      "of "
      "type business_date moves.",
      "shell ジョブが実行するもの(ジョブ直下の run はその略記)、または business_date "
      "ジョブが進める業務日付。",
      {{{"run", one_of({script_text(), list_of(template_text(), 1)}), "",
         "A text for /bin/sh -c, or a list: program and arguments.",
         "/bin/sh -c に渡す文字列、またはプログラムと引数のリスト。"},
        [](Context&, const Node& node, const Path&, With& out) { out.run = node; }},
       {{"script", script_text(), "", "A text handed to the interpreter as its last argument.",
         "interpreter の最後の引数として渡す文字列。"},
        [](Context&, const Node& node, const Path&, With& out) { out.script = node; }},
       {{"interpreter", list_of(text(), 1), R"(["/bin/sh","-c"])",
         "Program and arguments that take the script, such as [python3, -c].",
         "script を受け取るプログラムと引数。例: [python3, -c]。"},
        [](Context&, const Node& node, const Path&, With& out) {
          for (const Node& item : node.items) out.interpreter.push_back(item.text);
        }},
       {{"name", text(kIdentifier), "", "Of type business_date: the date that is moved on.",
         "business_date 型: 進める業務日付の名前。"},
        [](Context&, const Node& node, const Path&, With& out) { out.name = node.text; }},
       {{"unit", words_of<model::DateUnit>(), R"("open_day")",
         "Of type business_date: to the calendar's next open day, or to the next day.",
         "business_date 型: カレンダーの次の運用日へ進めるか、翌日へ進めるか。"},
        [](Context&, const Node& node, const Path&, With& out) {
          out.unit = read_word<model::DateUnit>(node);
        }}}};
  return table;
}

void read_date_job(Context& context, const Node& node, const Path& path, const With& with,
                   JobDraft& out) {
  if (with.is_process()) {
    context.add(node.place, "spec.contradiction",
                fmt::format("{}: a job of type business_date runs nothing: it takes `name` and "
                            "`unit`",
                            path.text()),
                "such as {name: batch}");
    return;
  }
  if (with.name.empty()) {
    context.add(node.place, "spec.missing_key",
                fmt::format("{}: the key 'name' is missing", path.text()),
                "'name': the business date that is moved on");
    return;
  }
  out.job.business_date = with.name;
  out.job.date_unit = with.unit.value_or(model::DateUnit::open_day);
}

void read_with(Context& context, const Node& node, const Path& path, JobDraft& out) {
  With with;
  const std::size_t problems_before = context.problems.size();
  read_object(context, node, path, with_table(), with);
  if (context.problems.size() > problems_before || out.job.type == model::JobType::noop) return;
  if (out.job.type == model::JobType::business_date)
    return read_date_job(context, node, path, with, out);
  if (!with.name.empty() || with.unit) {
    context.add(
        node.place, "spec.contradiction",
        fmt::format("{}: `name` and `unit` belong to a job of type business_date", path.text()),
        "add `type: business_date`, or remove them");
    return;
  }
  const bool is_double = with.run.has_value() == with.script.has_value();
  if (is_double || !out.job.command.empty() || (with.run && !with.interpreter.empty())) {
    context.add(node.place, "spec.contradiction",
                fmt::format("{}: a job runs one thing: `run`, or `with` holding `run` or `script`",
                            path.text()),
                "`interpreter` belongs to `script`");
    return;
  }
  if (with.run) return read_run(context, *with.run, path / "run", out);
  out.job.shell = with.interpreter.empty();
  for (std::string& part : with.interpreter) out.job.command.push_back({std::move(part), false});
  out.job.command.push_back({with.script->text, false});
}

// ---- the job

using Row = Table<JobDraft>::Row;

std::uint64_t to_bytes(const Node& node) {
  return static_cast<std::uint64_t>(parse_bytes(node.text));
}

/// Log limits below this leave no room for the first lines of a failure.
constexpr std::uint64_t kLogBytesMin = 4096;

void read_log_limit(Context& context, const Node& node, const Path& path, JobDraft& out) {
  out.job.log_bytes_max = to_bytes(node);
  if (out.job.log_bytes_max >= kLogBytesMin) return;
  context.add(node.place, "spec.bad_value",
              fmt::format("{}: at least 4KiB, found {}", path.text(), node.text));
}

/// Fields that both a job and `defaults` have.
std::vector<Row> shared_rows() {
  return {
      {{"agent", one_of({text(kAgentName)}), "", "Agent that runs it; absent: the server's own.",
        "実行するエージェント。省略時はサーバー自身のもの。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) { out.job.agent = node.text; }},
      {{"run_as", text(kUserName), "", "User on the agent's host; absent: the agent's own.",
        "実行ユーザー。省略時はエージェントのユーザー。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) { out.job.run_as = node.text; }},
      {{"env", map_of(template_text(), kVariableName), "{}",
        "Environment variables, besides those of the workflow.",
        "環境変数(ワークフローの env に加える)。"},
       [](Context& context, const Node& node, const Path& path, JobDraft& out) {
         read_env(context, node, path, out.job.env);
       }},
      {{"cwd", template_text(), "", "Folder to start in; absent: the agent's work folder.",
        "開始フォルダー。省略時はエージェントの作業フォルダー。"},
       [](Context& context, const Node& node, const Path& path, JobDraft& out) {
         out.job.cwd = read_template(context, node, path);
       }},
      {{"timeout", duration(kOneMicrosecond), "",
        "An attempt that runs longer is ended; absent: no limit.",
        "これより長い試行は終了させる。省略時は無制限。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.timeout = read_duration(node);
       }},
      {{"grace", duration(0), R"("10s")", "Time between TERM and KILL.",
        "TERM から KILL までの時間。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.grace = read_duration(node);
       }},
      {{"start_within", duration(kOneMicrosecond), "",
        "An attempt that got no room by then fails as not_started; absent: waits on.",
        "この時間内に開始できない試行は not_started で失敗。省略時は待ち続ける。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.start_within = read_duration(node);
       }},
      {{"retry",
        one_of({integer(0, 1000), object_of(retry_info()), list_of(object_of(retry_info()), 1)}),
        "0", "Further tries: a number, a rule, or a list of which the first that matches counts.",
        "再試行。回数、規則、または規則のリスト(最初に合うものを使う)。"},
       read_retry},
      {{"exit_codes", object_of(exit_codes_info()), "{}",
        "What exit codes mean; 0 is a success, others fail.",
        "終了コードの意味。0 は正常、その他は異常。"},
       read_exit_codes},
      {{"idempotent", boolean(), "true", "false: a rerun names it and holds before it.",
        "false: 再実行の前に確認を求める。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.idempotent = read_bool(node);
       }},
      {{"on_lost", words_of<model::OnLost>(), R"("hold")",
        "What happens when nobody knows how an attempt ended.",
        "試行の結果が分からなくなったときの扱い。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.on_lost = read_word<model::OnLost>(node);
       }},
      {{"lost_limit", integer(0, 1000), "3", "Reruns under `on_lost: rerun` at most.",
        "on_lost: rerun による再実行の上限。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.lost_limit = static_cast<std::uint32_t>(read_integer(node));
       }},
      {{"priority", integer(0, 100), "50", "Higher starts first where room is short.",
        "資源が足りないとき、大きいものから開始する。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.priority = to_int32(node);
       }},
      {{"log_limit", one_of({integer(4096, 1099511627776.0), text(kBytes)}), R"("64MiB")",
        "Log kept of an attempt: head and tail, the drop is counted.",
        "1 回の試行で残すログの上限(先頭と末尾を残し、捨てた量を数える)。"},
       read_log_limit},
  };
}

std::vector<std::string_view> later_job_types() {
  return {"container",
          "http",
          "rest",
          "ssh",
          "workflow",
          "group",
          "state_machine",
          "wait",
          "file_arrival",
          "event",
          "approval",
          "judge",
          "notify",
          "emit",
          "sql",
          "aws_ecs",
          "aws_batch",
          "aws_lambda",
          "aws_stepfunctions",
          "aws_ssm",
          "kubernetes",
          "compensate"};
}

/// Fields that only a job has.
std::vector<Row> own_rows() {
  return {
      {{"title", text(), "", "Name for people.", "表示名。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) { out.job.title = node.text; }},
      {{"type", words_of<model::JobType>(later_job_types()), R"("shell")",
        "shell runs a process; noop does nothing; business_date moves a business date on.",
        "shell はプロセスを実行、noop は何もしない、business_date は業務日付を進める。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.type = read_word<model::JobType>(node);
         out.has_type = true;
       }},
      {{"run", one_of({script_text(), list_of(template_text(), 1)}), "",
        "A text for /bin/sh -c (args are $1…), or a list: program and arguments.",
        "/bin/sh -c に渡す文字列(args は $1…)、またはプログラムと引数のリスト。"},
       read_run},
      {{"with", object_of(with_table()), "", "The long form of run.", "run の詳細な書き方。"},
       read_with},
      {{"args", list_of(template_text()), "[]", "Arguments after the command.",
        "コマンドの後に渡す引数。"},
       [](Context& context, const Node& node, const Path& path, JobDraft& out) {
         for (const Node& item : node.items)
           out.job.args.push_back(read_template(context, item, path));
       }},
      {{"stdin", template_text(), "", "Text on standard input; absent: empty.",
        "標準入力に渡す文字列。省略時は空。"},
       [](Context& context, const Node& node, const Path& path, JobDraft& out) {
         out.job.stdin_text = read_template(context, node, path);
       }},
      {{"depends_on",
        one_of({text(kJobReference), object_of(dependency_table()),
                list_of(one_of({text(kJobReference), object_of(dependency_table())}))}),
        "[]", "Predecessors: ids, or {job, state}.", "先行ジョブ。id または {job, state}。"},
       read_depends_on},
      {{"join", one_of({words({"all", "any"}), object_of(join_table())}), R"("all")",
        "How many predecessors must be satisfied.", "満たされるべき先行の数。"},
       read_join},
      {{"runs_on", runs_on_shape(), "",
        "Business dates on which it runs, such as {open_day: last}; on others it is bypassed.",
        "このジョブが動く業務日付。例: {open_day: last}。ほかの日は計画未実行。"},
       [](Context& context, const Node& node, const Path& path, JobDraft& out) {
         out.runs_on_place = node.place;
         const std::size_t problems_before = context.problems.size();
         model::RunsOn rule = read_runs_on(context, node, path);
         if (context.problems.size() == problems_before) out.job.runs_on = std::move(rule);
       }},
      {{"enabled", boolean(), "true", "false: it is bypassed, with what only it leads to.",
        "false: このジョブと、これだけに続くジョブは計画未実行になる。"},
       [](Context&, const Node& node, const Path&, JobDraft& out) {
         out.job.enabled = read_bool(node);
       }},
  };
}

const std::vector<std::string_view>& later_job_keys() {
  static const std::vector<std::string_view> keys{
      "when",          "for_each",   "max_parallel", "tolerated_failures", "pools",
      "locks",         "not_before", "outputs",      "on_timeout",         "compensate",
      "stalled_after", "warn_if",    "success_if",   "fallback",           "repeat",
      "jobs",          "window",     "deadlines",    "template",           "expected_duration"};
  return keys;
}

Table<JobDraft> make_table(std::string_view name, std::string_view english,
                           std::string_view japanese, const std::vector<Row>& rows) {
  Table<JobDraft> table{name, english, japanese, {}, later_job_keys()};
  for (const Row& row : rows) {
    table.fields.push_back(row.info);
    table.reads.push_back(row.read);
  }
  return table;
}

}  // namespace

bool is_process_key(std::string_view key) {
  constexpr auto kKeys =
      std::to_array<std::string_view>({"run", "with", "args", "stdin", "idempotent"});
  if (key == "start_within") return false;
  return std::ranges::find(kKeys, key) != kKeys.end() ||
         std::ranges::find(defaults_table().fields, key, &FieldInfo::key) !=
             defaults_table().fields.end();
}

const Table<JobDraft>& job_table() {
  static const Table<JobDraft> table = [] {
    std::vector<Row> rows = own_rows();
    for (Row& row : shared_rows()) rows.push_back(std::move(row));
    return make_table("job", "One step of a workflow.", "ワークフローの 1 つの処理。", rows);
  }();
  return table;
}

const Table<JobDraft>& defaults_table() {
  static const Table<JobDraft> table =
      make_table("defaults", "Fields that every shell job has unless it says otherwise.",
                 "すべての shell ジョブの既定値。", shared_rows());
  return table;
}

}  // namespace dandori::spec
