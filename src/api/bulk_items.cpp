#include "api/bulk_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "api/keys_in_use.h"
#include "base/hash.h"
#include "engine/engine.h"

namespace dandori::api {

namespace {

Json problem_of(const Error& error) {
  return Json::object({{"code", error.code},
                       {"title", error.message},
                       {"status", status_of(error.code)},
                       {"detail", error.message},
                       {"hint", error.hint}});
}

/// It may be taken the next time: not an answer to keep.
bool is_passing(const Error& error) {
  const int status = status_of(error.code);
  return status == 429 || status >= 500;
}

Json names_json(const Names& names) {
  Json list = Json::array();
  for (const std::string& name : names) list.push(name);
  return list;
}

/// Collects the answers and sends them when the last one has come. They come on other threads.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(Call call, const BulkAction& action, Names targets, bool dry_run, BulkKey key)
      : call_{std::move(call)},
        key_{std::move(key)},
        word_{action.word()},
        plan_{plan_of(action, targets)},
        dry_run_{dry_run},
        targets_{std::move(targets)},
        items_(targets_.size()),
        open_{targets_.size()} {}

  const Names& targets() const { return targets_; }
  Call& call() { return call_; }
  const BulkKey& key() const { return key_; }

  void take(std::size_t index, const Result<Json>& answer) {
    Json item = Json::object({{"target", targets_[index]}, {"ok", answer.has_value()}});
    if (answer) {
      const Json state = (*answer)[dry_run_ ? "run_state" : "state"];
      if (state.is_string()) item.set("state", state);
      if (dry_run_) item.set("preview", *answer);
    } else {
      item.set("problem", problem_of(answer.error()));
    }
    bool is_last = false;
    {
      const std::lock_guard lock{mutex_};
      items_[index] = std::move(item);
      if (answer) ++done_;
      if (!answer && is_passing(answer.error())) may_end_otherwise_ = true;
      is_last = --open_ == 0;
    }
    if (is_last) finish();
  }

  /// All have been decided: what was said is kept before it is sent.
  void finish() {
    const std::size_t count = items_.size();
    Json answer = Json::object({{"dry_run", dry_run_},
                                {"action", word_},
                                {"plan_id", plan_},
                                {"matched", count},
                                {"succeeded", done_},
                                {"failed", count - done_},
                                {"items", Json::array(std::move(items_))}});
    if (key_.key.empty() || may_end_otherwise_) return send(answer);
    call_.services.engine.submit(
        key_.keep(call_, answer, true),
        [self = shared_from_this(), answer](const Result<Json>&) { self->send(answer); });
  }

 private:
  void send(const Json& answer) {
    key_.in_use.reset();  // first: who has the answer may ask again
    call_.answer(200, answer);
  }

  Call call_;
  BulkKey key_;
  std::string word_, plan_;
  bool dry_run_;
  Names targets_;
  std::mutex mutex_;
  Json::Array items_;
  std::size_t open_, done_ = 0;
  bool may_end_otherwise_ = false;
};

/// Keeps which items are meant, before any is touched. False: that was refused at once, and told.
bool keep_targets(const std::shared_ptr<Gathering>& all) {
  auto refused = std::make_shared<std::atomic<bool>>(false);
  const Json kept = Json::object({{"targets", names_json(all->targets())}});
  all->call().services.engine.submit(all->key().keep(all->call(), kept, false),
                                     [refused](const Result<Json>& answer) {
                                       if (!answer) refused->store(true);
                                     });
  if (!refused->load()) return true;
  all->call().fail({"server.busy", "the call could not be noted under its Idempotency-Key",
                    "ask again in a second under the same key"});
  return false;
}

}  // namespace

std::string plan_of(const BulkAction& action, const Names& targets) {
  return sha256_hex(fmt::format("{}\n{}", action.text(), fmt::join(targets, "\n"))).substr(0, 32);
}

Result<BulkKey> BulkKey::take(const Call& call) {
  BulkKey made;
  made.key = call.request.headers.value("Idempotency-Key");
  if (made.key.empty()) return made;
  if (made.key.size() > kKeyBytesMax) return std::unexpected(long_key());
  made.digest = request_digest(call.request);
  const model::Command asked = made.keep(call, {}, false);
  made.in_use = call.services.keys_in_use.take(engine::key_of(asked));
  if (made.in_use == nullptr) {
    return fail("request.key_in_use", "a call under this Idempotency-Key is still being worked on",
                "wait for its answer, or ask again in a second: nothing happens twice");
  }
  const auto row = call.services.query.kept_answer(engine::key_of(asked));
  if (!row) return std::unexpected(row.error());
  const auto kept = engine::earlier_answer(*row ? &**row : nullptr, asked);
  if (!kept) return made;
  if (!*kept) return std::unexpected(kept->error());
  if ((*kept)->find("items") != nullptr) {
    made.answer = **kept;
    return made;
  }
  Names& targets = made.targets.emplace();
  for (const Json& name : (**kept)["targets"].items()) targets.push_back(name.as_string());
  return made;
}

model::Command BulkKey::keep(const Call& call, Json kept, bool replaces) const {
  model::Command command = make_command(call, model::KeepAnswer{std::move(kept), replaces}, {});
  command.idempotency_key = fmt::format("{}:{}", command.actor.name, key);
  command.request_digest = digest;
  return command;
}

void do_bulk(Call call, const BulkAction& action, Names targets, Terms terms, BulkKey key) {
  const bool is_new = !key.key.empty() && !key.targets;
  auto all = std::make_shared<Gathering>(std::move(call), action, std::move(targets), terms.dry_run,
                                         std::move(key));
  if (is_new && !keep_targets(all)) return;
  if (all->targets().empty()) return all->finish();
  terms.plan.clear();  // of the list, which has been checked
  Engine& engine = all->call().services.engine;
  for (std::size_t index = 0; index < all->targets().size(); ++index) {
    const std::string& target = all->targets()[index];
    model::Command command =
        make_command(all->call(), action.request_for(*action.target(target, {})), terms);
    if (!all->key().key.empty()) {
      // No header holds a line's end: no other request has this key.
      command.idempotency_key =
          fmt::format("{}:{}\n{}", command.actor.name, all->key().key, target);
      command.request_digest = all->key().digest;
    }
    engine.submit(std::move(command),
                  [all, index](const Result<Json>& answer) { all->take(index, answer); });
  }
}

}  // namespace dandori::api
