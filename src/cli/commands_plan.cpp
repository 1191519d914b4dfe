#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/trace_text.h"

namespace dandori::cli {

int list_plan(Console& console, const std::string& date) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const std::string query = date.empty() ? "" : "?date=" + http::percent_encode(date);
  const auto answer = remote->list("/api/v1/plan" + query, Remote::kWhole);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "workflow")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  Table table{{console.with_zone("column.at"), console.text("column.workflow"),
               console.text("column.trigger"), console.text("column.state"),
               console.text("column.business_date"), console.text("column.reason")}};
  for (const Json& item :
       (*answer)["items"].is_array() ? (*answer)["items"].items() : Json::Array{}) {
    const std::string_view state = item.text_or("state", "");
    const std::string reason{item.text_or("reason", "")};
    std::string why = reason.empty() ? "" : miss_word(console, reason);
    if (const auto detail = item.text_or("detail", ""); !detail.empty()) {
      why += fmt::format("{}{}", why.empty() ? "" : ": ", detail);
    }
    table.add({console.instant(item["at"]), std::string{item.text_or("workflow", "")},
               std::string{item.text_or("trigger", "")},
               Cell{console.state_cell(state), state_style(state)},
               std::string{item.text_or("business_date", "")},
               why.empty() ? std::string{" "} : why});
  }
  if (table.empty()) console.say(console.text("message.no_plan"));
  if (!table.empty()) console.print(table);
  return kOk;
}

}  // namespace dandori::cli
