#include "cli/calendar_grid.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/day.h"
#include "base/text.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kMonthColumns = 21, kMonthsInRow = 3, kGapColumns = 3;

/// One month, line by line; each line is kMonthColumns wide.
using Block = std::vector<std::string>;

std::string padded(std::string text, std::size_t columns) {
  const std::size_t width = display_width(text);
  return text + std::string(columns > width ? columns - width : 0, ' ');
}

class Grid {
 public:
  Grid(const Console& console, const Json& answer) : console_{console}, answer_{answer} {
    for (const Json& item : items()) {
      if (const auto day = parse_day(item.text_or("date", ""))) days_[*day] = &item;
    }
  }

  std::string draw() const {
    std::vector<Block> blocks;
    std::pair<int, int> last;
    for (const auto& [day, item] : days_) {
      const YearMonthDay ymd = to_ymd(day);
      if (std::pair{ymd.year, ymd.month} == last) continue;
      last = {ymd.year, ymd.month};
      blocks.push_back(month(ymd.year, ymd.month));
    }
    std::string out;
    for (std::size_t at = 0; at < blocks.size(); at += kMonthsInRow) {
      append_row({blocks.begin() + static_cast<std::ptrdiff_t>(at),
                  blocks.begin() +
                      static_cast<std::ptrdiff_t>(std::min(at + kMonthsInRow, blocks.size()))},
                 out);
    }
    append_legend(out);
    return out;
  }

 private:
  const Json::Array& items() const {
    static const Json::Array kNone;
    return answer_["items"].is_array() ? answer_["items"].items() : kNone;
  }

  Block month(int year, int number) const {
    Block block;
    block.push_back(padded(
        console_.text(
            "calendar.month",
            {{"year", std::to_string(year)},
             {"name",
              find_text(console_.lang, fmt::format("calendar.month.{}", number)).value_or("")}}),
        kMonthColumns));
    block.push_back(padded(console_.text("calendar.weekdays"), kMonthColumns));
    const Day first = make_day(year, number, 1);
    std::string line(static_cast<std::size_t>(weekday(first)) * 3, ' ');
    for (int at = 0; at < month_length(year, number); ++at) {
      const Day day = first + at;
      if (weekday(day) == 0 && at > 0) block.push_back(std::exchange(line, {}));
      line += cell(day, at + 1);
    }
    const auto used =
        static_cast<std::size_t>(weekday(first + (month_length(year, number) - 1)) + 1);
    block.push_back(line + std::string(kMonthColumns - used * 3, ' '));
    return block;
  }

  std::string cell(Day day, int number) const {
    const auto found = days_.find(day);
    if (found == days_.end()) return "   ";
    const bool open = found->second->bool_or("open", true);
    return styled(fmt::format("{:2}{}", number, open ? ' ' : '*'),
                  open ? Style::plain : Style::attention, console_.color_out);
  }

  static void append_row(std::vector<Block> blocks, std::string& out) {
    std::size_t height = 0;
    for (const Block& block : blocks) height = std::max(height, block.size());
    for (std::size_t at = 0; at < height; ++at) {
      std::string line;
      for (const Block& block : blocks) {
        if (&block != &blocks.front()) line += std::string(kGapColumns, ' ');
        line += at < block.size() ? block[at] : std::string(kMonthColumns, ' ');
      }
      line.erase(line.find_last_not_of(' ') + 1);
      if (!line.empty()) out += line + "\n";  // weeks that were not asked for
    }
    out += "\n";
  }

  void append_legend(std::string& out) const {
    const auto open = static_cast<std::size_t>(std::ranges::count_if(
        days_, [](const auto& day) { return day.second->bool_or("open", true); }));
    out += console_.text("calendar.legend", {{"open", std::to_string(open)},
                                             {"closed", std::to_string(days_.size() - open)}}) +
           "\n";
    std::string name;
    Day first, last;
    const auto flush = [&] {
      if (name.empty()) return;
      std::string span = format_day(first);
      if (last != first) span += ".." + format_day(last).substr(5);
      out += fmt::format("  {}  {}\n", padded(std::move(span), 17), printable(name));
    };
    for (const auto& [day, item] : days_) {
      std::string next = is_named(*item) ? std::string{title(*item)} : std::string{};
      if (next == name && !name.empty() && last + 1 == day) {
        last = day;
        continue;
      }
      flush();
      name = std::move(next);
      first = last = day;
    }
    flush();
  }

  /// A closed day that is not just a day of the week.
  static bool is_named(const Json& item) {
    const Json& reason = item["reason"];
    const std::string_view form = reason.text_or("form", "");
    return !item.bool_or("open", true) && !reason.text_or("title", "").empty() &&
           !form.starts_with("weekday");
  }

  std::string_view title(const Json& item) const {
    const Json& reason = item["reason"];
    const std::string_view english = reason.text_or("title_en", "");
    return console_.lang == Lang::en && !english.empty() ? english : reason.text_or("title", "");
  }

  const Console& console_;
  const Json& answer_;
  std::map<Day, const Json*> days_;
};

}  // namespace

std::string calendar_grid(const Console& console, const Json& answer) {
  return Grid{console, answer}.draw();
}

std::string day_reason_text(const Console& console, const Json& item) {
  const Json& reason = item["reason"];
  const Json& rule = reason["rule"];
  if (rule.is_string() && rule.as_string() != "combined") {
    return find_text(console.lang, "calendar.rule." + rule.as_string())
        .value_or(printable(rule.as_string()));
  }
  std::string forms;
  for (const std::string_view form : split(reason.text_or("form", ""), ' ')) {
    if (form.empty()) continue;
    forms += forms.empty() ? "" : ", ";
    forms +=
        find_text(console.lang, fmt::format("calendar.form.{}", form)).value_or(printable(form));
  }
  const std::string_view english = reason.text_or("title_en", "");
  const std::string_view title =
      console.lang == Lang::en && !english.empty() ? english : reason.text_or("title", "");
  if (title.empty()) return forms;
  return forms.empty() ? printable(title) : fmt::format("{}: {}", forms, printable(title));
}

}  // namespace dandori::cli
