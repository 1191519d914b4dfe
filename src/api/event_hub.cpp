#include "api/event_hub.h"

#include <pthread.h>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::uint32_t kReadMax = 1000;
constexpr std::size_t kNamesMax = 65'536;
constexpr std::size_t kSentMax = 4096;

/// A job's states that a later one replaces; what people do, and how it ends, never is.
bool passes(std::string_view kind) {
  return kind == "job.started" || kind == "job.retry";
}

std::uint64_t key_of(RunId run, std::string_view job) {
  return mix64(job, mix64(run.value.low, run.value.high)) | 1U;  // never 0
}

}  // namespace

// ---- EventCursor

bool EventCursor::waits(const FeedEvent& event, std::optional<Steady> now) const {
  if (!coalesces_ || !event.passes || !now) return false;
  const auto sent = sent_.find(event.job_key);
  return sent != sent_.end() && *now - sent->second < kPassingEvery;
}

void EventCursor::note_sent(const FeedEvent& event, std::optional<Steady> now) {
  if (!coalesces_ || !event.passes || !now) return;
  if (sent_.size() >= kSentMax) {
    std::erase_if(sent_, [&](const auto& one) { return *now - one.second >= kPassingEvery; });
  }
  sent_[event.job_key] = *now;
}

bool EventCursor::take(const std::vector<FeedEventPtr>& events, std::optional<Steady> now,
                       std::string& out, std::size_t bytes_max) {
  std::unordered_map<std::uint64_t, std::uint64_t> newest;  // job_key → seq; made when needed
  for (const FeedEventPtr& event : events) {
    if (out.size() >= bytes_max) return false;
    const bool wanted = topics_.want({event->run, event->workflow, event->kind});
    if (wanted && waits(*event, now)) {
      if (newest.empty()) {
        for (const FeedEventPtr& one : events) newest[one->job_key] = one->seq;
      }
      if (newest[event->job_key] == event->seq) return true;
    } else if (wanted) {
      note_sent(*event, now);
      out += event->text;
    }
    position_ = event->seq;
  }
  return false;
}

// ---- EventHub

void EventHub::start() {
  subscription_ = engine_.on_journal([this] {
    if (is_dirty_.exchange(true)) return;  // the engine's thread locks once a batch at most
    {
      const std::lock_guard lock{mutex_};
    }
    changed_.notify_one();
  });
  thread_ = std::jthread{[this] { run(); }};
}

void EventHub::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  subscription_.reset();
}

void EventHub::run() {
  ::pthread_setname_np(::pthread_self(), "events");
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    changed_.wait(
        lock, [&] { return stopping_ || (!followers_.empty() && (is_dirty_ || looks_again_)); });
    if (stopping_) return;
    // What is held back is looked at after a batch time; news go out at once, then in batches.
    if (!is_dirty_) changed_.wait_for(lock, options_.batch, [&] { return stopping_ || is_dirty_; });
    lock.unlock();
    flush();
    lock.lock();
    changed_.wait_for(lock, options_.batch, [&] { return stopping_; });
  }
}

void EventHub::flush() {
  std::uint64_t from = 0;
  {
    const std::lock_guard lock{mutex_};
    is_dirty_ = false;
    looks_again_ = false;
    from = end_;
  }
  const auto rows = query_.journal(from, kReadMax, std::nullopt);
  if (!rows) {
    log(LogLevel::error, "events.not_read",
        {{"code", rows.error().code}, {"message", rows.error().message}});
  }
  std::vector<FeedEventPtr> events;
  if (rows) {
    for (const model::JournalRow& row : *rows) events.push_back(make_event(row));
  }
  std::vector<http::Wake> wakes;
  {
    const std::lock_guard lock{mutex_};
    if (end_ != from) {  // all left and somebody came meanwhile: the ring has begun anew
      is_dirty_ = true;
      return;
    }
    if (!rows || rows->size() == kReadMax) is_dirty_ = true;
    for (FeedEventPtr& event : events) push(std::move(event));
    wakes.reserve(followers_.size());
    for (const auto& [id, wake] : followers_) wakes.push_back(wake);
  }
  for (const http::Wake& wake : wakes) wake();
}

void EventHub::push(FeedEventPtr event) {
  end_ = event->seq;
  ring_bytes_ += event->text.size();
  ring_.push_back(std::move(event));
  while (ring_.size() > options_.events_max || ring_bytes_ > options_.bytes_max) {
    begin_ = ring_.front()->seq;
    ring_bytes_ -= ring_.front()->text.size();
    ring_.pop_front();
  }
}

