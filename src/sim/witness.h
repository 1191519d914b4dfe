#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "model/agent.h"

namespace dandori::sim {

/// How one virtual process behaves.
struct ProcessScript {
  Duration lasts{0};
  std::int32_t exit_code = 0;
  std::int32_t signal = 0;    ///< >0: ends by it
  std::string output;         ///< of DANDORI_OUTPUT
  bool ignores_term = false;  ///< only KILL ends it
  Duration dies_after{0};     ///< after TERM
};
/// `exits(1, 2min)`: exit code 1 after two minutes.
inline ProcessScript exits(std::int32_t code, Duration lasts) {
  ProcessScript script;
  script.lasts = lasts;
  script.exit_code = code;
  return script;
}

/// What truly happened to one attempt, whatever anybody recorded.
struct Truth {
  std::uint32_t starts = 0;               ///< times that a process was started for it
  bool runner_lost = false;               ///< its runner was killed
  bool host_lost = false;                 ///< its host went down while it was there
  bool signalled = false;                 ///< its process was told to stop
  std::optional<model::ExitRecord> exit;  ///< its process has ended
};

/// Knows the truth of the virtual world, and the first rule that was broken.
class Witness {
 public:
  Truth& of(const model::AttemptRef& attempt) { return truths_[attempt]; }
  const Truth* find(const model::AttemptRef& attempt) const {
    const auto at = truths_.find(attempt);
    return at == truths_.end() ? nullptr : &at->second;
  }
  const std::map<model::AttemptRef, Truth>& truths() const { return truths_; }

  /// A rule of 70-guarantees was broken; only the first counts.
  void violated(std::string what) {
    if (!violation_.empty()) return;
    violation_ = std::move(what);
    if (told_) told_(violation_);
  }
  /// Told of the violation when it happens.
  void tell(std::function<void(const std::string&)> told) { told_ = std::move(told); }
  const std::string& violation() const { return violation_; }

 private:
  std::map<model::AttemptRef, Truth> truths_;
  std::string violation_;
  std::function<void(const std::string&)> told_;
};

}  // namespace dandori::sim
