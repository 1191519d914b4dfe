#include <fmt/core.h>

#include <optional>

#include "http/parser_base.h"

namespace dandori::http {

namespace {

using detail::ErrorCode;
using detail::beast_http::field;

Error protocol_error(std::string_view what) {
  return Error{.code = "http.protocol",
               .message = fmt::format("the answer is no valid HTTP: {}", what),
               .hint = "check that the address is that of the server"};
}

class BeastResponse final : public detail::beast_http::basic_parser<false> {
 public:
  BeastResponse(const ParserLimits& limits, const ResponseParser::Sink& sink)
      : limits_{&limits}, sink_{&sink} {
    eager(true);
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    body_limit(boost::none);
  }

  int status = 0;
  Headers headers;
  std::string body;
  bool header_seen = false;
  bool chunk_seen = false;
  bool stopped = false;
  std::size_t header_bytes = 0;

 private:
  void on_request_impl(detail::beast_http::verb /*known*/, boost::beast::string_view /*method*/,
                       boost::beast::string_view /*target*/, int /*version*/,
                       ErrorCode& /*ec*/) override {}

  void on_response_impl(int code, boost::beast::string_view /*reason*/, int /*version*/,
                        ErrorCode& /*ec*/) override {
    status = code;
  }

  void on_field_impl(field /*known*/, boost::beast::string_view name,
                     boost::beast::string_view value, ErrorCode& ec) override {
    header_bytes += name.size() + value.size() + 4;
    if (header_bytes > limits_->header_bytes_max) {
      ec = detail::beast_http::error::header_limit;
      return;
    }
    if (header_seen) return;
    headers.add(std::string{detail::view(name)}, std::string{detail::view(value)});
  }

  void on_header_impl(ErrorCode& /*ec*/) override { header_seen = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                         ErrorCode& /*ec*/) override {}
  void on_chunk_header_impl(std::uint64_t /*size*/, boost::beast::string_view /*extensions*/,
                            ErrorCode& /*ec*/) override {
    chunk_seen = true;
  }
  void on_finish_impl(ErrorCode& /*ec*/) override {}

  std::size_t on_body_impl(boost::beast::string_view piece, ErrorCode& ec) override {
    take(detail::view(piece), ec);
    return piece.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, boost::beast::string_view piece,
                                 ErrorCode& ec) override {
    take(detail::view(piece), ec);
    return piece.size();
  }

  void take(std::string_view piece, ErrorCode& ec) {
    if (*sink_ && status >= 200 && status < 300) {
      if (piece.empty() || (*sink_)(piece)) return;
      stopped = true;
      detail::refuse(ec);
      return;
    }
    if (body.size() + piece.size() > limits_->body_bytes_max) {
      ec = detail::beast_http::error::body_limit;
      return;
    }
    body += piece;
  }

  const ParserLimits* limits_;
  const ResponseParser::Sink* sink_;
};

}  // namespace

class ResponseParser::Impl {
 public:
  explicit Impl(ParserLimits limits) : limits_{limits} { begin(); }

  void begin() {
    parser.emplace(limits_, sink);
    if (head) parser->skip(true);
    state = ParseState::reading;
  }

  void refuse(std::string_view what) {
    state = ParseState::failed;
    fault = ParseFault{0, protocol_error(what)};
  }

  const ParserLimits limits_;
  Sink sink;
  std::optional<BeastResponse> parser;
  ParseState state = ParseState::reading;
  ParseFault fault;
  bool head = false;
};

ResponseParser::ResponseParser(ParserLimits limits) : impl_{std::make_unique<Impl>(limits)} {}
ResponseParser::~ResponseParser() = default;

std::size_t ResponseParser::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (impl_->state == ParseState::reading && consumed < bytes.size()) {
    ErrorCode ec;
    const std::string_view rest = bytes.substr(consumed);
    if (detail::must_wait(*impl_->parser, impl_->parser->chunk_seen, rest.size())) break;
    const std::size_t taken = impl_->parser->put({rest.data(), rest.size()}, ec);
    consumed += taken;
    if (ec && ec != detail::beast_http::error::need_more) {
      impl_->refuse(ec.message());
      break;
    }
    if (!impl_->parser->is_done()) break;
    const int status = impl_->parser->status;
    if (status >= 200) {
      impl_->state = ParseState::complete;
    } else if (status == 101) {
      impl_->refuse("it switches the protocol");
    } else {
      impl_->begin();
    }
  }
  return consumed;
}

void ResponseParser::feed_end() {
  if (impl_->state != ParseState::reading) return;
  if (!impl_->parser->got_some()) return impl_->refuse("the connection was closed");
  ErrorCode ec;
  impl_->parser->put_eof(ec);
  if (ec) return impl_->refuse("the connection was closed in the middle of it");
  impl_->state = ParseState::complete;
}

ParseState ResponseParser::state() const {
  return impl_->state;
}
bool ResponseParser::header_done() const {
  return impl_->parser->header_seen;
}
bool ResponseParser::started() const {
  return impl_->parser->got_some();
}
bool ResponseParser::keep_alive() const {
  return impl_->parser->is_header_done() && impl_->parser->keep_alive();
}
bool ResponseParser::stopped_by_sink() const {
  return impl_->parser->stopped;
}
const ParseFault& ResponseParser::fault() const {
  return impl_->fault;
}
int ResponseParser::status() const {
  return impl_->parser->status;
}
Headers& ResponseParser::headers() {
  return impl_->parser->headers;
}
std::string& ResponseParser::body() {
  return impl_->parser->body;
}

void ResponseParser::reset(bool head, Sink sink) {
  impl_->head = head;
  impl_->sink = std::move(sink);
  impl_->begin();
}

}  // namespace dandori::http