std::shared_ptr<void> EventHub::follow(http::Wake wake) {
  const std::uint64_t committed = engine_.journal_seq();
  const std::lock_guard lock{mutex_};
  if (followers_.empty()) {
    // Nobody has followed for a while: the ring begins here, what was before is in the store.
    ring_.clear();
    ring_bytes_ = 0;
    begin_ = end_ = std::max(end_, committed);
  }
  const std::uint64_t id = ++last_follower_;
  followers_.emplace(id, std::move(wake));
  clients_.fetch_add(1, std::memory_order_relaxed);
  if (is_dirty_) changed_.notify_one();
  return {static_cast<void*>(this), [this, id](void*) {
            const std::lock_guard in_end{mutex_};
            followers_.erase(id);
            clients_.fetch_sub(1, std::memory_order_relaxed);
          }};
}

void EventHub::look_again() {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(looks_again_, true)) return;
  }
  changed_.notify_one();
}

EventHub::Slice EventHub::after(std::uint64_t seq, std::size_t count_max) const {
  const std::lock_guard lock{mutex_};
  Slice slice;
  slice.left_ring = seq < begin_;
  if (slice.left_ring) return slice;
  const auto first = std::ranges::upper_bound(ring_, seq, {},
                                              [](const FeedEventPtr& event) { return event->seq; });
  const auto count =
      std::min<std::ptrdiff_t>(ring_.end() - first, static_cast<std::ptrdiff_t>(count_max));
  slice.events.assign(first, first + count);
  return slice;
}

Result<std::vector<FeedEventPtr>> EventHub::stored(std::uint64_t after, std::uint32_t limit,
                                                   std::optional<RunId> run) {
  const auto rows = query_.journal(after, limit, run);
  if (!rows) return std::unexpected(rows.error());
  std::vector<FeedEventPtr> events;
  events.reserve(rows->size());
  for (const model::JournalRow& row : *rows) events.push_back(make_event(row));
  return events;
}

std::uint64_t EventHub::last() const {
  const std::uint64_t committed = engine_.journal_seq();
  const std::lock_guard lock{mutex_};
  return std::max(committed, end_);
}

Json EventHub::named_line(const model::JournalRow& row, const RunNames& names) {
  Json line = wire::to_json(row);
  line.set("run_name", names.name.empty() ? Json{} : Json{names.name});
  line.set("workflow", names.workflow.empty() ? Json{} : Json{names.workflow});
  return line;
}

Json EventHub::line_json(const model::JournalRow& row) {
  return named_line(row, names_of(row));
}

FeedEventPtr EventHub::make_event(const model::JournalRow& row) {
  RunNames names = names_of(row);
  const Json line = named_line(row, names);
  auto event = std::make_shared<FeedEvent>();
  event->seq = row.seq;
  event->run = row.run;
  event->workflow = std::move(names.workflow);
  event->kind = row.kind;
  if (!row.job.empty()) event->job_key = key_of(row.run, row.job);
  event->passes = !row.job.empty() && passes(row.kind);
  event->text = fmt::format("id: {}\nevent: {}\ndata: ", row.seq, row.kind);
  append_json(event->text, line);
  event->text += "\n\n";
  return event;
}

/// The journal names runs by id only; people know them by workflow and number.
EventHub::RunNames EventHub::names_of(const model::JournalRow& row) {
  if (row.run.is_nil()) return {std::string{row.body.text_or("workflow", "")}, {}};
  {
    const std::lock_guard lock{names_mutex_};
    if (const auto known = names_.find(row.run); known != names_.end()) return known->second;
  }
  RunNames names;
  if (row.kind == "run.created") {
    names.name = row.body.text_or("name", "");
    names.workflow = names.name.substr(0, names.name.find('#'));
  } else if (const auto run = find_run_row(query_, row.run); run && *run) {
    names.workflow = (*run)->workflow;
    names.name = fmt::format("{}#{}", (*run)->workflow, (*run)->number);
  }
  const std::lock_guard lock{names_mutex_};
  if (names_.size() >= kNamesMax) names_.erase(names_.begin());  // the oldest: ids grow with time
  if (!names.workflow.empty()) names_.emplace(row.run, names);
  return names;
}

}  // namespace dandori::api
