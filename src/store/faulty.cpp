#include "store/faulty.h"

#include "base/hash.h"

namespace dandori::store {

namespace {

constexpr std::uint64_t kMillion = 1'000'000;

Error refused() {
  return Error{.code = "store.failed",
               .message = "the store failed and refuses until it is opened again",
               .hint = "open the store again and load",
               .path = {}};
}

}  // namespace

Fault FaultyStore::draw() {
  ++commits_;
  if (!script_.empty()) {
    const Fault fault = script_.front();
    script_.pop_front();
    return fault;
  }
  std::uint64_t roll = mix64(commits_, seed_) % kMillion;
  const auto takes = [&roll](std::uint64_t share) {
    if (roll < share) return true;
    roll -= share;
    return false;
  };
  if (takes(rates_.unknown_applied)) return Fault::unknown_applied;
  if (takes(rates_.unknown_not_applied)) return Fault::unknown_not_applied;
  if (takes(rates_.failed)) return Fault::failed;
  if (takes(rates_.full)) return Fault::full;
  return Fault::none;
}

Result<Snapshot> FaultyStore::load() {
  if (failed_) return std::unexpected(refused());
  return inner_.load();
}

Result<model::Fetched> FaultyStore::fetch(const model::Needs& needs) {
  if (failed_) return std::unexpected(refused());
  return inner_.fetch(needs);
}

Result<void> FaultyStore::commit(const model::Batch& batch) {
  if (failed_) return std::unexpected(refused());
  switch (draw()) {
    case Fault::none:
      return inner_.commit(batch);
    case Fault::unknown_applied: {
      const Result<void> done = inner_.commit(batch);
      if (!done) return done;  // a fenced writer learns that first
      return fail("store.unknown", "the connection broke while the commit was answered");
    }
    case Fault::unknown_not_applied:
      return fail("store.unknown", "the connection broke before the commit was answered");
    case Fault::failed:
      failed_ = true;
      return std::unexpected(refused());
    case Fault::full:
      return fail("store.full", "the disk is full: nothing was written", "free space on the disk");
  }
  return inner_.commit(batch);
}

Result<std::uint64_t> FaultyStore::purge(Timestamp before) {
  if (failed_) return std::unexpected(refused());
  return inner_.purge(before);
}

}  // namespace dandori::store
