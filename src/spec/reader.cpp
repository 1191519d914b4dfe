#include "spec/reader.h"

#include <fmt/core.h>
#include <yaml.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"

namespace dandori::spec {

namespace {

constexpr std::size_t kLinearKeysMax = 16;  // beyond it doubles are looked up by hash
constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

Place place_of(const yaml_mark_t& begin, const yaml_mark_t& end) {
  Place place{.line = static_cast<int>(begin.line) + 1,
              .column = static_cast<int>(begin.column) + 1};
  if (begin.line == end.line && end.column > begin.column) {
    place.width = static_cast<int>(end.column - begin.column);
  }
  return place;
}

/// One libyaml event; frees it.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&raw_); }

  yaml_event_t* fresh() {
    yaml_event_delete(&raw_);
    return &raw_;
  }
  const yaml_event_t& operator*() const { return raw_; }
  const yaml_event_t* operator->() const { return &raw_; }
  Place place() const { return place_of(raw_.start_mark, raw_.end_mark); }

 private:
  yaml_event_t raw_{};
};

/// What a copy of the node costs: values, and long texts by their bytes.
std::size_t weight(const Node& node) {
  std::size_t sum = 1 + node.text.size() / 64;
  for (const Node& item : node.items) sum += weight(item);
  for (const Member& member : node.members) sum += weight(member.value) + member.key.size() / 64;
  return sum;
}

std::size_t height(const Node& node) {
  std::size_t most = 0;
  for (const Node& item : node.items) most = std::max(most, height(item));
  for (const Member& member : node.members) most = std::max(most, height(member.value));
  return most + 1;
}

/// The keys of one map so far, with the line of each.
class Keys {
 public:
  /// Line of the earlier key of the same name, or nullopt after taking in the new one.
  std::optional<int> add(const std::vector<Member>& members, const std::string& key, int line) {
    if (members.size() < kLinearKeysMax) {
      const auto same = std::ranges::find(members, key, &Member::key);
      if (same != members.end()) return same->place.line;
      return std::nullopt;
    }
    if (lines_.empty()) {
      for (const Member& member : members) lines_.emplace(member.key, member.place.line);
    }
    const auto [slot, is_new] = lines_.emplace(key, line);
    return is_new ? std::nullopt : std::optional{slot->second};
  }

 private:
  std::unordered_map<std::string, int> lines_;
};

/// Remedies for libyaml's messages, by a part of them.
std::string_view syntax_hint(std::string_view problem, std::string_view context) {
  if (problem.find("cannot start any token") != std::string_view::npos) {
    return "indent with spaces, never with tabs; quote a text that starts with @ ` or %";
  }
  if (problem.find("mapping values are not allowed") != std::string_view::npos) {
    return "quote a text that holds ': ', and check the indentation";
  }
  if (context.find("alias") != std::string_view::npos) {
    return "quote a text that starts with '*', such as \"*/5 * * * *\"";
  }
  if (context.find("anchor") != std::string_view::npos) {
    return "quote a text that starts with '&'";
  }
  if (context.find("quoted scalar") != std::string_view::npos) {
    return "close the quotes; inside \"…\" write \\\\ for \\, or use '…'";
  }
  if (context.find("flow") != std::string_view::npos) {
    return "check commas and closing brackets, and quote texts that hold , [ ] { }";
  }
  if (context.find("block") != std::string_view::npos) {
    return "check the indentation: entries of one map or list begin in the same column";
  }
  return "check quotes, brackets and indentation here";
}

class Reader {
 public:
  explicit Reader(Problems& problems) : problems_{problems} {
    ready_ = yaml_parser_initialize(&parser_) == 1;
    if (!ready_) return;
    const std::string_view text = problems.text();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    if (ready_) yaml_parser_delete(&parser_);
  }

  /// Reads to the end or to the first error that ends the reading.
  std::vector<Document> read() {
    std::vector<Document> documents;
    std::size_t source_begin = 0;
    Event event;
    while (next(event) && event->type != YAML_STREAM_END_EVENT) {
      if (event->type != YAML_DOCUMENT_START_EVENT) continue;
      if (event->data.document_start.implicit == 0) {
        source_begin = documents.empty() ? 0 : begin_of(event->start_mark);
      }
      close_source(documents, source_begin);
      anchors_.clear();
      Node root;
      if (!next(event) || !read_value(event, root, 1)) break;
      documents.push_back({std::move(root), problems_.text().substr(source_begin)});
    }
    std::erase_if(documents, [](const Document& document) {
      return document.root.kind == NodeKind::null && !document.root.quoted;
    });
    return documents;
  }

  bool failed() const { return failed_; }

 private:
  std::size_t begin_of(const yaml_mark_t& mark) const {
    return problems_.offset_of_line(static_cast<int>(mark.line) + 1);
  }

  /// The last document's text ends where the next one begins.
  void close_source(std::vector<Document>& documents, std::size_t next_begin) const {
    if (documents.empty()) return;
    std::string_view& source = documents.back().source;
    const auto begin = static_cast<std::size_t>(source.data() - problems_.text().data());
    if (next_begin > begin) source = problems_.text().substr(begin, next_begin - begin);
  }

