#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/cli.h"
#include "cli/console.h"
#include "http/message.h"

namespace dandori::http {
class Client;
}

namespace dandori::spec {
struct Problem;
}

namespace dandori::cli {

/// Where the server is and what lets us in.
struct Place {
  std::string url;
  std::string token;
  std::string data;  ///< the local server's folder; empty when the URL was given
};

/// The data folder: --data, DANDORI_DATA, `.dandori` in the current folder or one above it,
/// /var/lib/dandori; empty: none of them is there.
std::string find_data(const Globals& globals);

/// Which server is meant: exactly one is set.
struct ServerChoice {
  std::string url = {};
  std::string context = {};  ///< by its name
  std::string data = {};     ///< the local server of this folder
};

/// Where to go, the nearest first: --server, --context, --data; DANDORI_SERVER, DANDORI_CONTEXT,
/// DANDORI_DATA; `.dandori` here or above; the context in use; `server`, then `data` of the
/// configuration; /var/lib/dandori.
/// Errors: cli.no_server, config.unreadable.
Result<ServerChoice> choose_server(const Console& console);
/// The same, found. Errors: also cli.no_token, cli.no_context, cli.read_file.
Result<Place> find_server(const Console& console);

/// First line of a file, without its newline. Errors: cli.read_file.
Result<std::string> read_first_line(const Console& console, const std::string& path);
/// Errors: cli.read_file.
Result<std::string> read_file(const Console& console, const std::string& path,
                              std::size_t bytes_max);

/// Why a call did not do what was asked: an error on the way (status 0), or the server's problem
/// JSON.
struct Problem {
  Error error;
  int status = 0;
  Json body = {};
};

template <class T>
using Answer = std::expected<T, Problem>;

/// Exit code by HTTP status and code.
int exit_code_of(const Problem& problem);
/// Prints message, hint and the problems of files; gives the exit code.
int report(const Console& console, const Problem& problem);
int report(const Console& console, const Error& error);
/// Prints one problem of a definition with the line at fault.
void report(const Console& console, const spec::Problem& problem);

/// The `^^^` below a line of a definition, for terminals that show ambiguous characters wide.
std::string pointer_below(std::string_view line, std::string_view pointer, Ambiguous ambiguous);

/// `/api/v1/runs/NAME%231`.
std::string run_path(std::string_view run);

/// The server's API, as one user of one command sees it.
class Remote {
 public:
  /// Does not connect yet.
  static Result<Remote> open(const Console& console);
  static Remote with_token(const Console& console, std::string url, std::string token);
  ~Remote();
  Remote(Remote&&) noexcept;
  Remote& operator=(Remote&&) noexcept;

  Answer<Json> get(const std::string& path);
  /// key: Idempotency-Key; empty: a fresh one.
  Answer<Json> post(const std::string& path, const Json& body, std::string_view key = {});
  Answer<Json> send(std::string_view method, const std::string& path, const Json& body,
                    std::string_view key = {});
  /// All items up to `limit`, following the cursors. path: without limit and cursor.
  static constexpr std::uint64_t kWhole = UINT64_MAX;  ///< as a limit: all there is
  Answer<Json> list(const std::string& path, std::uint64_t limit);
  /// Streams the body piece by piece; false from `on_chunk` ends it. The result is the header's
  /// fields.
  Answer<http::Headers> stream(const std::string& path, std::string_view last_event_id,
                               std::chrono::milliseconds silence_max,
                               const std::function<bool(std::string_view)>& on_chunk);

  /// Sets the console's zone: --tz, else the server's. Errors: calendar.unknown_zone and those of
  /// get().
  Answer<void> load_zone(Console& console);
  /// How long requests may wait for the server, from the next connection on.
  void set_patience(std::chrono::milliseconds patience);
  /// Looks again where the local server is: after a restart its port may be another.
  void find_again();
  const Place& place() const { return place_; }

 private:
  Remote(const Console& console, Place place);
  http::Headers headers(std::string_view key) const;
  Result<http::Client*> client();

  const Console* console_;
  Place place_;
  std::unique_ptr<http::Client> client_;
  std::chrono::milliseconds patience_{30'000};
};

/// The items of a list in an answer; none where it is left out or no list.
const Json::Array& items_of(const Json& list);

}  // namespace dandori::cli
