#include "engine/audit.h"

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

}  // namespace dandori::engine
