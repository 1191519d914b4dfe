#include "cli/catalogue.h"

#include <algorithm>

namespace dandori::cli {

std::string fill(std::string_view pattern, const Args& args) {
  std::string out;
  while (!pattern.empty()) {
    const std::size_t open = std::min(pattern.find('{'), pattern.size());
    out.append(pattern.substr(0, open));
    pattern.remove_prefix(open);
    const std::size_t close = pattern.find('}');
    if (close == std::string_view::npos) return out.append(pattern);
    const std::string_view name = pattern.substr(1, close - 1);
    const auto found = std::ranges::find(args, name, &Args::value_type::first);
    out.append(found == args.end() ? pattern.substr(0, close + 1)
                                   : std::string_view{found->second});
    pattern.remove_prefix(close + 1);
  }
  return out;
}

std::string text(Lang lang, Key key, const Args& args) {
  return fill(lang == Lang::ja ? key.entry().ja : key.entry().en, args);
}

std::optional<std::string> find_text(Lang lang, std::string_view key, const Args& args) {
  const Entry* entry = find_entry(key);
  if (entry == nullptr) return std::nullopt;
  return fill(lang == Lang::ja ? entry->ja : entry->en, args);
}

}  // namespace dandori::cli
