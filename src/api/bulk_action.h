#pragma once

#include <cstdint>
#include <string>

#include "api/operations.h"

namespace dandori::api {

/// One item of a bulk call. Exactly one of `run` and `workflow` is set.
struct BulkTarget {
  std::string run;       ///< id or `name#number`
  std::string workflow;  ///< without `run`
  std::string job;       ///< empty: the whole run or workflow
};

/// What is done to every item: the same requests as one by one, named as in the audit log:
/// `run.rerun`, `job.hold`, `workflow.disable`.
class BulkAction {
 public:
  enum class Of : std::uint8_t { run, job, workflow };

  /// options: members of the operation's own body, or null. Errors: request.bad_field,
  /// request.unknown_field.
  static Result<BulkAction> read(const std::string& word, const Json& options);

  const std::string& word() const { return word_; }
  Of of() const { return of_; }
  /// Names action and options: what a plan is bound to besides the items.
  std::string text() const { return word_ + " " + write_json(options_); }

  /// The item that `text` names, which must be of the action's kind: a run for `run.hold`, a job of
  /// a run or workflow for `job.hold`. path: where it stands. Errors: request.bad_field.
  Result<BulkTarget> target(const std::string& text, std::string path) const;
  model::Request request_for(const BulkTarget& target) const;

 private:
  Result<void> read_request(std::string_view verb);

  std::string word_;
  Of of_ = Of::run;
  Json options_;
  model::Request request_;
};

}  // namespace dandori::api
