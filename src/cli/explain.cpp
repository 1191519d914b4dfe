#include "cli/explain.h"

#include <fmt/core.h>

#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/pages.h"
#include "cli/remote.h"

namespace dandori::cli {

std::string page_text(std::string_view page, Lang lang) {
  constexpr std::string_view kJapanese = "\n## 日本語";
  const std::size_t cut = std::min(page.find(kJapanese), page.size());
  std::string_view part = page.substr(0, cut);
  if (lang == Lang::ja && cut < page.size()) {
    const std::string_view title = page.substr(0, std::min(page.find('\n'), page.size()));
    part = trim(page.substr(cut + kJapanese.size()));
    return fmt::format("{}\n\n{}\n", title, part);
  }
  return fmt::format("{}\n", trim(part));
}

std::optional<std::string_view> find_page(std::string_view code) {
  for (const Page& page : pages()) {
    if (page.code == code) return page.text;
  }
  return std::nullopt;
}

std::string page_summary(std::string_view code, Lang lang) {
  const auto page = lang == Lang::ja ? find_page(code) : std::nullopt;
  if (!page) return {};
  std::string summary;
  for (const std::string_view line : split(page_text(*page, lang), '\n')) {
    std::string plain{trim(line)};
    if (plain.empty() || plain.starts_with('#')) continue;
    if (plain.starts_with("```")) break;
    while (plain.find("**") != std::string::npos) plain.erase(plain.find("**"), 2);
    summary += "\n  " + plain;
  }
  return summary;
}

int explain_code(Console& console, const std::string& code) {
  if (code.empty()) {
    for (const Page& page : pages()) console.line(page.code);
    return kOk;
  }
  if (const auto page = find_page(code)) {
    console.out(page_text(*page, console.lang));
    return kOk;
  }
  std::vector<std::string> codes;
  for (const Page& page : pages()) codes.emplace_back(page.code);
  const auto near = nearest(code, codes);
  console.warn(console.text("problem.unknown_code", {{"code", printable(code)}}));
  console.warn("  " + (near ? console.text("hint.did_you_mean", {{"word", *near}})
                            : console.text("hint.unknown_code")));
  return kNotFound;
}

}  // namespace dandori::cli
