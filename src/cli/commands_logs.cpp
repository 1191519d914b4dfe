#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/pattern.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/remote.h"
#include "http/message.h"

namespace dandori::cli {

namespace {

using std::chrono::milliseconds;

/// While following, a quiet job says nothing for as long as it likes.
constexpr milliseconds kQuietMax{60'000};
constexpr milliseconds kPauseMin{100}, kPauseMax{2'000};
constexpr std::size_t kLineBytesMax = 1U << 20U;

/// Hands on what was read: all of it, or only lines with the pattern in them.
class LogPrinter {
 public:
  LogPrinter(const Console& console, std::optional<Pattern> wanted)
      : console_{console}, wanted_{std::move(wanted)} {}

  void take(std::string_view piece) {
    if (!wanted_) return console_.out(piece);
    line_.append(piece);
    std::size_t begin = 0;
    for (std::size_t end; (end = line_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      print({line_.data() + begin, end + 1 - begin});
    }
    line_.erase(0, begin);
    if (line_.size() > kLineBytesMax)
      finish();  // binary output without lines must not fill the memory
  }
  void finish() {
    if (!line_.empty()) print(line_);
    line_.clear();
  }

 private:
  void print(std::string_view line) {
    const bool ends = line.ends_with('\n');
    if (wanted_->occurs_in(line.substr(0, line.size() - (ends ? 1 : 0)))) console_.out(line);
  }

  const Console& console_;
  std::optional<Pattern> wanted_;
  std::string line_;
};

struct LogUrl {
  std::string path, query;
  std::string of(std::string_view resource) const {
    return fmt::format("{}{}?{}", path, resource, query);
  }
};

/// The attempt whose log is read is pinned, so that a retry does not mix two logs.
Answer<LogUrl> log_url(Remote& remote, const Target& target, const LogsOptions& options) {
  std::uint64_t number = options.attempt;
  if (number == 0) {
    const auto job = remote.get(target_path(target));
    if (!job) return std::unexpected(job.error());
    number = static_cast<std::uint64_t>(std::max<std::int64_t>(job->integer_or("attempt", 0), 0));
  }
  return LogUrl{target_path(target) + "/logs", fmt::format("attempt={}", number)};
}

/// Which bytes of the log are wanted.
struct Part {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};

/// Offset of the first of the lines that `query` asks for.
Answer<std::uint64_t> line_offset(Remote& remote, const LogUrl& url, std::string_view query) {
  const auto page = remote.get(url.of("/lines").append(query));
  if (!page) return std::unexpected(page.error());
  const Json::Array& items = (*page)["items"].items();
  const Json& first = items.empty() ? *page : items.front();
  const std::string_view member = items.empty() ? "next_offset" : "offset";
  return static_cast<std::uint64_t>(first.integer_or(member, 0));
}

Result<std::pair<std::uint64_t, std::uint64_t>> read_lines(const Console& console,
                                                           const std::string& text) {
  std::uint64_t first = 0, last = 0;
  const char* const end = text.data() + text.size();
  const auto from = std::from_chars(text.data(), end, first);
  if (from.ec == std::errc{} && from.ptr != end && *from.ptr == '-') {
    const auto until = std::from_chars(from.ptr + 1, end, last);
    if (until.ec == std::errc{} && until.ptr == end && first > 0 && last >= first) {
      return std::pair{first, last};
    }
  }
  return fail("cli.usage", console.text("problem.lines", {{"text", excerpt(text)}}),
              console.text("hint.lines"));
}

Answer<Part> read_part(const Console& console, Remote& remote, const LogUrl& url,
                       const LogsOptions& options) {
  Part part;
  if (options.tail) {
    const auto offset = line_offset(remote, url, fmt::format("&tail={}&count=1", *options.tail));
    if (!offset) return std::unexpected(offset.error());
    part.offset = *offset;
  } else if (!options.lines.empty()) {
    const auto lines = read_lines(console, options.lines);
    if (!lines) return std::unexpected(Problem{.error = lines.error()});
    const auto begin = line_offset(remote, url, fmt::format("&from={}&count=1", lines->first));
    if (!begin) return std::unexpected(begin.error());
    const auto end = line_offset(remote, url, fmt::format("&from={}&count=1", lines->second + 1));
    if (!end) return std::unexpected(end.error());
    part = {*begin, *end - std::min(*begin, *end)};
  }
  return part;
}

/// A line of which only a part came is read from the log itself.
Answer<void> print_whole(Console& console, Remote& remote, const LogUrl& url,
                         std::uint64_t number) {
  const auto begin = line_offset(remote, url, fmt::format("&from={}&count=1", number));
  if (!begin) return std::unexpected(begin.error());
  const auto end = line_offset(remote, url, fmt::format("&from={}&count=1", number + 1));
  if (!end) return std::unexpected(end.error());
  bool is_ended = false;
  const auto done = remote.stream(
      fmt::format("{}&offset={}&length={}", url.of(""), *begin, *end - std::min(*begin, *end)), {},
      kQuietMax, [&](std::string_view piece) {
        console.out(piece);
        is_ended = piece.ends_with('\n');
        return true;
      });
  if (!done) return std::unexpected(done.error());
  if (!is_ended) console.out("\n");
  return {};
}

/// The agent looks for the lines; only those come here.
int search(Console& console, Remote& remote, const LogUrl& url, const std::string& pattern) {
  std::string cursor;
  std::int64_t printed = 0;  // a long line may be found again by a later part of it
  do {
    const auto page =
        remote.get(url.of("/search") + fmt::format("&regex=1&limit=1000&q={}{}{}",
                                                   http::percent_encode(pattern),
                                                   cursor.empty() ? "" : "&cursor=", cursor));
    if (!page) return report(console, page.error());
    for (const Json& line : (*page)["items"].items()) {
      const std::int64_t number = line.integer_or("n", 0);
      if (std::exchange(printed, number) == number) continue;
      if (!line.bool_or("truncated", false)) {
        console.out(std::string{line.text_or("text", "")} + "\n");
      } else if (const auto whole =
                     print_whole(console, remote, url, static_cast<std::uint64_t>(number));
                 !whole) {
        return report(console, whole.error());
      }
    }
    cursor = page->text_or("next_cursor", "");
  } while (!cursor.empty());
  return kOk;
}

bool is_passing(const Problem& problem) {
  return problem.status == 503 || (problem.status == 0 && problem.error.code.starts_with("http.") &&
                                   problem.error.code != "http.bad_url");
}

}  // namespace

int show_logs(Console& console, const LogsOptions& options) {
  const Target target = parse_target(options.target);
  if (target.job.empty()) {
    return report(console, Error{"cli.usage", console.text("problem.logs_target"),
                                 console.text("hint.logs_target", {{"run", options.target}})});
  }
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  std::optional<Pattern> wanted;
  if (!options.grep.empty()) {
    auto pattern = Pattern::compile(options.grep, {.is_regex = true});
    if (!pattern) return report(console, pattern.error());
    wanted = std::move(*pattern);
  }
  const auto url = log_url(*remote, target, options);
  if (!url) return report(console, url.error());
  const bool is_whole = !options.follow && !options.tail && options.lines.empty();
  if (wanted && is_whole) return search(console, *remote, *url, options.grep);
  const auto part = read_part(console, *remote, *url, options);
  if (!part) return report(console, part.error());

  LogPrinter printer{console, std::move(wanted)};
  std::string bytes = url->of("");
  if (part->length) bytes += fmt::format("&length={}", *part->length);
  if (options.follow) bytes += "&follow=1";
  std::uint64_t offset = part->offset;
  milliseconds pause = kPauseMin;
  for (;;) {
    const auto done = remote->stream(fmt::format("{}&offset={}", bytes, offset), {}, kQuietMax,
                                     [&](std::string_view piece) {
                                       printer.take(piece);
                                       offset += piece.size();
                                       pause = kPauseMin;
                                       return true;
                                     });
    if (done) break;
    if (!options.follow || !is_passing(done.error())) {
      printer.finish();
      return report(console, done.error());
    }
    // The server restarts, or the job was quiet for long: go on behind what was read.
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kPauseMax);
    remote->find_again();
  }
  printer.finish();
  return kOk;
}

}  // namespace dandori::cli
