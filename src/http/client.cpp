#include "http/client.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "http/client_socket.h"
#include "http/parser.h"

namespace dandori::http {

namespace {

constexpr std::size_t kReadBytes = 64U << 10U;

std::unexpected<Error> bad_url(std::string_view url, std::string_view why) {
  return fail("http.bad_url", fmt::format("'{}' is no address of a server: {}", url, why),
              "write http://HOST:PORT or unix:/PATH/OF/SOCKET");
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0;
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) == 127;
  });
}

/// No octet may end a line of the request early.
bool is_sendable(std::string_view method, std::string_view target, const Headers& headers) {
  if (method.empty() || !is_printable(method) || !is_printable(target)) return false;
  return std::ranges::none_of(headers, [](const Headers::Field& field) {
    constexpr std::string_view kBad{"\r\n\0", 3};
    return field.first.empty() || !is_printable(field.first) ||
           field.second.find_first_of(kBad) != std::string::npos;
  });
}

bool may_repeat(std::string_view method, const Headers& headers) {
  constexpr std::array<std::string_view, 5> kIdempotent{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return std::ranges::find(kIdempotent, method) != kIdempotent.end() ||
         headers.has("Idempotency-Key");
}

}  // namespace

Result<ServerAddress> parse_server_address(std::string_view url) {
  ServerAddress address;
  if (url.starts_with("unix:")) {
    address.unix_path = url.substr(5);
    if (address.unix_path.starts_with("//")) address.unix_path.erase(0, 2);
    if (address.unix_path.empty()) return bad_url(url, "the path of the socket is missing");
    address.authority = "localhost";
    return address;
  }
  constexpr std::string_view kScheme = "http://";
  if (!equal_ignoring_case(url.substr(0, kScheme.size()), kScheme)) {
    return bad_url(url, "only http: and unix: are understood");
  }
  if (!is_printable(url) || url.find_first_of("?#@") != std::string_view::npos) {
    return bad_url(url, "it has characters that do not belong there");
  }
  std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  address.base = rest.substr(slash);
  while (address.base.ends_with('/')) address.base.pop_back();
  address.authority = rest.substr(0, slash);

  std::string_view host = address.authority;
  address.port = "80";
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    address.port = host.substr(colon + 1);
    host = host.substr(0, colon);
    if (!is_port(address.port)) return bad_url(url, "the port must be a number from 1 to 65535");
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return bad_url(url, "the host is missing");
  address.host = host;
  return address;
}

class Client::Impl {
 public:
  Impl(ServerAddress address, ClientOptions options)
      : address_{std::move(address)},
        options_{options},
        parser_{ParserLimits{.header_bytes_max = options.header_bytes_max,
                             .body_bytes_max = options.body_bytes_max,
                             .fields_max = 1000}},
        buffer_(std::max(kReadBytes, options.header_bytes_max)) {}

  Result<ClientResponse> exchange(std::string_view method, std::string_view target,
                                  const Headers& headers, std::string_view body,
                                  const OnChunk& on_chunk) {
    if (!is_sendable(method, target, headers)) {
      return fail("http.protocol", "the request has control characters in its target or a header",
                  "percent-encode the parts of the target");
    }
    const std::string text = detail::request_text(address_, method, target, headers, body);
    const bool reused = socket_.is_open() && socket_.is_quiet();
    Result<ClientResponse> answer = attempt(text, method == "HEAD", reused, on_chunk);
    const bool untouched = !answer && answer.error().code == "http.protocol" && !parser_.started();
    if (untouched && reused && may_repeat(method, headers)) {
      return attempt(text, method == "HEAD", false, on_chunk);
    }
    return answer;
  }

 private:
  Result<ClientResponse> attempt(const std::string& text, bool head, bool reuse,
                                 const OnChunk& on_chunk) {
    parser_.reset(head, on_chunk);
    if (!reuse) {
      socket_.close();
      Result<detail::ClientSocket> connected =
          detail::ClientSocket::connect(address_, options_.connect_timeout);
      if (!connected) return std::unexpected(std::move(connected.error()));
      socket_ = std::move(*connected);
    }
    // A server may refuse and close while the body is still being sent: its answer counts, if there
    // is one.
    const Result<void> sent = socket_.send_all(text, options_.timeout);
    if (!sent && sent.error().code != "http.protocol") return give_up(sent.error());
    return read_answer();
  }

  Result<ClientResponse> read_answer() {
    std::size_t filled = 0;
    while (parser_.state() == ParseState::reading) {
      if (filled == buffer_.size()) {
        return give_up(
            Error{.code = "http.protocol", .message = "the answer's header is too long"});
      }
      const Result<std::size_t> count =
          socket_.receive(buffer_.data() + filled, buffer_.size() - filled, options_.timeout);
      if (!count) return give_up(count.error());
      if (*count == 0) {
        parser_.feed_end();
        break;
      }
      filled += *count;
      const std::size_t used = parser_.feed({buffer_.data(), filled});
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(used),
                buffer_.begin() + static_cast<std::ptrdiff_t>(filled), buffer_.begin());
      filled -= used;
    }
    const bool stopped = parser_.stopped_by_sink();
    if (parser_.state() == ParseState::failed && !stopped) return give_up(parser_.fault().error);
    if (stopped || filled > 0 || !parser_.keep_alive()) socket_.close();
    return ClientResponse{parser_.status(), std::move(parser_.headers()),
                          std::move(parser_.body())};
  }

  std::unexpected<Error> give_up(Error error) {
    socket_.close();
    return std::unexpected(std::move(error));
  }

  const ServerAddress address_;
  const ClientOptions options_;
  detail::ClientSocket socket_;
  ResponseParser parser_;
  std::vector<char> buffer_;
};

Client::Client(ServerAddress address, ClientOptions options)
    : impl_{std::make_unique<Impl>(std::move(address), options)} {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::request(std::string_view method, std::string_view target,
                                       const Headers& headers, std::string_view body) {
  return impl_->exchange(method, target, headers, body, {});
}

Result<ClientResponse> Client::stream(std::string_view method, std::string_view target,
                                      const Headers& headers, std::string_view body,
                                      const OnChunk& on_chunk) {
  return impl_->exchange(method, target, headers, body, on_chunk);
}

}  // namespace dandori::http
