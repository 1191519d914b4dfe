#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "api/etag.h"
#include "api/routes.h"
#include "api/run_view.h"
#include "base/text.h"
#include "flow/draw.h"
#include "flow/graph_json.h"

namespace dandori::api {

namespace {

constexpr auto kFormats = std::to_array<std::string_view>({"json", "svg", "dot", "text"});

Result<std::string> read_format(const http::Request& request) {
  const std::string format{request.query.find("format").value_or("json")};
  if (std::ranges::find(kFormats, format) != kFormats.end()) return format;
  return fail("request.bad_parameter", fmt::format("'{}' is no form of a graph", excerpt(format)),
              fmt::format("forms: {}", fmt::join(kFormats, ", ")), "?format");
}

http::Response drawn(const flow::Graph& graph, const flow::Layout& layout, std::string_view format,
                     const flow::GraphSource& source) {
  if (format == "svg") return http::content(200, "image/svg+xml", flow::write_svg(graph, layout));
  if (format == "dot") return http::content(200, "text/vnd.graphviz", flow::write_dot(graph));
  if (format == "text") {
    return http::content(200, "text/plain; charset=utf-8", flow::write_text(graph, layout));
  }
  return http::json(200, write_json(flow::to_json(graph, layout, source)) + "\n");
}

}  // namespace

void get_workflow_graph(Call call) {
  const auto known = check_parameters(call.request, {"revision", "format"});
  if (!known) return call.fail(known.error());
  const auto revision = number_parameter(call.request, "revision", 0, UINT32_MAX);
  if (!revision) return call.fail(revision.error());
  const auto format = read_format(call.request);
  if (!format) return call.fail(format.error());
  const auto row =
      call.services.query.revision(call.param("workflow"), static_cast<std::uint32_t>(*revision));
  if (!row) return call.fail(row.error());
  const std::string etag = etag_of(*row, call.services.settings.version, *format);
  if (is_known(call.request, etag)) {
    http::Response unchanged{.status = 304};
    unchanged.headers.set("ETag", etag);
    unchanged.headers.set("Cache-Control", "no-cache");
    return call.respond(std::move(unchanged));
  }
  const auto definition =
      call.services.definitions.get(row->workflow, row->revision, row->canonical);
  if (!definition) return call.fail(definition.error());
  const flow::Graph graph = flow::graph_of(**definition);
  const auto layout = call.services.definitions.layout(row->workflow, row->revision, graph);
  http::Response response = drawn(graph, *layout, *format, {row->workflow, row->revision, {}});
  response.headers.set("ETag", etag);
  response.headers.set("Cache-Control", "no-cache");
  call.respond(std::move(response));
}

void get_run_graph(Call call) {
  const auto known = check_parameters(call.request, {"format"});
  if (!known) return call.fail(known.error());
  const auto format = read_format(call.request);
  if (!format) return call.fail(format.error());
  const auto view = view_run(call.services, call.param("run"));
  if (!view) return call.fail(view.error());
  const model::Run& run = view->run;
  flow::Graph graph = flow::graph_of(*run.definition);
  graph.name = fmt::format("{}#{}", run.workflow, run.number);
  for (std::uint32_t job = 0; job < graph.nodes.size(); ++job) {
    graph.nodes[job].state = engine::job_state(*view, job);
  }
  const auto layout = call.services.definitions.layout(run.workflow, run.revision, graph);
  call.respond(drawn(graph, *layout, *format, {run.workflow, run.revision, graph.name}));
}

}  // namespace dandori::api
