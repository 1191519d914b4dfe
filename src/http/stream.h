#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace dandori::http {

namespace detail {
class WakeTarget;
}

/// Tells the server that a source which answered `wait` has something again.
///
/// Copyable; callable from any thread, at any time, also long after the stream has ended.
class Wake {
 public:
  Wake() = default;
  explicit Wake(std::shared_ptr<detail::WakeTarget> target) : target_{std::move(target)} {}
  void operator()() const;

 private:
  std::shared_ptr<detail::WakeTarget> target_;
};

enum class Pulled : std::uint8_t {
  chunk,  ///< something was appended: send it, then ask again
  wait,   ///< nothing now: ask again after `wake`
  end,    ///< the body is complete (what was appended is still sent)
  abort,  ///< the body cannot be completed: cut the connection, so that the client sees it
};

/// Where a streamed body comes from. The server pulls, so a slow client slows its source down.
///
/// start() and next() are called on the connection's thread and must not block for long. The source
/// is destroyed when the body is complete or the client has gone: that is how it learns of it.
class ChunkSource {
 public:
  virtual ~ChunkSource() = default;
  /// Called once, before next().
  virtual void start(Wake wake) = 0;
  /// Appends up to about `bytes_max` bytes to `out`.
  virtual Pulled next(std::string& out, std::size_t bytes_max) = 0;
};

/// The writing end of a push stream (SSE): any thread pushes, the connection takes.
///
/// Bounded: when the client takes too little and `bytes_max` is reached, the stream is cut. Copies
/// share one stream.
class PushStream {
 public:
  explicit PushStream(std::size_t bytes_max = 1U << 20U);

  /// The reading end, for Response::stream; call once.
  std::unique_ptr<ChunkSource> source();
  /// False when the stream is over: finished, cut for slowness, or the client has gone.
  bool push(std::string_view bytes);
  /// Ends the body after what was pushed.
  void finish();
  bool is_open() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace dandori::http
