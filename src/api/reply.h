#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "http/message.h"
#include "http/server.h"

namespace dandori::api {

/// The duty to answer one request, with what every answer of the API carries: for the access log
/// the route and the caller, for browsers that nothing is kept and no type is guessed.
class Reply {
 public:
  /// route: outlives all.
  Reply(http::Responder responder, std::string_view route)
      : responder_{std::move(responder)}, route_{route} {}

  void set_user(std::string user) { user_ = std::move(user); }
  void operator()(http::Response response) {
    response.label = route_;
    response.user = std::move(user_);
    response.headers.set("X-Content-Type-Options", "nosniff");
    if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
    responder_(std::move(response));
  }

 private:
  http::Responder responder_;
  std::string_view route_;
  std::string user_;
};

}  // namespace dandori::api
