#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

/// Whether the token lets anybody in, and if not, why. now: of the server.
Cell state_of(const Console& console, const Json& token, Timestamp now) {
  if (!token["revoked_at"].is_null()) return {console.text("token.revoked"), Style::faint};
  const auto expires = parse_rfc3339(token.text_or("expires_at", ""));
  if (expires && *expires <= now) return {console.text("token.expired"), Style::faint};
  return {console.text("token.valid"), Style::good};
}

}  // namespace

int list_tokens(Console& console, std::uint64_t limit) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list("/api/v1/tokens", limit);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  const auto version = remote->get("/api/v1/version");
  if (!version) return report(console, version.error());
  const Timestamp now = read_instant((*version)["now"]).value_or(Timestamp{});
  Table table{{console.text("column.name"), console.text("column.role"),
               console.text("column.state"), console.with_zone("column.created"),
               console.text("column.by"), console.with_zone("column.expires"),
               console.with_zone("column.used"), console.text("column.id")}};
  for (const Json& item : (*answer)["items"].items()) {
    table.add({std::string{item.text_or("name", "")}, std::string{item.text_or("role", "")},
               state_of(console, item, now), console.instant(item["created_at"]),
               std::string{item.text_or("created_by", "")}, console.instant(item["expires_at"]),
               console.instant(item["last_used_at"]), std::string{item.text_or("id", "")}});
  }
  if (table.empty()) console.say(console.text("message.no_tokens"));
  if (!table.empty()) console.out(table.render(console.color_out));
  return kOk;
}

/// The secret alone goes to stdout: `dandori token create ci --role operator > token`.
int create_token(Console& console, const TokenOptions& options) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  Json body = Json::object({{"name", options.name}, {"role", options.role}});
  if (!options.expires.empty()) {
    const bool is_instant = parse_rfc3339(options.expires).has_value();
    body.set(is_instant ? "expires_at" : "expires_in", options.expires);
  }
  const auto answer = remote->post("/api/v1/tokens", body);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "secret")) return kOk;
  console.say(console.text("message.token_made", {{"name", printable(options.name)}}));
  console.line(answer->text_or("secret", ""));
  return kOk;
}

int revoke_token(Console& console, const std::string& token) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->send("DELETE", "/api/v1/tokens/" + http::percent_encode(token), {});
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  console.line(
      console.text("message.token_revoked", {{"name", printable(answer->text_or("name", token))}}));
  return kOk;
}

}  // namespace dandori::cli
