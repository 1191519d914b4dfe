#include <fmt/core.h>

#include "cli/client_commands.h"
#include "cli/commands.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

/// The item whose member is `value`, or null.
Json find_item(const Json& answer, std::string_view member, std::string_view value) {
  const Json& items = answer["items"];
  for (const Json& item : items.is_array() ? items.items() : Json::Array{}) {
    if (item.text_or(member, "") == value) return item;
  }
  return {};
}

int unknown(const Console& console, const Error& error) {
  report(console, error);
  return kNotFound;
}

}  // namespace

int get_agent(Console& console, const std::string& name) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list("/api/v1/agents", Remote::kWhole);
  if (!answer) return report(console, answer.error());
  const Json agent = find_item(*answer, "name", name);
  if (!agent.is_object()) {
    return unknown(console,
                   {"agent.unknown", console.text("problem.no_agent", {{"name", printable(name)}}),
                    console.text("hint.no_agent")});
  }
  if (print_raw(console, agent, "name")) return kOk;
  const bool connected = agent.bool_or("connected", false);
  const std::int64_t pid = agent.integer_or("pid", 0);
  print_fields(
      console,
      {{console.text("column.agent"), name},
       {console.text("field.state"),
        console.text(connected ? Key{"agent.connected"} : Key{"agent.away"})},
       {console.text("agent.host"), std::string{agent.text_or("host", "")}},
       {console.text("agent.live"),
        fmt::format("{}/{}", agent.integer_or("live", 0), agent.integer_or("slots", 0))},
       {console.text("agent.running_max"), std::to_string(agent.integer_or("running_max", 0))},
       {console.text("agent.waiting"), std::to_string(agent.integer_or("waiting", 0))},
       {console.text("agent.version"), std::string{agent.text_or("version", "")}},
       {console.text("column.pid"), pid > 0 ? std::to_string(pid) : ""}});
  return kOk;
}

int get_variable(Console& console, const std::string& name, const std::string& folder) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list("/api/v1/variables", Remote::kWhole);
  if (!answer) return report(console, answer.error());
  Json found;
  for (const Json& item :
       (*answer)["items"].is_array() ? (*answer)["items"].items() : Json::Array{}) {
    if (item.text_or("name", "") == name && item.text_or("folder", "") == folder) found = item;
  }
  if (!found.is_object()) {
    return unknown(console, {"variable.unknown",
                             console.text("problem.no_variable", {{"name", printable(name)}}),
                             console.text("hint.no_variable")});
  }
  if (print_raw(console, found, "name")) return kOk;
  const Json& value = found["value"];
  console.line(value.is_string() ? printable(value.as_string()) : write_json(value));
  return kOk;
}

}  // namespace dandori::cli
