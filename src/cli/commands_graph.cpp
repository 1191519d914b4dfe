#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/define_files.h"
#include "cli/remote.h"
#include "flow/draw.h"
#include "flow/graph_json.h"
#include "spec/spec.h"

namespace dandori::cli {

namespace {

/// What is drawn, and what it is of.
struct Drawing {
  flow::Graph graph;
  flow::GraphSource source;
};

bool is_run(const std::string& target) {
  const bool is_id = target.size() == 36 && target[8] == '-' && target[13] == '-';
  return target.contains('#') || is_id;
}

bool is_file(const std::string& target) {
  std::error_code error;
  return target == "-" || std::filesystem::is_regular_file(target, error) ||
         std::filesystem::is_directory(target, error);
}

/// The workflows of files; one alone when it is named.
Answer<std::vector<Drawing>> draw_files(const Console& console, const GraphOptions& options,
                                        bool& is_invalid) {
  const auto files = read_definitions(console, {options.target});
  if (!files) return std::unexpected(Problem{.error = files.error()});
  spec::Parsed all;
  for (const DefinitionFile& file : *files) {
    spec::append(all, spec::parse_definitions(file.name, file.text));
  }
  for (const spec::Problem& problem : all.problems) report(console, problem);
  is_invalid = !all.problems.empty();
  std::vector<Drawing> drawings;
  if (is_invalid) return drawings;
  std::vector<std::string> names;
  for (const model::WorkflowDefinition& made : all.workflows) {
    names.push_back(made.workflow->name);
    if (!options.workflow.empty() && options.workflow != made.workflow->name) continue;
    drawings.push_back({flow::graph_of(*made.workflow), {made.workflow->name, 0, {}}});
  }
  const bool is_one = options.form == GraphForm::text || options.form == GraphForm::dot
                          ? !drawings.empty()
                          : drawings.size() == 1;
  if (is_one) return drawings;
  return std::unexpected(Problem{
      .error = {"cli.usage",
                console.text("problem.graph_choice", {{"n", fmt::to_string(drawings.size())}}),
                console.text("hint.graph_choice",
                             {{"names", fmt::format("{}", fmt::join(names, ", "))}})}});
}

/// A workflow of the server, from its canonical form.
Answer<Drawing> draw_workflow(Remote& remote, const std::string& workflow, std::uint64_t revision) {
  std::string path = "/api/v1/workflows/" + http::percent_encode(workflow);
  if (revision > 0) path += fmt::format("?revision={}", revision);
  const auto answer = remote.get(path);
  if (!answer) return std::unexpected(answer.error());
  const auto compiled = spec::compile_canonical(write_json((*answer)["definition"]));
  if (!compiled) return std::unexpected(Problem{.error = compiled.error()});
  return Drawing{flow::graph_of(**compiled),
                 {workflow, static_cast<std::uint32_t>(answer->integer_or("revision", 0)), {}}};
}

/// A run: its revision with the state of each job.
Answer<Drawing> draw_run(Remote& remote, const std::string& run) {
  const auto answer = remote.get(run_path(run));
  if (!answer) return std::unexpected(answer.error());
  auto drawing = draw_workflow(remote, std::string{answer->text_or("workflow", "")},
                               static_cast<std::uint64_t>(answer->integer_or("revision", 0)));
  if (!drawing) return drawing;
  drawing->graph.name = answer->text_or("name", "");
  drawing->source.run = drawing->graph.name;
  std::map<std::string_view, flow::Node*> nodes;
  for (flow::Node& node : drawing->graph.nodes) nodes.emplace(node.id, &node);
  const Json& jobs = (*answer)["jobs"];
  for (const Json& job : jobs.is_array() ? jobs.items() : Json::Array{}) {
    const auto node = nodes.find(job.text_or("job", ""));
    if (node == nodes.end()) continue;
    node->second->state = model::parse_word<model::JobState>(job.text_or("state", ""));
  }
  return drawing;
}

std::string drawn(const Console& console, const Drawing& drawing, GraphForm form) {
  const flow::StateWord word = [&](model::JobState state) {
    return state_word(console.lang, to_string(state));
  };
  switch (form) {
    case GraphForm::dot:
      return flow::write_dot(drawing.graph);
    case GraphForm::svg:
      return flow::write_svg(drawing.graph, flow::lay_out(drawing.graph), word);
    case GraphForm::text:
      return flow::write_text(drawing.graph, flow::lay_out(drawing.graph), word);
  }
  std::unreachable();
}

int print_drawing(const Console& console, const Drawing& drawing, GraphForm form) {
  const bool wants_data = !console.is_table() && console.format != Format::name;
  if (wants_data) {
    print_raw(console, flow::to_json(drawing.graph, flow::lay_out(drawing.graph), drawing.source),
              "workflow");
    return kOk;
  }
  console.out(drawn(console, drawing, form));
  return kOk;
}

}  // namespace

int print_graph(Console& console, const GraphOptions& options) {
  if (is_file(options.target)) {
    bool is_invalid = false;
    const auto drawings = draw_files(console, options, is_invalid);
    if (is_invalid) return kInvalid;
    if (!drawings) return report(console, drawings.error());
    for (const Drawing& drawing : *drawings) print_drawing(console, drawing, options.form);
    return kOk;
  }
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto drawing = is_run(options.target)
                           ? draw_run(*remote, options.target)
                           : draw_workflow(*remote, options.target, options.revision);
  if (!drawing) return report(console, drawing.error());
  return print_drawing(console, *drawing, options.form);
}

}  // namespace dandori::cli
