#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/words.h"
#include "spec/node.h"

namespace dandori::spec {

struct ObjectInfo;

/// What a value may look like. The one description that the parser's checks and the JSON Schema
/// read.
struct Shape {
  enum class Kind : std::uint8_t {
    text,           ///< a text without expressions; `form` narrows it
    template_text,  ///< a text, number or boolean taken as text; may hold `${{ … }}`
    script,         ///< a text for a shell or interpreter: an expression in it is an error
    integer,        ///< from `minimum` to `maximum`
    number,
    boolean,
    duration,  ///< `90s`, `1h30m`; at least `minimum` µs
    word,      ///< one of `words`
    any,       ///< any JSON value
    list,      ///< of options[0]; at least `minimum` items
    map,       ///< id → options[0]; keys have the form `form`
    object,    ///< the fields of `object`
    choice,    ///< the first of `options` that takes this kind of node
  };
  /// A narrower form of a text or key: its check, its pattern for the schema, its name in messages.
  struct Form {
    bool (*matches)(std::string_view text) = nullptr;
    std::string_view pattern;
    std::string_view what;
  };

  Kind kind = Kind::any;
  double minimum = 0;
  double maximum = 0;
  Form form = {};
  std::vector<std::string_view> words = {};
  std::vector<std::string_view> later_words =
      {};  ///< of the language, not known to this version yet
  std::vector<Shape> options = {};
  const ObjectInfo* object = nullptr;
};

/// One field of an object in the definition language.
///
/// default_text: the JSON text of the value that an absent field stands for, or `""`: none.
struct FieldInfo {
  std::string_view key;
  Shape shape;
  std::string_view default_text;
  std::string_view english;
  std::string_view japanese;
  bool required = false;
};

/// Every field of one kind of object, and the keys of the language that this version does not know
/// yet.
struct ObjectInfo {
  std::string_view name;  ///< `job`, for messages and schema definitions
  std::string_view english;
  std::string_view japanese;
  std::vector<FieldInfo> fields;
  std::vector<std::string_view> later;
};

Shape text();
Shape text(Shape::Form form);
Shape template_text();
Shape script_text();
Shape integer(double minimum, double maximum);
Shape number(double minimum, double maximum);
Shape boolean();
/// minimum: the smallest span, in µs.
Shape duration(double minimum_us);
Shape any_value();
Shape list_of(Shape item, double items_min = 0);
Shape map_of(Shape value, Shape::Form key);
Shape object_of(const ObjectInfo& object);
Shape one_of(std::initializer_list<Shape> options);
Shape words(std::vector<std::string_view> allowed, std::vector<std::string_view> later = {});
template <class E>
Shape words_of(std::vector<std::string_view> later = {}) {
  const auto all = model::words_of<E>();
  return words({all.begin(), all.end()}, std::move(later));
}

extern const Shape::Form kIdentifier;    ///< ids and names
extern const Shape::Form kFolderPath;    ///< `sales/nightly`
extern const Shape::Form kVariableName;  ///< of environment variables
extern const Shape::Form kAgentName;
extern const Shape::Form kUserName;
extern const Shape::Form kAnyKey;     ///< any key but an empty one
extern const Shape::Form kBytes;      ///< `64MiB`
extern const Shape::Form kExitRange;  ///< `1-7`

/// `a span such as 90s, 5m, 1h30m`: what a value of this shape is, for messages.
std::string describe(const Shape& shape);
/// `the text 'abc'`, `a list`: what was found instead.
std::string describe(const Node& node);
/// Whether the shape takes this kind of node at all.
bool takes(const Shape& shape, const Node& node);

/// Bytes of `64MiB`, `10 KB` or a plain number; negative: not of this form.
std::int64_t parse_bytes(std::string_view text);

}  // namespace dandori::spec
