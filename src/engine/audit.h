#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/run.h"

namespace dandori::engine {

/// Hash of an audit row: sha256 hex of the previous row's hash (empty for the first) and the row's
/// canonical JSON (every field but `hash`, in the order of the struct, compact).
std::string audit_hash(std::string_view previous, const model::AuditRow& row);

/// Checks the chain from the newest row back to the first. Whoever alters, takes out or adds a row
/// breaks it, unless he computes every hash after it anew: keep the newest hash elsewhere.
class AuditCheck {
 public:
  /// `row`: the next older one. False: the row taken before, `suspect`, does not follow from it.
  bool take(model::AuditRow row);
  /// After the oldest row: whether that is the first one (or there is none).
  bool finish() const;
  std::uint64_t taken() const { return taken_; }
  /// Number of the row last looked at; 0: none.
  std::uint64_t suspect() const { return newer_ ? newer_->seq : 0; }

 private:
  std::optional<model::AuditRow> newer_;
  std::uint64_t taken_ = 0;
};

}  // namespace dandori::engine
