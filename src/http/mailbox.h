#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "http/message.h"

namespace dandori::http::detail {

/// Something that another thread has for a connection: an answer, or news of its streamed body.
struct Letter {
  std::uint64_t connection = 0;
  std::uint64_t sequence = 0;
  std::optional<Response> response = {};  // absent: the stream may go on
};

/// How answers reach a connection's thread. It outlives that thread, so a late answer is harmless.
///
/// Letters are collected and delivered together: one wake-up of the event loop for many answers.
class Mailbox {
 public:
  /// wake: called by whoever posts the first letter; must make the owner call take().
  explicit Mailbox(std::function<void()> wake) : wake_{std::move(wake)} {}

  /// Drops the letter when closed.
  void post(Letter letter);
  std::vector<Letter> take();
  void close();

  /// Owner's thread, around a call of the handler: an answer given meanwhile is put into `slot`.
  void open_slot(std::uint64_t connection, std::uint64_t sequence, std::optional<Response>& slot);
  void close_slot() { slot_ = nullptr; }
  void set_owner() { owner_.store(std::this_thread::get_id()); }

 private:
  bool fill_slot(Letter& letter);

  std::atomic<std::thread::id> owner_{};
  std::optional<Response>* slot_ = nullptr;  // owner's thread only, as the two below
  std::uint64_t slot_connection_ = 0;
  std::uint64_t slot_sequence_ = 0;

  std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<Letter> letters_;
  bool closed_ = false;
};

/// What a Wake points at: one streamed body.
class WakeTarget {
 public:
  WakeTarget(std::shared_ptr<Mailbox> mailbox, std::uint64_t connection, std::uint64_t sequence)
      : mailbox_{std::move(mailbox)}, connection_{connection}, sequence_{sequence} {}

  /// Any thread. Posts a letter unless one is on its way already.
  void wake() {
    if (!posted_.exchange(true)) mailbox_->post(Letter{connection_, sequence_});
  }
  /// Owner's thread, before it asks the source.
  void arrived() { posted_.store(false); }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t connection_;
  std::uint64_t sequence_;
  std::atomic<bool> posted_{false};
};

}  // namespace dandori::http::detail