  bool next(Event& event) {
    if (!ready_ || failed_) return false;
    if (yaml_parser_parse(&parser_, event.fresh()) == 1) return true;
    return syntax_error();
  }

  bool syntax_error() {
    failed_ = true;
    const std::string_view problem =
        parser_.problem == nullptr ? "cannot be read" : parser_.problem;
    const std::string_view context = parser_.context == nullptr ? "" : parser_.context;
    const Place place = place_of(parser_.problem_mark, parser_.problem_mark);
    problems_.add(
        place, "spec.syntax",
        fmt::format("not valid YAML: {}{}{}", problem, context.empty() ? "" : " ", context),
        std::string{syntax_hint(problem, context)});
    return false;
  }

  /// Ends the reading.
  bool stop(Place place, std::string_view code, std::string message, std::string hint) {
    failed_ = true;
    problems_.add(place, code, std::move(message), std::move(hint));
    return false;
  }

  bool check_depth(Place place, std::size_t depth) {
    if (depth <= kDepthMax) return true;
    return stop(place, "spec.too_deep",
                fmt::format("maps and lists lie more than {} deep inside each other", kDepthMax),
                "definitions need fewer than ten levels: check brackets and indentation");
  }

  bool read_value(Event& event, Node& out, std::size_t depth) {
    out.place = event.place();
    switch (event->type) {
      case YAML_SCALAR_EVENT:
        read_scalar(event, out);
        return keep_anchor(std::string{view(event->data.scalar.anchor)}, out);
      case YAML_SEQUENCE_START_EVENT:
        return read_list(event, out, depth);
      case YAML_MAPPING_START_EVENT:
        return read_map(event, out, depth);
      case YAML_ALIAS_EVENT:
        return read_alias(event, out, depth);
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_DOCUMENT_START_EVENT:
      case YAML_DOCUMENT_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        break;
    }
    return stop(out.place, "spec.syntax", "not valid YAML: a value is missing", "");
  }

  void read_scalar(const Event& event, Node& out) {
    const auto& scalar = event->data.scalar;
    out.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const std::string_view tag = view(scalar.tag);
    const bool is_plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
    out.quoted = !is_plain || tag == "!" || tag == "tag:yaml.org,2002:str";
    out.block =
        scalar.style == YAML_LITERAL_SCALAR_STYLE || scalar.style == YAML_FOLDED_SCALAR_STYLE;
    out.kind = out.quoted ? NodeKind::text : plain_kind(out.text);
    if (out.text.find('\0') != std::string::npos) {
      problems_.add(out.place, "spec.encoding", "this text holds a NUL character",
                    "no program can take NUL in an argument or a variable: remove \\0");
      std::ranges::replace(out.text, '\0', ' ');
    }
    if (!tag.empty() && tag != "!" && tag != "tag:yaml.org,2002:str") bad_tag(out.place, tag);
  }

  void bad_tag(Place place, std::string_view tag) {
    const bool is_core = tag.starts_with(kTagPrefix);
    if (tag == "tag:yaml.org,2002:map" || tag == "tag:yaml.org,2002:seq") return;
    const std::string name =
        is_core ? fmt::format("!!{}", tag.substr(kTagPrefix.size())) : std::string{tag};
    problems_.add(place, "spec.tag", fmt::format("the tag '{}' has no meaning here", name),
                  "remove it; quotes or !!str make a text");
  }

  bool read_list(Event& event, Node& out, std::size_t depth) {
    if (!check_depth(out.place, depth)) return false;
    const std::string anchor{view(event->data.sequence_start.anchor)};
    if (const auto tag = view(event->data.sequence_start.tag); tag.size() > 1)
      bad_tag(out.place, tag);
    out.kind = NodeKind::list;
    while (true) {
      if (!next(event)) return false;
      if (event->type == YAML_SEQUENCE_END_EVENT) break;
      if (!read_value(event, out.items.emplace_back(), depth + 1)) return false;
    }
    return keep_anchor(anchor, out);
  }

  bool read_map(Event& event, Node& out, std::size_t depth) {
    if (!check_depth(out.place, depth)) return false;
    const std::string anchor{view(event->data.mapping_start.anchor)};
    if (const auto tag = view(event->data.mapping_start.tag); tag.size() > 1)
      bad_tag(out.place, tag);
    out.kind = NodeKind::map;
    Keys keys;
    while (true) {
      if (!next(event)) return false;
      if (event->type == YAML_MAPPING_END_EVENT) break;
      if (!read_member(event, out, keys, depth)) return false;
    }
    return keep_anchor(anchor, out);
  }

  bool read_member(Event& event, Node& out, Keys& keys, std::size_t depth) {
    Node key;
    if (!read_value(event, key, depth + 1)) return false;
    if (!key.is_scalar()) {
      return stop(key.place, "spec.syntax", "not valid here: a key must be a text",
                  "quote it when it holds brackets, or when an expression stands there alone");
    }
    Member member{std::move(key.text), key.place, {}};
    if (!next(event) || !read_value(event, member.value, depth + 1)) return false;
    if (const auto earlier = keys.add(out.members, member.key, member.place.line)) {
      problems_.add(member.place, "spec.duplicate_key",
                    fmt::format("the key '{}' stands twice in this map", member.key),
                    fmt::format("the first one is in line {}: remove or rename one", *earlier));
      return true;
    }
    out.members.push_back(std::move(member));
    return true;
  }

