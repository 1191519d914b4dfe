#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/remote.h"
#include "engine/audit.h"
#include "http/message.h"

namespace dandori::cli {

namespace {

std::string text_of(const Json& item, std::string_view key) {
  return std::string{item.text_or(key, "")};
}

/// As the API writes it; what cannot be read stays empty, and then its hash does not fit.
model::AuditRow row_of(const Json& item) {
  model::AuditRow row;
  row.seq = static_cast<std::uint64_t>(item.integer_or("seq", 0));
  if (const auto at = parse_rfc3339(item.text_or("at", ""))) row.at = *at;
  const Json& actor = item["actor"];
  row.actor.name = text_of(actor, "name");
  const auto channel = model::parse_word(actor.text_or("channel", ""), model::Channel{});
  if (channel) row.actor.channel = *channel;
  row.actor.address = text_of(actor, "address");
  row.actor.request_id = text_of(actor, "request_id");
  row.actor.reason = text_of(actor, "reason");
  row.action = text_of(item, "action");
  row.target = text_of(item, "target");
  row.before = item["before"];
  row.after = item["after"];
  row.hash = text_of(item, "hash");
  return row;
}

int broken(const Console& console, std::uint64_t line, std::uint64_t newest) {
  const std::string what =
      line == 0
          ? fmt::format("the audit log has no lines, and {} were written", newest)
          : fmt::format("line {} of the audit log does not follow from the line before it", line);
  report(console, Error{"audit.broken", what,
                        "compare with a backup: the store was altered outside dandori"});
  return kInternal;  // as doctor: something is not well
}

/// Newest first, a page at a time: the log may be longer than memory.
int walk(Console& console, Remote& remote, std::uint64_t newest) {
  engine::AuditCheck check;
  std::string cursor, hash;
  std::uint64_t last = 0;
  do {
    std::string target = "/api/v1/audit?limit=1000";
    if (!cursor.empty()) target += "&cursor=" + http::percent_encode(cursor);
    const auto page = remote.get(target);
    if (!page) return report(console, page.error());
    for (const Json& item :
         (*page)["items"].is_array() ? (*page)["items"].items() : Json::Array{}) {
      model::AuditRow row = row_of(item);
      if (check.taken() == 0) last = row.seq, hash = row.hash;
      if (!check.take(std::move(row))) return broken(console, check.suspect(), newest);
    }
    cursor = page->text_or("next_cursor", "");
  } while (!cursor.empty());
  if (!check.finish()) return broken(console, check.suspect(), newest);
  if (last < newest) return broken(console, last == 0 ? 0 : last + 1, newest);
  if (print_raw(console, Json::object({{"ok", true}, {"lines", last}, {"hash", hash}}), "hash")) {
    return kOk;
  }
  console.line(console.text("audit.whole", {{"n", fmt::to_string(last)}, {"hash", hash}}));
  return kOk;
}

}  // namespace

int verify_audit(Console& console) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  // First what the engine has written, so that lines cut off the end are missed.
  const auto counts = remote->get("/api/v1/doctor");
  if (!counts) return report(console, counts.error());
  return walk(console, *remote, static_cast<std::uint64_t>(counts->integer_or("audit_seq", 0)));
}

}  // namespace dandori::cli
