#pragma once

// Only for the two parser sources: the one place where Beast's parser is included.

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <string_view>

#include "http/parser.h"

namespace dandori::http::detail {

namespace beast_http = boost::beast::http;
using ErrorCode = boost::beast::error_code;

inline std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// Ends Beast's work; what is wrong stands in our own fault.
inline void refuse(ErrorCode& ec) { ec = beast_http::error::bad_value; }

/// What Beast's error means to whoever sent the message.
ParseFault fault_of(const ErrorCode& ec, const ParserLimits& limits);

}  // namespace dandori::http::detail
