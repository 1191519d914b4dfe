#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "spec/head_row.h"
#include "spec/lint.h"
#include "spec/tables.h"

namespace dandori::spec {

namespace {

constexpr std::size_t kParamsMax = 500;

std::vector<std::string_view> lint_levels() {
  return {"off", "note", "warning", "error"};
}

const Table<WorkflowDraft>& overlap_table() {
  static const Table<WorkflowDraft> table{
      "overlap",
      "What a start does while another run is active.",
      "前の実行が終わっていないときの扱い(追い越し)。",
      {{{"policy", words_of<model::Overlap>(), R"("queue")", "The rule.", "規則。"},
        [](Context&, const Node& node, const Path&, WorkflowDraft& out) {
          out.workflow.overlap.policy = read_word<model::Overlap>(node);
        }},
       {{"max_queue", integer(0, kNoMaximum), "",
         "Runs that wait at most; absent: 1 where a trigger fires more than once a day (no limit "
         "under on_previous_failure: hold), else 10.",
         "待たせる実行の上限。省略時は 1 日に複数回起動するなら 1(on_previous_failure: hold "
         "なら無制限)、ほかは 10。"},
        [](Context&, const Node& node, const Path&, WorkflowDraft& out) {
          out.has_queue_max = true;
          out.workflow.overlap.queue_max = static_cast<std::uint32_t>(read_integer(node));
        }},
       {{"max", integer(1, 1000), "1", "Runs at once under parallel.",
         "parallel で同時に動く実行の上限。"},
        [](Context&, const Node& node, const Path&, WorkflowDraft& out) {
          out.workflow.overlap.parallel_max = static_cast<std::uint32_t>(read_integer(node));
        }}}};
  return table;
}

void read_overlap(Context& context, const Node& node, const Path& path, WorkflowDraft& out) {
  model::OverlapRule& rule = out.workflow.overlap;
  if (node.kind == NodeKind::map) {
    read_object(context, node, path, overlap_table(), out);
  } else {
    rule.policy = read_word<model::Overlap>(node);
  }
  const bool names_max = node.kind == NodeKind::map && node.find("max") != nullptr;
  const bool is_parallel = rule.policy == model::Overlap::parallel;
  if (is_parallel == names_max) return;
  context.add(node.place, is_parallel ? "spec.missing_key" : "spec.contradiction",
              is_parallel ? fmt::format("{}: parallel needs `max`, the runs at once", path.text())
                          : fmt::format("{}: `max` belongs to policy parallel", path.text()),
              "such as {policy: parallel, max: 3}");
}

const Table<model::Workflow>& date_use_table() {
  static const Table<model::Workflow> table{
      "business_date_use",
      "The stored date that runs work for.",
      "実行が使う業務日付。",
      {{{"name", text(kIdentifier), "", "Name of the business date.", "業務日付の名前。", true},
        [](Context&, const Node& node, const Path&, model::Workflow& out) {
          out.business_date = node.text;
        }},
       {{"on_mismatch", words_of<model::OnMismatch>(), R"("hold")",
         "A planned run whose date is not the stored one when it is due: hold it, run it for the "
         "planned date, or for the current one.",
         "予定の日付と保存された日付が違うときの扱い: 保留、予定の日付で実行、現在の日付で実行。"},
        [](Context&, const Node& node, const Path&, model::Workflow& out) {
          out.on_mismatch = read_word<model::OnMismatch>(node);
        }}}};
  return table;
}

void read_params(Context& context, const Node& node, const Path& path, WorkflowDraft& out) {
  if (node.members.size() > kParamsMax) {
    context.add(node.place, "spec.too_many",
                fmt::format("{}: {} parameters; {} are the most", path.text(), node.members.size(),
                            kParamsMax));
    return;
  }
  for (const Member& member : node.members) {
    model::Param& param = out.workflow.params.emplace_back();
    param.name = member.key;
    param.required = true;
    read_object(context, member.value, path / member.key, param_table(), param);
  }
}

}  // namespace

const Table<WorkflowDraft>& workflow_table() {
  using Draft = WorkflowDraft;
  static const Table<Draft> table{
      "workflow",
      "Jobs that run in order, and when they start.",
      "順序を持つジョブの集まりと、その起動条件。",
      {version_row<Draft>(),
       kind_row<Draft>(R"("Workflow")"),
       {{"name", text(kIdentifier), "", "Its name, unique on the server.", "サーバーで一意の名前。",
         true},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.name = node.text;
          out.name_place = node.place;
        }},
       {{"title", text(), "", "Name for people.", "表示名。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.title = node.text;
        }},
       {{"folder", text(kFolderPath), "", "Where it is listed; absent: at the top.",
         "置き場所。省略時は最上位。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.folder = node.text;
        }},
       {{"owner", text(), "", "Who answers for it.", "責任者。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.owner = node.text;
        }},
       {{"runbook", text(), "", "Where the instructions are (a URL).", "手順書の場所(URL)。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.runbook = node.text;
        }},
       {{"labels", map_of(text(), kAnyKey), "{}", "Labels for filters.", "絞り込み用のラベル。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.labels = read_labels(node);
        }},
       {{"params", map_of(object_of(param_table()), kIdentifier), "{}", "Start parameters.",
         "起動時のパラメーター。"},
        read_params},
       {{"env", map_of(template_text(), kVariableName), "{}", "Environment variables of every job.",
         "すべてのジョブの環境変数。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          context.scope = Scope::workflow;
          read_env(context, node, path, out.workflow.env);
          context.scope = Scope::job;
        }},
       {{"triggers", map_of(object_of(trigger_table()), kIdentifier), "{}",
         "When it starts by itself.", "自動起動の条件。"},
        [](Context&, const Node& node, const Path&, Draft& out) { out.triggers = node; }},
       {{"overlap", one_of({words_of<model::Overlap>(), object_of(overlap_table())}), R"("queue")",
         "What a start does while another run is active.",
         "前の実行が終わっていないときの扱い(追い越し)。"},
        read_overlap},
       {{"on_previous_failure", words_of<model::OnPreviousFailure>(), R"("run")",
         "What a start does when the previous run failed and was not confirmed.",
         "前の実行が異常終了のままのときの扱い(繰越)。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.on_previous_failure = read_word<model::OnPreviousFailure>(node);
        }},
       {{"manual", boolean(), "true", "false: only triggers start it.",
         "false: 手動では起動できない。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.manual = read_bool(node);
        }},
       {{"renamed_from", text(kIdentifier), "",
         "Its name before, so that its history stays with it.", "以前の名前(履歴を引き継ぐ)。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.workflow.renamed_from = node.text;
        }},
       {{"business_date", one_of({text(kIdentifier), object_of(date_use_table())}), "",
         "The stored date that its runs work for; absent: the date of the clock.",
         "実行が使う業務日付の名前。省略時は時計の日付。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          if (node.kind == NodeKind::map) {
            read_object(context, node, path, date_use_table(), out.workflow);
          } else {
            out.workflow.business_date = node.text;
          }
        }},
       {{"defaults", object_of(defaults_table()), "{}",
         "Fields that every shell job has unless it says otherwise.",
         "すべての shell ジョブの既定値。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          context.scope = Scope::workflow;
          read_object(context, node, path, defaults_table(), out.defaults);
          context.scope = Scope::job;
        }},
       {{"jobs", map_of(object_of(job_table()), kIdentifier), "", "Its jobs by id.",
         "ジョブ(id ごと)。", true},
        [](Context&, const Node& node, const Path&, Draft& out) { out.jobs = node; }}},
      {"window", "deadlines", "on_failure", "finally", "notifications", "pools", "locks",
       "expected_duration"}};
  return table;
}

