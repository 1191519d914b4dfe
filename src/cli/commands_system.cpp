#include <fmt/core.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

}  // namespace

int list_audit(Console& console, std::uint64_t limit) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list("/api/v1/audit", limit);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "action")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  Table table{{console.with_zone("column.at"), console.text("column.by"),
               console.text("column.channel"), console.text("column.action"),
               console.text("column.target"), console.text("column.reason")}};
  for (const Json& item : (*answer)["items"].items()) {
    const Json& actor = item["actor"];
    table.add({console.instant(item["at"]), std::string{actor.text_or("name", "")},
               std::string{actor.text_or("channel", "")}, std::string{item.text_or("action", "")},
               std::string{item.text_or("target", "")}, std::string{actor.text_or("reason", "")}});
  }
  if (!table.empty()) console.print(table);
  return kOk;
}

int list_agents(Console& console) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list("/api/v1/agents", Remote::kWhole);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  Table table{{console.text("column.agent"), console.text("column.state"),
               console.text("agent.host"), console.text("agent.live"),
               console.text("agent.waiting"), console.text("agent.version"),
               console.text("column.pid")}};
  for (const Json& item :
       (*answer)["items"].is_array() ? (*answer)["items"].items() : Json::Array{}) {
    const bool connected = item.bool_or("connected", false);
    const std::int64_t pid = item.integer_or("pid", 0);
    table.add({std::string{item.text_or("name", "")},
               Cell{console.text(connected ? Key{"agent.connected"} : Key{"agent.away"}),
                    connected ? Style::good : Style::bad},
               std::string{item.text_or("host", "")},
               fmt::format("{}/{}", item.integer_or("live", 0), item.integer_or("slots", 0)),
               std::to_string(item.integer_or("waiting", 0)),
               std::string{item.text_or("version", "")}, pid > 0 ? std::to_string(pid) : ""});
  }
  if (table.empty()) console.say(console.text("message.no_agents"));
  if (!table.empty()) console.print(table);
  return kOk;
}

int backup_store(Console& console, const std::string& file) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->post("/api/v1/backup", Json::object({{"path", absolute(file)}}));
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "path")) return kOk;
  console.line(
      console.text("message.backup", {{"path", printable(answer->text_or("path", file))}}));
  return kOk;
}

int restore_store(Console& console, const Hosts& hosts, const std::string& file) {
  const std::string data = find_data(console.globals);
  if (data.empty()) {
    return report(console, Error{"cli.no_server", console.text("problem.no_data"),
                                 console.text("hint.no_data")});
  }
  const auto done = hosts.restore(absolute(file), absolute(data));
  if (!done) return report(console, done.error());
  console.line(
      console.text("message.restored", {{"path", printable(file)}, {"data", printable(data)}}));
  return kOk;
}

int move_test_clock(Console& console, const std::string& to, const std::string& advance) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  Json body = Json::object();
  if (!to.empty()) body.set("to", to);
  if (!advance.empty()) body.set("advance", advance);
  const auto answer = remote->post("/api/v1/test-clock", body);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "now")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  console.line(fmt::format("{} ({})", console.instant((*answer)["now"]), console.zone().name()));
  return kOk;
}

int print_version(Console& console, const Hosts& hosts) {
  Json answer = Json::object({{"version", hosts.version}});
  if (auto remote = Remote::open(console)) {
    if (const auto server = remote->get("/api/v1/version")) answer.set("server", *server);
  }
  if (print_raw(console, answer, "version")) return kOk;
  console.line(fmt::format("dandori {}", hosts.version));
  if (const Json& server = answer["server"]; server.is_object()) {
    console.line(console.text("message.server_version",
                              {{"version", printable(server.text_or("version", ""))},
                               {"timezone", printable(server.text_or("timezone", ""))}}));
  }
  return kOk;
}

}  // namespace dandori::cli
