#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "http/parser_base.h"

namespace dandori::http {

namespace detail {

namespace {

ParseFault bad_request(std::string_view what) {
  return {400, Error{.code = "http.bad_request",
                     .message = fmt::format("this is no valid HTTP request: {}", what),
                     .hint = "see RFC 9112 for the form of a request"}};
}

}  // namespace

ParseFault fault_of(const ErrorCode& ec, const ParserLimits& limits) {
  using beast_http::error;
  if (ec == error::header_limit) {
    return {431, Error{.code = "http.header_too_large",
                       .message = fmt::format("the header is larger than {} bytes",
                                              limits.header_bytes_max),
                       .hint = "send fewer or shorter header fields"}};
  }
  if (ec == error::body_limit) {
    return {413,
            Error{.code = "http.body_too_large",
                  .message = fmt::format("the body is larger than {} bytes", limits.body_bytes_max),
                  .hint = "split the request into smaller ones"}};
  }
  return bad_request(ec.message());
}

}  // namespace detail

namespace {

using detail::ErrorCode;
using detail::beast_http::field;
using detail::beast_http::verb;

constexpr std::size_t kBodyReserveMax = 64U
                                        << 10U;  // never trust a declared length with more memory

bool is_valid_host(std::string_view host) {
  return host.size() <= 255 && std::ranges::all_of(host, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view{".-_:[]%~"}.find(c) != std::string_view::npos;
         });
}

/// `http://host/path?x` → `/path?x`; other forms unchanged.
std::string_view origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() ||
        !equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      continue;
    }
    const std::size_t slash = target.find_first_of("/?", scheme.size());
    return slash == std::string_view::npos ? std::string_view{"/"} : target.substr(slash);
  }
  return target;
}

class BeastRequest final : public detail::beast_http::basic_parser<true> {
 public:
  explicit BeastRequest(const ParserLimits& limits) : limits_{&limits} {
    eager(true);
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    body_limit(limits.body_bytes_max);
  }

  Request request;
  std::optional<ParseFault> fault;
  bool header_seen = false;
  bool chunk_seen = false;
  bool line_seen = false;
  bool http_1_0 = false;
  bool expects_continue = false;
  std::size_t header_bytes = 0;

 private:
  void set_fault(int status, Error error, ErrorCode& ec) {
    fault = ParseFault{status, std::move(error)};
    detail::refuse(ec);
  }

  void on_request_impl(verb /*known*/, boost::beast::string_view method,
                       boost::beast::string_view target, int version, ErrorCode& ec) override {
    line_seen = true;
    http_1_0 = version == 10;
    request.method = detail::view(method);
    request.target = detail::view(target);
    header_bytes = method.size() + target.size() + 12;
    if (header_bytes > limits_->header_bytes_max) ec = detail::beast_http::error::header_limit;
  }

  void on_response_impl(int /*status*/, boost::beast::string_view /*reason*/, int /*version*/,
                        ErrorCode& /*ec*/) override {}

  void on_field_impl(field /*known*/, boost::beast::string_view name,
                     boost::beast::string_view value, ErrorCode& ec) override {
    header_bytes += name.size() + value.size() + 4;
    if (header_bytes > limits_->header_bytes_max || ++fields_ > limits_->fields_max) {
      ec = detail::beast_http::error::header_limit;
      return;
    }
    if (header_seen) return;  // a trailer: checked, counted, not kept
    request.headers.add(std::string{detail::view(name)}, std::string{detail::view(value)});
  }

  void on_header_impl(ErrorCode& ec) override {
    header_seen = true;
    check_host(ec);
    if (!ec) check_transfer_coding(ec);
    if (!ec) check_expect(ec);
    if (!ec) read_target(ec);
  }

  void check_host(ErrorCode& ec) {
    const std::size_t hosts = request.headers.count("Host");
    if (hosts == 0 && !http_1_0) {
      return set_fault(400, bad("the field Host is missing", "HTTP/1.1 asks for one Host"), ec);
    }
    if (hosts > 1 || !is_valid_host(request.headers.value("Host"))) {
      return set_fault(400, bad("the field Host is given twice or malformed"), ec);
    }
  }

  void check_transfer_coding(ErrorCode& ec) {
    const std::optional<std::string_view> coding = request.headers.find("Transfer-Encoding");
    if (!coding) return;
    if (http_1_0 || request.headers.has("Content-Length")) {
      return set_fault(400, bad("Transfer-Encoding is not possible here"), ec);
    }
    if (!equal_ignoring_case(trim(*coding), "chunked") ||
        request.headers.count("Transfer-Encoding") > 1) {
      set_fault(501,
                Error{.code = "http.unsupported",
                      .message = fmt::format("the transfer coding '{}' is not supported", *coding),
                      .hint = "send the body with Content-Length or chunked"},
                ec);
    }
  }

  void check_expect(ErrorCode& ec) {
    const std::optional<std::string_view> expected = request.headers.find("Expect");
    if (!expected || http_1_0) return;
    if (!equal_ignoring_case(*expected, "100-continue")) {
      return set_fault(
          417,
          Error{.code = "http.unsupported",
                .message = fmt::format("the expectation '{}' cannot be met", *expected),
                .hint = "only 100-continue is understood"},
          ec);
    }
    expects_continue = true;
  }

