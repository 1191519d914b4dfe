#include "engine/audit.h"

#include <utility>

#include "base/hash.h"
#include "base/json.h"

namespace dandori::engine {

std::string audit_hash(std::string_view previous, const model::AuditRow& row) {
  const Json actor = Json::object({{"name", row.actor.name},
                                   {"channel", model::to_string(row.actor.channel)},
                                   {"address", row.actor.address},
                                   {"request_id", row.actor.request_id},
                                   {"reason", row.actor.reason}});
  const Json body = Json::object({{"seq", row.seq},
                                  {"at", format_rfc3339(row.at)},
                                  {"actor", actor},
                                  {"action", row.action},
                                  {"target", row.target},
                                  {"before", row.before},
                                  {"after", row.after}});
  std::string text{previous};
  append_json(text, body);
  return sha256_hex(text);
}

bool AuditCheck::take(model::AuditRow row) {
  const bool follows =
      !newer_ || (newer_->seq == row.seq + 1 && newer_->hash == audit_hash(row.hash, *newer_));
  if (!follows) return false;
  newer_ = std::move(row);
  ++taken_;
  return true;
}

bool AuditCheck::finish() const {
  return !newer_ || (newer_->seq == 1 && newer_->hash == audit_hash({}, *newer_));
}

}  // namespace dandori::engine