const Table<VariableDraft>& variable_table() {
  using Draft = VariableDraft;
  static const Table<Draft> table{
      "variable",
      "A named value, seen by the workflows of its folder and below.",
      "名前の付いた値。そのフォルダー以下のワークフローから参照できる。",
      {version_row<Draft>(),
       kind_row<Draft>(R"("Variable")"),
       {{"name", text(kIdentifier), "", "Its name: `vars.NAME` in expressions.",
         "名前。式では vars.NAME。", true},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.variable.name = node.text;
          out.name_place = node.place;
        }},
       {{"folder", text(kFolderPath), "", "Where it is seen; absent: everywhere.",
         "参照できる範囲。省略時はどこからでも。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.variable.folder = node.text;
        }},
       {{"value", any_value(), "", "The value.", "値。", true},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          out.variable.value = read_json(context, node, path);
        }}},
      {}};
  return table;
}

namespace {

/// What a folder says about one rule: `{level, limit}`.
const Table<Json>& lint_rule_table() {
  static const Table<Json> table{
      "lint_rule",
      "A rule of lint in this folder and below.",
      "このフォルダー以下での lint の規則。",
      {{{"level", words(lint_levels()), "", "How much a finding weighs; off: not looked for.",
         "指摘の重さ。off は検査しない。"},
        [](Context&, const Node& node, const Path&, Json& out) { out.set("level", node.text); }},
       {{"limit", integer(1, 1'000'000), "", "The rule's limit, where it has one.",
         "規則の上限(あるものだけ)。"},
        [](Context&, const Node& node, const Path&, Json& out) {
          out.set("limit", read_integer(node));
        }}}};
  return table;
}

/// One row for each rule of lint.
const Table<Json>& lint_table() {
  static const Table<Json> table = [] {
    Table<Json> made{"lint",
                     "What lint looks for in this folder and below.",
                     "このフォルダー以下で lint が調べること。",
                     {}};
    for (const Rule& rule : lint_rules()) {
      made.fields.push_back({rule.name,
                             one_of({words(lint_levels()), object_of(lint_rule_table())}), "",
                             rule.english, rule.japanese});
      made.reads.push_back([](Context& context, const Node& node, const Path& path, Json& out) {
        Json said = Json::object();
        if (node.kind == NodeKind::map) {
          read_object(context, node, path, lint_rule_table(), said);
        } else {
          said.set("level", node.text);
        }
        out.set(path.key, std::move(said));
      });
    }
    return made;
  }();
  return table;
}

}  // namespace