  void read_target(ErrorCode& ec) {
    const std::string_view target = origin_form(request.target);
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    if (request.path.empty()) request.path = "/";
    const bool is_asterisk = target == "*" && request.method == "OPTIONS";
    if ((!request.path.starts_with('/') && !is_asterisk) ||
        target.find('#') != std::string_view::npos) {
      return set_fault(400, bad("the request target must be a path"), ec);
    }
    Result<Query> query = parse_query(mark < target.size() ? target.substr(mark + 1) : "");
    if (!query) return set_fault(400, query.error(), ec);
    request.query = std::move(*query);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& /*ec*/) override {
    if (length) request.body.reserve(std::min<std::size_t>(*length, kBodyReserveMax));
  }

  std::size_t on_body_impl(boost::beast::string_view body, ErrorCode& /*ec*/) override {
    request.body += detail::view(body);
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t /*size*/, boost::beast::string_view /*extensions*/,
                            ErrorCode& /*ec*/) override {
    chunk_seen = true;
  }

  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, boost::beast::string_view body,
                                 ErrorCode& /*ec*/) override {
    request.body += detail::view(body);
    return body.size();
  }

  void on_finish_impl(ErrorCode& /*ec*/) override {}

  static Error bad(std::string message, std::string hint = {}) {
    return Error{
        .code = "http.bad_request", .message = std::move(message), .hint = std::move(hint)};
  }

  const ParserLimits* limits_;
  std::size_t fields_ = 0;
};

}  // namespace

class RequestParser::Impl {
 public:
  explicit Impl(ParserLimits limits) : limits_{limits} { parser.emplace(limits_); }

  void refuse(const ErrorCode& ec, std::string_view line) {
    state = ParseState::failed;
    fault = parser->fault ? *parser->fault : detail::fault_of(ec, limits_);
    if (fault.status == 431 && !parser->line_seen) {
      fault.status = 414;
      fault.error.message = "the request line is too long";
      fault.error.hint = "send long parameters in a body";
    }
    const bool is_version = ec == detail::beast_http::error::bad_version;
    const bool is_ours = line.find(" HTTP/1.") != std::string_view::npos;  // its line end is wrong
    if (is_version && !is_ours && line.find(" HTTP/") != std::string_view::npos) {
      fault.status = 505;
      fault.error = Error{.code = "http.unsupported",
                          .message = "this version of HTTP is not spoken here",
                          .hint = "use HTTP/1.1"};
    }
    if (fault.error.path.empty()) fault.error.path = path_of(parser->request.target);
  }

  /// What of the request is known when it is refused; empty: its line was not read.
  static std::string path_of(std::string_view target) {
    return excerpt(target.substr(0, target.find('?')));
  }

  const ParserLimits limits_;
  std::optional<BeastRequest> parser;
  ParseState state = ParseState::reading;
  ParseFault fault;
};

RequestParser::RequestParser(ParserLimits limits) : impl_{std::make_unique<Impl>(limits)} {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
  if (impl_->state != ParseState::reading) return 0;
  BeastRequest& parser = *impl_->parser;
  std::size_t skipped = 0;
  if (!parser.got_some()) {  // RFC 9112, 2.2: empty lines before a request are ignored
    while (bytes.substr(skipped).starts_with("\r\n")) skipped += 2;
    if (bytes.size() == skipped || bytes.substr(skipped) == "\r") return skipped;
  }
  const std::string_view rest = bytes.substr(skipped);
  if (detail::must_wait(parser, parser.chunk_seen, rest.size())) return skipped;

  ErrorCode ec;
  const std::size_t consumed = parser.put({rest.data(), rest.size()}, ec);
  if (ec && ec != detail::beast_http::error::need_more) {
    impl_->refuse(ec, rest.substr(0, rest.find('\n')));
  } else if (parser.is_done()) {
    impl_->state = ParseState::complete;
  } else if (!parser.header_seen &&
             parser.header_bytes + (rest.size() - consumed) > impl_->limits_.header_bytes_max) {
    impl_->refuse(detail::beast_http::error::header_limit, {});
  }
  return skipped + consumed;
}

ParseState RequestParser::state() const {
  return impl_->state;
}
bool RequestParser::header_done() const {
  return impl_->parser->header_seen;
}
bool RequestParser::started() const {
  return impl_->parser->got_some();
}
bool RequestParser::wants_continue() const {
  return impl_->state == ParseState::reading && impl_->parser->header_seen &&
         impl_->parser->expects_continue && impl_->parser->request.body.empty();
}
bool RequestParser::keep_alive() const {
  return impl_->parser->is_header_done() && impl_->parser->keep_alive();
}
bool RequestParser::is_http_1_0() const {
  return impl_->parser->http_1_0;
}
const ParseFault& RequestParser::fault() const {
  return impl_->fault;
}
Request& RequestParser::request() {
  return impl_->parser->request;
}

void RequestParser::reset() {
  impl_->parser.emplace(impl_->limits_);
  impl_->state = ParseState::reading;
}

}  // namespace dandori::http
