#pragma once

#include <string>
#include <string_view>

#include "spec/fields.h"

namespace dandori::spec {

inline const Shape::Form kVersion{[](std::string_view text) { return text == "dandori/v1"; },
                                  "^dandori/v1$", "dandori/v1"};

/// `apiVersion` of every kind.
template <class T>
typename Table<T>::Row version_row() {
  return {
      {"apiVersion", text(kVersion), R"("dandori/v1")", "Version of the language.", "言語の版。"},
      [](Context&, const Node&, const Path&, T&) {}};
}

/// `kind`, which the choice of the table has already used.
///
/// quoted: as JSON text, with the quotes: `"Folder"`; of static lifetime, as tables keep views.
template <class T>
typename Table<T>::Row kind_row(std::string_view quoted) {
  return {{"kind", words({quoted.substr(1, quoted.size() - 2)}), quoted, "What is defined.",
           "定義の種類。"},
          [](Context&, const Node&, const Path&, T&) {}};
}

}  // namespace dandori::spec
