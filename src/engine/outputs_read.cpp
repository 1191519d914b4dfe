#include "engine/outputs_read.h"

#include <algorithm>
#include <map>

#include "expr/expr.h"

namespace dandori::engine {

namespace {

using Refs = std::vector<expr::PathRef>;

void add_references(Refs& refs, const model::Template& text) {
  if (!text.has_expression) return;
  const auto pieces = expr::parse_template(text.text);
  if (!pieces) return;  // spec checked it
  for (expr::PathRef& path : expr::references(*pieces)) {
    if (path.root == expr::Root::jobs && path.field == expr::JobField::outputs)
      refs.push_back(std::move(path));
  }
}

/// Outputs that one job reads, the environment of its workflow included.
Refs references_of(const model::Workflow& workflow, const model::Job& job) {
  Refs refs;
  for (const auto& [name, text] : workflow.env) add_references(refs, text);
  for (const auto& [name, text] : job.env) add_references(refs, text);
  for (const model::Template& text : job.command) add_references(refs, text);
  for (const model::Template& text : job.args) add_references(refs, text);
  if (job.cwd) add_references(refs, *job.cwd);
  if (job.stdin_text) add_references(refs, *job.stdin_text);
  return refs;
}

}  // namespace

std::vector<OutputRead> outputs_read(const model::Workflow& workflow, std::string_view job) {
  std::map<std::string, std::vector<std::string>> found;
  for (const model::Job& reader : workflow.jobs) {
    for (const expr::PathRef& path : references_of(workflow, reader)) {
      if (path.name != job) continue;
      std::vector<std::string>& readers = found[path.output];
      if (readers.empty() || readers.back() != reader.id) readers.push_back(reader.id);
    }
  }
  std::vector<OutputRead> reads;
  for (auto& [output, readers] : found) reads.push_back({output, std::move(readers)});
  return reads;
}

std::set<std::string> jobs_read_by(const model::Workflow& workflow, const model::Job& job) {
  std::set<std::string> jobs;
  for (const expr::PathRef& path : references_of(workflow, job)) jobs.insert(path.name);
  return jobs;
}

std::vector<OutputRead> outputs_missing(const model::Workflow& workflow, std::string_view job,
                                        const Json& values) {
  std::vector<OutputRead> reads = outputs_read(workflow, job);
  std::erase_if(reads, [&](const OutputRead& read) { return values.find(read.output) != nullptr; });
  return reads;
}

Json outputs_json(const std::vector<OutputRead>& reads) {
  Json outputs = Json::array();
  for (const OutputRead& read : reads) {
    Json readers = Json::array();
    for (const std::string& reader : read.readers) readers.push(reader);
    outputs.push(Json::object({{"name", read.output}, {"readers", std::move(readers)}}));
  }
  return outputs;
}

}  // namespace dandori::engine
