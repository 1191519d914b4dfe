#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/bulk_action.h"

namespace dandori::api {

/// The items, as they are named in the answer.
using Names = std::vector<std::string>;

/// Names action and items: a real call that quotes it is refused when the filter now finds others.
std::string plan_of(const BulkAction& action, const Names& targets);

/// What is kept of a bulk call under its Idempotency-Key: its items from the beginning, and its
/// answer once all of them have been decided.
struct BulkKey {
  std::string key;               ///< empty: the call has none
  std::string digest;            ///< of the request
  std::shared_ptr<void> in_use;  ///< nobody else asks under this key meanwhile
  std::optional<Names> targets;  ///< of an earlier call that did not come to its end
  std::optional<Json> answer;    ///< of an earlier call

  /// Errors: request.bad_field, request.key_reused, request.key_in_use, store.*.
  static Result<BulkKey> take(const Call& call);
  model::Command keep(const Call& call, Json answer, bool replaces) const;
};

/// Does it to every item and answers when all have been decided.
void do_bulk(Call call, const BulkAction& action, Names targets, Terms terms, BulkKey key);

}  // namespace dandori::api
