// A log by its lines, for viewers: by number, the last ones, and those with a text in them.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "api/log_place.h"
#include "api/log_text.h"
#include "api/routes.h"
#include "base/pattern.h"

namespace dandori::api {

namespace {

constexpr std::uint32_t kReadBytes = 1U << 20U;
constexpr std::uint64_t kCountMax = 2000;
constexpr std::uint32_t kStepsMax = 16;  // of a search, some 64 MiB: then the client asks for more
constexpr std::size_t kSpansMax = 20;

/// Where a page of lines begins and how many it has.
struct Wanted {
  model::LogFind begin;
  std::size_t count = 500;
};

Result<Wanted> read_wanted(const http::Request& request) {
  const auto known = check_parameters(request, {"attempt", "from", "count", "tail"});
  if (!known) return std::unexpected(known.error());
  const auto from = number_parameter(request, "from", 1, UINT64_MAX / 2);
  if (!from) return std::unexpected(from.error());
  const auto tail = number_parameter(request, "tail", 0, kCountMax);
  if (!tail) return std::unexpected(tail.error());
  const bool has_tail = request.query.has("tail");
  const auto count = number_parameter(request, "count", has_tail ? *tail : 500, kCountMax);
  if (!count) return std::unexpected(count.error());
  if (*from == 0 || (has_tail && request.query.has("from"))) {
    return fail("request.bad_parameter",
                *from == 0 ? "lines count from 1" : "'from' and 'tail' exclude each other",
                "name one of them", "?from");
  }
  using What = model::LogFind::What;
  return Wanted{{.what = has_tail ? What::tail : What::line, .number = has_tail ? *tail : *from},
                *count};
}

Json lines_json(const LogPlace& place, const std::vector<model::LogLine>& lines) {
  Json::Array items;
  for (const model::LogLine& line : lines) items.push_back(to_json(line));
  return Json::object(
      {{"attempt", place.attempt.number}, {"items", Json::array(std::move(items))}});
}

Json page_of_lines(const LogPlace& place, const model::LogFound& found, std::size_t count,
                   const model::LogChunk& chunk) {
  LineCutter cutter{.offset = found.offset, .number = found.number, .rest = {}};
  std::vector<model::LogLine> lines;
  const bool all = cutter.take(chunk.offset, chunk.bytes, count, lines);
  const bool is_cut = lines.empty() && !cutter.rest.empty() && chunk.bytes.size() == kReadBytes;
  if (all && lines.size() < count && (chunk.complete || is_cut)) cutter.finish(lines);
  Json body = lines_json(place, lines);
  body.set("next_offset", cutter.offset);
  body.set("lines_total", found.newlines);
  body.set("bytes_total", found.end);
  body.set("dropped", chunk.dropped);
  body.set("complete", chunk.complete && all && cutter.rest.empty());
  return body;
}

void answer_lines(const SharedCall& call, const LogPlace& place, const model::LogFound& found,
                  std::size_t count) {
  const model::LogRequest request{.id = 0,
                                  .attempt = place.attempt,
                                  .offset = found.offset,
                                  .bytes_max = kReadBytes,
                                  .wait = false};
  // Called on the engine's thread: lines are cut on the connection's.
  const auto answer = [call, place, found, count](model::LogChunk chunk) {
    if (!chunk.error.empty()) return call->fail(log_error(chunk.error, place));
    call->answer_later([place, found, count, chunk = std::move(chunk)] {
      return page_of_lines(place, found, count, chunk);
    });
  };
  call->services.engine.read_log(place.agent, request, answer);
}

// ---- search

/// One search of a log: asks the agent step by step until the page is full.
class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(SharedCall call, LogPlace place, Pattern pattern, model::LogFind find)
      : call_{std::move(call)},
        place_{std::move(place)},
        pattern_{std::move(pattern)},
        find_{std::move(find)},
        limit_{find_.count_max} {}

  void step() {
    with_place(call_, place_, find_,
               [self = shared_from_this()](const SharedCall&, const model::LogFound& found) {
                 self->take(found);
               });
  }

