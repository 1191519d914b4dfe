#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace dandori::http {

/// Values of a route's `{names}`, decoded.
class RouteParams {
 public:
  /// The value, or an empty text where the route has no such name.
  std::string_view value(std::string_view name) const;
  void add(std::string_view name, std::string value);
  std::size_t size() const { return values_.size(); }

 private:
  std::vector<std::pair<std::string_view, std::string>> values_;  // names live in the Router
};

enum class RouteOutcome : std::uint8_t { found, unknown_path, unknown_method, bad_path };

struct RouteMatch {
  RouteOutcome outcome = RouteOutcome::unknown_path;
  std::size_t route = 0;    ///< what add() returned; only when found
  RouteParams params = {};  ///< only when found; not valid longer than the router
  std::string allow = {};   ///< `GET, POST`; only for unknown_method
};

/// Which route a method and a path belong to. Built once, then read by many threads.
///
/// Patterns: literal segments, `{name}` for one segment, `{name...}` at the end for one or more,
/// and a
/// `:verb` behind the last segment: `/runs/{run}/jobs/{job}:kill`. In a path, an unencoded colon in
/// the last segment always starts the verb. Segments are percent-decoded after splitting, so
/// `a%2Fb` is one value. A literal goes before a `{name}`. HEAD is served by GET's route. An empty
/// segment matches nothing, so `/runs/` is not `/runs`.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// Returns the route's number: 0, 1, 2, … in the order of adding. Asserts on a malformed pattern
  /// and on one that is there already: the table is our own.
  std::size_t add(std::string_view method, std::string_view pattern);
  /// The pattern that add() was given: a label for metrics.
  std::string_view pattern(std::size_t route) const;

  /// path: not decoded, without query, as in Request::path.
  RouteMatch find(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  struct Search;
  std::unique_ptr<Node> root_;
  std::vector<std::string> patterns_;
};

/// The answer where nothing was found: 404 http.no_route, 405 http.method_not_allowed with Allow,
/// or 400 http.bad_request.
Response no_route(const RouteMatch& match, const Request& request);

}  // namespace dandori::http
