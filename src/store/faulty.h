#pragma once

#include <cstdint>
#include <deque>

#include "store/store.h"

namespace dandori::store {

/// What may go wrong with one commit.
enum class Fault : std::uint8_t {
  none,
  unknown_applied,      ///< store.unknown, and the batch is there
  unknown_not_applied,  ///< store.unknown, and it is not
  failed,               ///< store.failed: nothing written, refuses until reopen()
  full,                 ///< store.full: nothing written
};

/// How often each fault happens, in commits of a million.
struct FaultRates {
  std::uint32_t unknown_applied = 0;
  std::uint32_t unknown_not_applied = 0;
  std::uint32_t failed = 0;
  std::uint32_t full = 0;
};

/// Wraps a store and spoils commits by script or by a seed; the same seed spoils the same commits.
class FaultyStore final : public EngineStore {
 public:
  /// inner: borrowed, must outlive this.
  FaultyStore(EngineStore& inner, std::uint64_t seed, FaultRates rates = {})
      : inner_{inner}, seed_{seed}, rates_{rates} {}

  /// Spoils a coming commit, in order, before the rates are asked.
  void next(Fault fault) { script_.push_back(fault); }
  /// Nothing more is spoilt by script.
  void clear() { script_.clear(); }
  void set_rates(FaultRates rates) { rates_ = rates; }
  /// As if the store were opened again after `failed`.
  void reopen() { failed_ = false; }
  /// Commits asked for so far, spoilt ones too.
  std::uint64_t commits() const { return commits_; }

  Result<Snapshot> load() override;
  Result<model::Fetched> fetch(const model::Needs& needs) override;
  Result<void> commit(const model::Batch& batch) override;
  Result<std::uint64_t> purge(Timestamp before) override;

 private:
  Fault draw();

  EngineStore& inner_;
  std::uint64_t seed_;
  FaultRates rates_;
  std::deque<Fault> script_;
  std::uint64_t commits_ = 0;
  bool failed_ = false;
};

}  // namespace dandori::store