 private:
  void take(const model::LogFound& found) {
    lines_.insert(lines_.end(), found.lines.begin(), found.lines.end());
    find_.offset = found.offset;
    find_.number = found.number;
    find_.count_max =
        limit_ - static_cast<std::uint32_t>(std::min<std::size_t>(lines_.size(), limit_));
    const bool is_over = found.at_end || find_.count_max == 0 || ++steps_ == kStepsMax;
    if (!is_over) return step();
    const Json cursor =
        found.at_end ? Json{} : Json{fmt::format("{}:{}", found.offset, found.number)};
    call_->answer_later([self = shared_from_this(), cursor, complete = found.complete] {
      return self->page(cursor, complete);
    });
  }

  /// On the connection's thread: places of the pattern in many lines take their time.
  Json page(const Json& cursor, bool complete) const {
    Json::Array items;
    for (const model::LogLine& line : lines_) {
      Json item = to_json(line);
      item.set("spans", spans_json(line.text, pattern_.places_in(line.text, kSpansMax)));
      items.push_back(std::move(item));
    }
    Json body = Json::object(
        {{"attempt", place_.attempt.number}, {"items", Json::array(std::move(items))}});
    body.set("next_cursor", cursor);
    body.set("complete", complete);
    return body;
  }

  SharedCall call_;
  LogPlace place_;
  Pattern pattern_;
  model::LogFind find_;
  const std::uint32_t limit_;
  std::vector<model::LogLine> lines_;
  std::uint32_t steps_ = 0;
};

/// `OFFSET:LINE` of an earlier page.
Result<void> read_cursor(std::string_view cursor, model::LogFind& find) {
  if (cursor.empty()) return {};
  const char* const end = cursor.data() + cursor.size();
  const auto offset = std::from_chars(cursor.data(), end, find.offset);
  if (offset.ec == std::errc{} && offset.ptr != end && *offset.ptr == ':') {
    const auto number = std::from_chars(offset.ptr + 1, end, find.number);
    if (number.ec == std::errc{} && number.ptr == end && find.number > 0) return {};
  }
  return fail("request.bad_cursor", fmt::format("'{}' is no cursor of a search", cursor),
              "use `next_cursor` of the page before", "?cursor");
}

Result<model::LogFind> read_find(const http::Request& request) {
  const auto known =
      check_parameters(request, {"attempt", "q", "regex", "ignore_case", "limit", "cursor"});
  if (!known) return std::unexpected(known.error());
  model::LogFind find{.what = model::LogFind::What::search};
  find.text = request.query.value("q");
  const auto regex = number_parameter(request, "regex", 0, 1);
  if (!regex) return std::unexpected(regex.error());
  const auto ignore_case = number_parameter(request, "ignore_case", 0, 1);
  if (!ignore_case) return std::unexpected(ignore_case.error());
  const auto page = read_page(request);
  if (!page) return std::unexpected(page.error());
  find.is_regex = *regex == 1;
  find.ignores_case = *ignore_case == 1;
  find.count_max = page->limit;
  if (const auto read = read_cursor(page->cursor, find); !read) {
    return std::unexpected(read.error());
  }
  return find;
}

}  // namespace

void get_log_lines(Call call) {
  const auto wanted = read_wanted(call.request);
  if (!wanted) return call.fail(wanted.error());
  const auto place = find_log(call);
  if (!place) return call.fail(place.error());
  with_place(std::make_shared<Call>(std::move(call)), *place, wanted->begin,
             [place = *place, count = wanted->count](const SharedCall& with,
                                                     const model::LogFound& found) {
               answer_lines(with, place, found, count);
             });
}

void search_log(Call call) {
  auto find = read_find(call.request);
  if (!find) return call.fail(find.error());
  auto pattern = Pattern::compile(find->text,
                                  {.is_regex = find->is_regex, .ignores_case = find->ignores_case});
  if (!pattern) {
    Error error = pattern.error();
    error.path = "?q";
    return call.fail(error);
  }
  auto place = find_log(call);
  if (!place) return call.fail(place.error());
  std::make_shared<Search>(std::make_shared<Call>(std::move(call)), std::move(*place),
                           std::move(*pattern), std::move(*find))
      ->step();
}

}  // namespace dandori::api
