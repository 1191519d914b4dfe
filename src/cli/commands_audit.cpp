#include <cerrno>
#include <cstring>

#include <fmt/core.h>

#include <fstream>
#include <functional>
#include <optional>
#include <string>

#include "cli/client_commands.h"
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
      line == 0 ? console.text("audit.no_lines", {{"n", std::to_string(newest)}})
                : console.text("audit.broken_line", {{"line", std::to_string(line)}});
  report(console, Error{"audit.broken", what, console.text("audit.broken.hint")});
  return kInternal;  // as doctor: something is not well
}

/// Takes lines from the newest to the oldest.
class Chain {
 public:
  Chain(const Console& console, std::uint64_t newest) : console_{console}, newest_{newest} {}

  /// The exit code when the chain is broken.
  std::optional<int> take(const Json& item) {
    model::AuditRow row = row_of(item);
    if (check_.taken() == 0) last_ = row.seq, hash_ = row.hash;
    if (!check_.take(std::move(row))) return broken(console_, check_.suspect(), newest_);
    return std::nullopt;
  }
  int finish() {
    if (!check_.finish()) return broken(console_, check_.suspect(), newest_);
    if (last_ < newest_) return broken(console_, last_ == 0 ? 0 : last_ + 1, newest_);
    const Json answer = Json::object({{"ok", true}, {"lines", last_}, {"hash", hash_}});
    if (print_raw(console_, answer, "hash")) return kOk;
    console_.line(console_.text("audit.whole", {{"n", std::to_string(last_)}, {"hash", hash_}}));
    return kOk;
  }

 private:
  const Console& console_;
  const std::uint64_t newest_;
  engine::AuditCheck check_;
  std::uint64_t last_ = 0;
  std::string hash_;
};

/// Every line from the newest back, a page at a time: the log may be longer than memory. A value
/// from `take` ends it.
std::optional<int> walk(Console& console, Remote& remote,
                        const std::function<std::optional<int>(const Json&)>& take) {
  std::string cursor;
  do {
    std::string target = "/api/v1/audit?limit=1000";
    if (!cursor.empty()) target += "&cursor=" + http::percent_encode(cursor);
    const auto page = remote.get(target);
    if (!page) return report(console, page.error());
    for (const Json& item :
         (*page)["items"].is_array() ? (*page)["items"].items() : Json::Array{}) {
      if (const auto code = take(item)) return code;
    }
    cursor = page->text_or("next_cursor", "");
  } while (!cursor.empty());
  return std::nullopt;
}

}  // namespace

int verify_audit(Console& console) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  // First what the engine has written, so that lines cut off the end are missed.
  const auto counts = remote->get("/api/v1/doctor");
  if (!counts) return report(console, counts.error());
  Chain chain{console, static_cast<std::uint64_t>(counts->integer_or("audit_seq", 0))};
  const auto code = walk(console, *remote, [&](const Json& item) { return chain.take(item); });
  return code ? *code : chain.finish();
}

int verify_audit_file(Console& console, const std::string& path) {
  std::ifstream file{path == "-" ? "/dev/stdin" : path, std::ios::binary};
  if (!file) {
    return report(console,
                  Error{"cli.read_file", console.text("problem.read_file", {{"path", path}}),
                        console.text("hint.read_file")});
  }
  Chain chain{console, 0};
  std::uint64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const auto item = parse_json(line);
    if (!item || !item->is_object()) {
      report(console, Error{"audit.broken",
                            console.text("audit.no_export", {{"path", printable(path)},
                                                             {"line", std::to_string(number)}}),
                            console.text("audit.no_export.hint")});
      return kInternal;
    }
    if (const auto code = chain.take(*item)) return *code;
  }
  return chain.finish();
}

int get_audit(Console& console, const std::string& seq) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto found = remote->get("/api/v1/audit/" + http::percent_encode(seq));
  if (!found && found.error().error.code == "audit.unknown") {
    report(console,
           Error{"audit.unknown", console.text("problem.no_audit", {{"seq", printable(seq)}}),
                 console.text("hint.no_audit")});
    return kNotFound;
  }
  if (!found) return report(console, found.error());
  if (print_raw(console, *found, "action")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  const Json& actor = (*found)["actor"];
  const auto written = [](const Json& value) {
    return value.is_null() ? std::string{} : write_json(value);
  };
  print_fields(console, {{console.text("audit.seq"), seq},
                         {console.with_zone("column.at"), console.instant((*found)["at"])},
                         {console.text("column.by"), text_of(actor, "name")},
                         {console.text("column.channel"), text_of(actor, "channel")},
                         {console.text("audit.address"), text_of(actor, "address")},
                         {console.text("audit.request"), text_of(actor, "request_id")},
                         {console.text("column.reason"), text_of(actor, "reason")},
                         {console.text("column.action"), text_of(*found, "action")},
                         {console.text("column.target"), text_of(*found, "target")},
                         {console.text("audit.before"), written((*found)["before"])},
                         {console.text("audit.after"), written((*found)["after"])},
                         {console.text("audit.hash"), text_of(*found, "hash")}});
  return kOk;
}

int export_audit(Console& console, const ClientOptions& options) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  std::ofstream file;
  if (!options.file.empty()) file.open(options.file, std::ios::binary | std::ios::trunc);
  std::uint64_t lines = 0;
  const auto code = walk(console, *remote, [&](const Json& item) -> std::optional<int> {
    ++lines;
    if (options.file.empty()) {
      console.line(write_json(item));
    } else {
      file << write_json(item) << '\n';
    }
    return std::nullopt;
  });
  if (code) return *code;
  file.flush();
  if (!options.file.empty() && !file) {
    const std::string why = std::strerror(errno);
    return report(console,
                  Error{"cli.write_file",
                        console.text("problem.write_file", {{"path", options.file}, {"why", why}}),
                        console.text("hint.write_file")});
  }
  console.say(console.text("audit.exported", {{"n", std::to_string(lines)}}));
  return kOk;
}

}  // namespace dandori::cli
