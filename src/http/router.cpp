#include "http/router.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace dandori::http {

/// One place in the tree of patterns: what may follow, and what ends here.
struct Router::Node {
  struct Ending {
    std::string verb;  // empty: none
    std::string method;
    std::size_t route = 0;
    std::vector<std::string> names;
    bool takes_rest = false;
  };

  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
  std::unique_ptr<Node> any;
  std::vector<Ending> endings;  // one or more routes whose last segment led here
  std::vector<Ending> rests;    // `{name...}` below here

  Node& literal(std::string_view text) {
    for (const auto& [key, node] : literals) {
      if (key == text) return *node;
    }
    return *literals.emplace_back(std::string{text}, std::make_unique<Node>()).second;
  }
};

/// One search: the segments still to match, the values so far, and the methods that would have
/// fitted.
struct Router::Search {
  std::string_view method;
  std::vector<std::string_view> segments;
  std::string_view verb;
  std::vector<std::string> values;
  std::vector<std::string_view> allowed;
  const Node::Ending* ending = nullptr;
  bool bad_value = false;

  bool take(std::string_view segment);
  bool end_at(const std::vector<Node::Ending>& endings);
  bool walk(const Node& node, std::size_t depth);
  bool walk_rest(const Node& node, std::size_t depth);
};

