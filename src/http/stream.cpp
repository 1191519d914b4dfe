#include "http/stream.h"

#include <mutex>

#include "http/mailbox.h"

namespace dandori::http {

void Wake::operator()() const {
  if (target_ != nullptr) target_->wake();
}

struct PushStream::Shared {
  explicit Shared(std::size_t limit) : bytes_max{limit} {}

  const std::size_t bytes_max;
  std::mutex mutex;
  std::string waiting;
  Wake wake;
  bool finished = false;
  bool overflowed = false;
  bool gone = false;
};

namespace {

class PushSource final : public ChunkSource {
 public:
  explicit PushSource(std::shared_ptr<PushStream::Shared> shared) : shared_{std::move(shared)} {}
  ~PushSource() override {
    const std::lock_guard lock{shared_->mutex};
    shared_->gone = true;
    shared_->waiting = {};
  }
  PushSource(const PushSource&) = delete;
  PushSource& operator=(const PushSource&) = delete;

  void start(Wake wake) override {
    const std::lock_guard lock{shared_->mutex};
    shared_->wake = std::move(wake);
  }

  Pulled next(std::string& out, std::size_t bytes_max) override {
    const std::lock_guard lock{shared_->mutex};
    if (shared_->overflowed) return Pulled::abort;
    if (shared_->waiting.empty()) return shared_->finished ? Pulled::end : Pulled::wait;
    if (out.empty() && shared_->waiting.size() <= bytes_max) {
      out.swap(shared_->waiting);
      return Pulled::chunk;
    }
    const std::size_t size = std::min(bytes_max, shared_->waiting.size());
    out.append(shared_->waiting, 0, size);
    shared_->waiting.erase(0, size);
    return Pulled::chunk;
  }

 private:
  std::shared_ptr<PushStream::Shared> shared_;
};

}  // namespace

PushStream::PushStream(std::size_t bytes_max) : shared_{std::make_shared<Shared>(bytes_max)} {}

std::unique_ptr<ChunkSource> PushStream::source() {
  return std::make_unique<PushSource>(shared_);
}

bool PushStream::push(std::string_view bytes) {
  Wake wake;
  bool taken = true;
  {
    const std::lock_guard lock{shared_->mutex};
    if (shared_->gone || shared_->finished || shared_->overflowed) return false;
    if (shared_->waiting.size() + bytes.size() > shared_->bytes_max) {
      shared_->overflowed = true;
      shared_->waiting = {};
      taken = false;
    } else {
      shared_->waiting += bytes;
    }
    wake = shared_->wake;
  }
  wake();
  return taken;
}

void PushStream::finish() {
  Wake wake;
  {
    const std::lock_guard lock{shared_->mutex};
    shared_->finished = true;
    wake = shared_->wake;
  }
  wake();
}

bool PushStream::is_open() const {
  const std::lock_guard lock{shared_->mutex};
  return !shared_->gone && !shared_->finished && !shared_->overflowed;
}

}  // namespace dandori::http
