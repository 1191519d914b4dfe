#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "spec/lint_rules.h"

namespace dandori::spec {

namespace {

// Words of a name: `api_token` has one; `tokenizer` and `max_tokens` have not.
constexpr auto kSecretWords =
    std::to_array<std::string_view>({"secret", "secrets", "token", "api_key", "private_key",
                                     "access_key", "credential", "credentials"});
// Ends of words: `PGPASSWORD`.
constexpr auto kSecretEnds =
    std::to_array<std::string_view>({"password", "passwd", "passphrase", "apikey"});
/// How keys of well-known services begin, and how many characters follow at least.
struct Mark {
  std::string_view begin;
  std::size_t more;
};
constexpr auto kMarks = std::to_array<Mark>({{"AKIA", 16},
                                             {"ASIA", 16},
                                             {"ghp_", 30},
                                             {"github_pat_", 30},
                                             {"xoxb-", 20},
                                             {"xoxp-", 20},
                                             {"sk_live_", 16}});
constexpr std::size_t kSecretMin = 4;  // shorter values are examples

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// Lower case, with `_` between words: at `-`, `.` and where a capital follows a small letter.
std::string as_words(std::string_view key) {
  std::string out;
  for (std::size_t at = 0; at < key.size(); ++at) {
    const char c = key[at];
    const bool is_capital = c >= 'A' && c <= 'Z';
    const bool follows_small = at > 0 && key[at - 1] >= 'a' && key[at - 1] <= 'z';
    if (is_capital && follows_small) out += '_';
    out += c == '-' || c == '.' ? '_' : c;
  }
  return lower(out);
}

bool names_secret(std::string_view key) {
  const std::string plain = lower(key);
  if (plain.ends_with("_file") || plain.ends_with("_path") || plain.ends_with("_name") ||
      plain.ends_with("_id") || plain.ends_with("_url")) {
    return false;
  }
  // `dbPassword` and `db-password` are words as `db_password` is.
  const std::string words = "_" + as_words(key) + "_";
  const auto has = [&](std::string_view before, std::string_view word) {
    return words.contains(std::string{before}.append(word) + "_");
  };
  return std::ranges::any_of(kSecretWords, [&](auto word) { return has("_", word); }) ||
         std::ranges::any_of(kSecretEnds, [&](auto word) { return has("", word); });
}

/// A value that could be the secret itself: no expression, no variable, no path.
bool is_literal(std::string_view value) {
  return value.size() >= kSecretMin && !value.contains("${{") && !value.starts_with('$') &&
         !value.starts_with('/') && !value.contains(' ');
}

/// Numbers are limits and counts: `token_limit=4096`.
bool is_number(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
}

bool holds_known_key(std::string_view text) {
  if (text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----")) return true;
  for (const Mark& mark : kMarks) {
    for (std::size_t at = text.find(mark.begin); at != std::string_view::npos;
         at = text.find(mark.begin, at + 1)) {
      const bool is_inside = at > 0 && is_word_char(text[at - 1]);
      const std::string_view rest = text.substr(at + mark.begin.size());
      const auto end = std::ranges::find_if_not(rest, is_word_char);
      if (!is_inside && static_cast<std::size_t>(end - rest.begin()) >= mark.more) return true;
    }
  }
  return false;
}

/// `https://user:word@host`.
bool holds_url_password(std::string_view text) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos;
       at = text.find("://", at + 3)) {
    const std::string_view rest = text.substr(at + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of(" /\n\"'"));
    const std::size_t sign = authority.rfind('@');
    if (sign == std::string_view::npos) continue;
    const std::string_view user = authority.substr(0, sign);
    const std::size_t colon = user.find(':');
    if (colon != std::string_view::npos && is_literal(user.substr(colon + 1))) return true;
  }
  return false;
}

/// `PASSWORD=word` and `--password=word` in a command.
bool holds_assignment(std::string_view text) {
  for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_word_char(text[begin - 1])) --begin;
    std::string_view value = text.substr(at + 1);
    value = value.substr(0, value.find_first_of(" \n\t;\"'`$(){}[]|&<>"));
    const bool is_named = names_secret(text.substr(begin, at - begin));
    if (is_named && is_literal(value) && !is_number(value)) return true;
  }
  return false;
}

class Search {
 public:
  Search(Findings& findings, std::size_t file, std::string_view folder)
      : findings_{findings}, file_{file}, folder_{folder} {}

  void look(const Node& node, std::string_view key) {
    for (const Node& item : node.items) look(item, key);
    for (const Member& member : node.members) {
      look(member.value, member.key == "default" || member.key == "value" ? key : member.key);
    }
    if (node.kind != NodeKind::text && node.kind != NodeKind::integer) return;
    const std::string_view text = node.text;
    const bool is_named = node.kind == NodeKind::text && names_secret(key) && is_literal(text);
    if (!is_named && !holds_known_key(text) && !holds_url_password(text) && !holds_assignment(text))
      return;
    findings_.add("plain_secret", folder_, file_, node.place,
                  fmt::format("a secret stands here in plain text{}",
                              key.empty() ? "" : fmt::format(" (in '{}')", key)),
                  "everybody who reads the definition or its history sees it: let the job read it "
                  "from a file on its host that only it may read, and change the secret",
                  true);
  }

 private:
  Findings& findings_;
  std::size_t file_;
  std::string_view folder_;
};

}  // namespace

void check_secrets(Findings& findings, const Node& root, std::size_t file,
                   std::string_view folder) {
  const Node* kind = root.find("kind");
  const Node* name = root.find("name");
  // A variable is its name: `{name: api_token, value: …}`.
  const bool is_variable = kind != nullptr && kind->text == "Variable" && name != nullptr;
  Search search{findings, file, folder};
  for (const Member& member : root.members) {
    if (member.key == "name" || member.key == "title" || member.key == "labels") continue;
    search.look(member.value, is_variable && member.key == "value" ? name->text : member.key);
  }
}

}  // namespace dandori::spec