const Table<FolderDraft>& folder_table() {
  using Draft = FolderDraft;
  static const Table<Draft> table{
      "folder",
      "A place for workflows and variables.",
      "ワークフローと変数の置き場所。",
      {version_row<Draft>(),
       kind_row<Draft>(R"("Folder")"),
       {{"name", text(kFolderPath), "", "Its path, such as sales/nightly.",
         "パス。例: sales/nightly。", true},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.folder.name = node.text;
          out.name_place = node.place;
        }},
       {{"title", text(), "", "Name for people.", "表示名。"},
        [](Context&, const Node& node, const Path&, Draft& out) { out.folder.title = node.text; }},
       {{"labels", map_of(text(), kAnyKey), "{}", "Labels for filters.", "絞り込み用のラベル。"},
        [](Context&, const Node& node, const Path&, Draft& out) {
          out.folder.labels = read_labels(node);
        }},
       {{"lint", object_of(lint_table()), "{}", "What lint looks for in this folder and below.",
         "このフォルダー以下で lint が調べること。"},
        [](Context& context, const Node& node, const Path& path, Draft& out) {
          Json said = Json::object();
          read_object(context, node, path, lint_table(), said);
          if (said.size() > 0) out.folder.lint = std::move(said);
        }}},
      {"defaults", "rights", "limits", "blackout", "timezone", "calendar"}};
  return table;
}

}  // namespace dandori::spec