namespace {

constexpr std::size_t kSegmentsMax = 32;  // of a path; deeper ones match nothing

bool is_name_segment(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

/// Decodes one segment onto `values`; false and `bad_value` when it is no proper text.
bool Router::Search::take(std::string_view segment) {
  std::optional<std::string> value = percent_decode(segment);
  if (!value || !is_valid_utf8(*value) || value->find('\0') != std::string::npos) {
    bad_value = true;
    return false;
  }
  values.push_back(std::move(*value));
  return true;
}

bool Router::Search::end_at(const std::vector<Node::Ending>& endings) {
  for (const Node::Ending& candidate : endings) {
    if (candidate.verb != verb) continue;
    if (candidate.method == method) {
      ending = &candidate;
      return true;
    }
    allowed.push_back(candidate.method);
  }
  if (method != "HEAD") return false;
  const auto get = std::ranges::find_if(
      endings, [&](const Node::Ending& e) { return e.verb == verb && e.method == "GET"; });
  if (get != endings.end()) ending = &*get;
  return ending != nullptr;
}

bool Router::Search::walk(const Node& node, std::size_t depth) {
  if (depth == segments.size()) return end_at(node.endings);
  const std::string_view segment = segments[depth];
  if (segment.empty()) return walk_rest(node, depth);
  for (const auto& [key, child] : node.literals) {
    if (key == segment && walk(*child, depth + 1)) return true;
  }
  if (node.any != nullptr && take(segment)) {
    if (walk(*node.any, depth + 1)) return true;
    values.pop_back();
  }
  return walk_rest(node, depth);
}

/// `{name...}`: the segments from here on, decoded and joined again; nothing that could climb or
/// hide a slash.
bool Router::Search::walk_rest(const Node& node, std::size_t depth) {
  if (node.rests.empty()) return false;
  std::string joined;
  for (std::size_t i = depth; i < segments.size(); ++i) {
    if (!take(segments[i])) return false;
    const std::string part = std::move(values.back());
    values.pop_back();
    if (part.empty() || part == "." || part == ".." || part.find('/') != std::string::npos) {
      bad_value = true;
      return false;
    }
    joined += i > depth ? "/" : "";
    joined += part;
  }
  if (!verb.empty()) joined += fmt::format(":{}", verb);
  const std::string_view whole_verb = std::exchange(verb, {});
  if (end_at(node.rests)) {
    values.push_back(std::move(joined));
    return true;
  }
  verb = whole_verb;
  return false;
}

std::string_view RouteParams::value(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return {};
}

void RouteParams::add(std::string_view name, std::string value) {
  values_.emplace_back(name, std::move(value));
}

Router::Router() : root_{std::make_unique<Node>()} {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

std::size_t Router::add(std::string_view method, std::string_view pattern) {
  DANDORI_ASSERT(pattern.starts_with('/'), "a route's pattern starts with a slash");
  Node::Ending ending;
  ending.method = method;
  ending.route = patterns_.size();

  std::string_view path = pattern.substr(1);
  const std::size_t last = path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1;
  if (const std::size_t colon = path.find(':', last); colon != std::string_view::npos) {
    ending.verb = path.substr(colon + 1);
    path = path.substr(0, colon);
  }

  Node* node = root_.get();
  for (const std::string_view segment :
       path.empty() ? std::vector<std::string_view>{} : split(path, '/')) {
    DANDORI_ASSERT(!segment.empty() && !ending.takes_rest, "a malformed route pattern");
    if (!is_name_segment(segment)) {
      node = &node->literal(segment);
      continue;
    }
    std::string_view name = segment.substr(1, segment.size() - 2);
    ending.takes_rest = name.ends_with("...");
    if (ending.takes_rest) {
      name.remove_suffix(3);
    } else {
      if (node->any == nullptr) node->any = std::make_unique<Node>();
      node = node->any.get();
    }
    ending.names.emplace_back(name);
  }

  std::vector<Node::Ending>& endings = ending.takes_rest ? node->rests : node->endings;
  for (const Node::Ending& other : endings) {
    DANDORI_ASSERT(other.verb != ending.verb || other.method != method, "the route exists already");
  }
  endings.push_back(std::move(ending));
  patterns_.emplace_back(pattern);
  return patterns_.size() - 1;
}

std::string_view Router::pattern(std::size_t route) const {
  return patterns_.at(route);
}

RouteMatch Router::find(std::string_view method, std::string_view path) const {
  RouteMatch match;
  if (!path.starts_with('/')) return match;
  path.remove_prefix(1);

  Search search;
  search.method = method;
  const std::size_t last = path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1;
  if (const std::size_t colon = path.rfind(':'); colon != std::string_view::npos && colon >= last) {
    search.verb = path.substr(colon + 1);
    path = path.substr(0, colon);
    if (search.verb.empty()) return match;
  }
  if (!path.empty()) search.segments = split(path, '/');
  if (search.segments.size() > kSegmentsMax) return match;

  if (search.walk(*root_, 0)) {
    match.outcome = RouteOutcome::found;
    match.route = search.ending->route;
    for (std::size_t i = 0; i < search.values.size(); ++i) {
      match.params.add(search.ending->names[i], std::move(search.values[i]));
    }
    return match;
  }
  if (!search.allowed.empty()) {
    match.outcome = RouteOutcome::unknown_method;
    std::ranges::sort(search.allowed);
    const auto duplicates = std::ranges::unique(search.allowed);
    search.allowed.erase(duplicates.begin(), duplicates.end());
    match.allow = fmt::format("{}", fmt::join(search.allowed, ", "));
  } else if (search.bad_value) {
    match.outcome = RouteOutcome::bad_path;
  }
  return match;
}

Response no_route(const RouteMatch& match, const Request& request) {
  switch (match.outcome) {
    case RouteOutcome::unknown_method: {
      Response response = problem(
          405,
          Error{.code = "http.method_not_allowed",
                .message = fmt::format("{} is not possible on {}", request.method, request.path),
                .hint = fmt::format("possible here: {}", match.allow),
                .path = to_valid_utf8(request.path)},
          request.request_id);
      response.headers.add("Allow", match.allow);
      return response;
    }
    case RouteOutcome::bad_path:
      return problem(400,
                     Error{.code = "http.bad_request",
                           .message = "the path has a segment that is not percent-encoded UTF-8",
                           .hint = "encode each segment of the path",
                           .path = to_valid_utf8(request.path)},
                     request.request_id);
    case RouteOutcome::unknown_path:
    case RouteOutcome::found:
      break;
  }
  return problem(404,
                 Error{.code = "http.no_route",
                       .message = fmt::format("nothing is at {}", to_valid_utf8(request.path)),
                       .hint = "check the path; a part of it may need percent-encoding",
                       .path = to_valid_utf8(request.path)},
                 request.request_id);
}

}  // namespace dandori::http