  bool keep_anchor(const std::string& name, const Node& node) {
    if (name.empty()) return true;
    if (!charge(node.place, weight(node))) return false;
    anchors_.insert_or_assign(name, node);
    return true;
  }

  bool charge(Place place, std::size_t cost) {
    copied_ += cost;
    if (copied_ <= kAliasNodesMax) return true;
    return stop(place, "spec.alias",
                fmt::format("anchors and aliases copy more than {} values", kAliasNodesMax),
                "write the values out, or use `defaults:`");
  }

  bool read_alias(const Event& event, Node& out, std::size_t depth) {
    const std::string name{view(event->data.alias.anchor)};
    const Place place = out.place;
    const auto anchor = anchors_.find(name);
    if (anchor == anchors_.end()) {
      return stop(place, "spec.alias",
                  fmt::format("no anchor '&{}' stands before this alias", name),
                  "an alias copies what stands earlier in the same document; quote a text that "
                  "starts with '*'");
    }
    if (!charge(place, weight(anchor->second))) return false;
    if (!check_depth(place, depth + height(anchor->second) - 1)) return false;
    out = anchor->second;
    out.place = place;
    return true;
  }

  Problems& problems_;
  yaml_parser_t parser_{};
  std::map<std::string, Node> anchors_;
  std::size_t copied_ = 0;
  bool ready_ = false;
  bool failed_ = false;
};

/// Place of a byte of the text.
Place place_of_byte(std::string_view text, std::size_t offset) {
  Place place;
  std::size_t line_begin = 0;
  for (std::size_t at = 0; at < offset; ++at) {
    if (text[at] != '\n') continue;
    ++place.line;
    line_begin = at + 1;
  }
  const std::string_view before = text.substr(line_begin, offset - line_begin);
  place.column +=
      static_cast<int>(std::ranges::count_if(before, [](char c) { return (c & 0xC0) != 0x80; }));
  return place;
}

/// True when the bytes are a text at all.
bool check_bytes(Problems& problems) {
  const std::string_view text = problems.text();
  if (text.size() > kTextBytesMax) {
    problems.add({.line = 0, .column = 0}, "spec.too_big",
                 fmt::format("the file has {} bytes; {} are the most", text.size(), kTextBytesMax),
                 "split it: one file may hold one or many definitions");
    return false;
  }
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    problems.add(place_of_byte(text, bad), "spec.encoding",
                 fmt::format("byte 0x{:02X} is not UTF-8", static_cast<unsigned char>(text[bad])),
                 "save the file as UTF-8 (from Shift_JIS: iconv -f CP932 -t UTF-8)");
    return false;
  }
  const auto bad = std::ranges::find_if(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') ||
           c == 0x7F;
  });
  if (bad == text.end()) return true;
  problems.add(place_of_byte(text, static_cast<std::size_t>(bad - text.begin())), "spec.encoding",
               fmt::format("the control character 0x{:02X} cannot stand in a definition",
                           static_cast<unsigned char>(*bad)),
               "remove it, or write it as an escape inside double quotes");
  return false;
}

}  // namespace

std::vector<Document> read_documents(Problems& problems) {
  if (!check_bytes(problems)) return {};
  const std::string_view text = problems.text();
  if (trim(text).starts_with('{')) {
    // JSON has escapes that YAML lacks (\ud83d\ude00): such a text is read by the JSON parser.
    Problems trial{"", text};
    Reader reader{trial};
    reader.read();
    if (reader.failed()) {
      const Result<Json> json =
          parse_json(text, {.bytes_max = kTextBytesMax, .depth_max = kDepthMax});
      if (json) return {{to_node(*json), text}};
    }
  }
  return Reader{problems}.read();
}

Node to_node(const Json& value, Place place) {
  Node node;
  node.place = place;
  switch (value.kind()) {
    case JsonKind::null:
      break;
    case JsonKind::boolean:
      node.kind = NodeKind::boolean;
      node.text = value.as_bool() ? "true" : "false";
      break;
    case JsonKind::integer:
    case JsonKind::real:
    case JsonKind::decimal:
      node.text = write_json(value);
      node.kind = plain_kind(node.text);
      break;
    case JsonKind::string:
      node.kind = NodeKind::text;
      node.quoted = true;
      node.text = value.as_string();
      break;
    case JsonKind::array:
      node.kind = NodeKind::list;
      node.items.reserve(value.size());
      for (const Json& item : value.items()) node.items.push_back(to_node(item, place));
      break;
    case JsonKind::object:
      node.kind = NodeKind::map;
      node.members.reserve(value.size());
      for (const auto& [key, member] : value.members()) {
        node.members.push_back({key, place, to_node(member, place)});
      }
      break;
  }
  return node;
}

}  // namespace dandori::spec
