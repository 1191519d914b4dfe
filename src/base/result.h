#pragma once

#include <expected>
#include <string>

namespace dandori {

/// Something that could not be done: what failed, on what, why, and what to do next.
///
/// code: stable dotted code, `room.what`, with a page in docs/errors/CODE.md (`dandori explain
/// CODE`). message: one line, with place and cause. hint: the remedy; may be empty. path: the part
/// of the input at fault (JSON pointer or parameter name); may be empty.
struct Error {
  std::string code;
  std::string message;
  std::string hint = {};
  std::string path = {};

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for `return std::unexpected(Error{…})`.
inline std::unexpected<Error> fail(std::string code, std::string message, std::string hint = {},
                                   std::string path = {}) {
  return std::unexpected(
      Error{std::move(code), std::move(message), std::move(hint), std::move(path)});
}

}  // namespace dandori
