#include "link/channel.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace dandori::link {

void Channel::open(Steady now) {
  reader_ = {};
  out_.clear();
  is_open_ = true;
  closed_by_ = {};
  now_ = heard_at_ = said_at_ = now;
}

void Channel::close(Error why) {
  if (!is_open_) return;
  is_open_ = false;
  closed_by_ = std::move(why);
}

void Channel::put(std::string_view frame) {
  if (!is_open_) return;
  out_ += frame;
  said_at_ = now_;
}

void Channel::heard(std::string_view bytes, Steady now) {
  now_ = std::max(now_, now);
  if (!is_open_) return;
  heard_at_ = now_;
  reader_.feed(bytes);
}

std::optional<std::string_view> Channel::next_body() {
  if (!is_open_) return std::nullopt;
  auto body = reader_.next();
  if (body) return *body;
  close(std::move(body.error()));
  return std::nullopt;
}

bool Channel::step(Steady now) {
  now_ = std::max(now_, now);
  if (!is_open_) return false;
  if (now_ - heard_at_ >= kSilenceMax) {
    close({"protocol.silence",
           fmt::format("the other side has said nothing for {}", format_duration(kSilenceMax)),
           "a new session is tried at once"});
    return false;
  }
  return now_ - said_at_ >= kHeartbeatEvery;
}

Steady Channel::next_wake(bool greeted) const {
  if (!is_open_) return Steady{INT64_MAX};
  if (!greeted) return heard_at_ + kSilenceMax;
  return std::min(heard_at_ + kSilenceMax, said_at_ + kHeartbeatEvery);
}

}  // namespace dandori::link
