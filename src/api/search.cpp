#include "api/search.h"

#include <fmt/core.h>

#include <algorithm>

namespace dandori::api {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, {}, lower, lower).empty() || part.empty();
}

}  // namespace

bool lies_in(std::string_view folder, std::string_view above) {
  return folder.starts_with(above) &&
         (folder.size() == above.size() || above.empty() || folder[above.size()] == '/');
}

Result<WorkflowSearch> read_search(const http::Request& request) {
  WorkflowSearch search{
      std::string{request.query.value("folder")}, std::string{request.query.value("text")}, {}, {}};
  const std::string_view label = request.query.value("label");
  if (label.empty()) return search;
  const std::size_t equals = label.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail("request.bad_parameter", fmt::format("'{}' is no label", label),
                "write it as key=value, such as team=sales", "?label");
  }
  search.label = label.substr(0, equals);
  search.value = label.substr(equals + 1);
  return search;
}

Result<WorkflowMatcher> WorkflowMatcher::make(Services& services, WorkflowSearch search) {
  WorkflowMatcher matcher{services, std::move(search)};
  if (matcher.search_.label.empty()) return matcher;
  const auto folders = services.query.folders();
  if (!folders) return std::unexpected(folders.error());
  for (const model::Folder& folder : *folders) {
    const auto label = folder.labels.find(matcher.search_.label);
    if (label != folder.labels.end() && label->second == matcher.search_.value) {
      matcher.labelled_folders_.push_back(folder.name);
    }
  }
  return matcher;
}

bool WorkflowMatcher::matches(const model::WorkflowRow& row) const {
  if (!search_.folder.empty() && !lies_in(row.folder, search_.folder)) return false;
  if (!contains(row.name, search_.text) && !contains(row.title, search_.text)) return false;
  return search_.label.empty() || has_label(row);
}

bool WorkflowMatcher::has_label(const model::WorkflowRow& row) const {
  const bool by_folder = std::ranges::any_of(
      labelled_folders_, [&](const std::string& folder) { return lies_in(row.folder, folder); });
  if (by_folder) return true;
  const auto definition = services_.definitions.of(services_.query, row.name, row.revision);
  if (!definition) return false;  // quarantined: shown where it is asked for by name
  const auto label = (*definition)->labels.find(search_.label);
  return label != (*definition)->labels.end() && label->second == search_.value;
}

Result<std::vector<std::string>> find_workflows(Services& services, WorkflowSearch search) {
  const auto matcher = WorkflowMatcher::make(services, std::move(search));
  if (!matcher) return std::unexpected(matcher.error());
  std::vector<std::string> names;
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    const auto listed = services.query.workflows(page);
    if (!listed) return std::unexpected(listed.error());
    for (const model::WorkflowRow& row : listed->items) {
      if (matcher->matches(row)) names.push_back(row.name);
    }
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return names;
}

}  // namespace dandori::api
