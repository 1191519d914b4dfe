#pragma once

// Only for the two parser sources: the one place where Beast's parser is included.

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <string_view>

#include "http/parser.h"

namespace dandori::http::detail {

namespace beast_http = boost::beast::http;
using ErrorCode = boost::beast::error_code;

inline std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// Ends Beast's work; what is wrong stands in our own fault.
inline void refuse(ErrorCode& ec) {
  ec = beast_http::error::bad_value;
}

/// Must `size` octets wait for more before Beast may see them?
///
/// Beast 1.81 asserts that the last chunk, when it is also the first, never ends within `0 CR LF
/// CR`, which any client can send. No chunked body is shorter than five octets, so waiting for them
/// costs nothing.
template <class Parser>
bool must_wait(const Parser& parser, bool chunk_seen, std::size_t size) {
  constexpr std::size_t kShortestChunkedBody = 5;
  return parser.is_header_done() && parser.chunked() && !chunk_seen && size < kShortestChunkedBody;
}

/// What Beast's error means to whoever sent the message.
ParseFault fault_of(const ErrorCode& ec, const ParserLimits& limits);

}  // namespace dandori::http::detail
