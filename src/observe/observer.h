#pragma once

#include <atomic>
#include <thread>

#include "base/queue.h"
#include "model/event.h"
#include "observe/exporter.h"
#include "observe/metrics.h"
#include "observe/spans.h"

namespace dandori::observe {

/// Reads what was committed: counts it, writes the program's log, makes spans. Without a thread.
class Reader {
 public:
  /// exporter: nullptr where nobody wants spans. Borrowed.
  Reader(Metrics& metrics, Exporter* exporter, RunBook::Lookup look_up)
      : metrics_{metrics}, exporter_{exporter}, book_{std::move(look_up)} {}

  void take(const model::Batch& batch);

 private:
  bool is_traced(const model::Run& run) const;
  void take_attempt(const model::AttemptRow& row);
  void take_line(const model::JournalRow& line);
  void end_job(const model::JournalRow& line);
  void end_run(const model::JournalRow& line);
  void write_log(const model::JournalRow& line);

  Metrics& metrics_;
  Exporter* exporter_;
  RunBook book_;
  std::map<std::pair<RunId, std::string>, const model::JobRow*> jobs_;  ///< of the batch at hand
  std::vector<Span> spans_;
};

/// A Reader on a thread of its own, so that the engine's thread only hands its batches over.
///
/// When it cannot keep up, batches are left out and counted; nobody waits for it.
class Observer {
 public:
  static constexpr std::size_t kChangesMax = 200'000;  ///< waiting

  Observer(Metrics& metrics, Exporter* exporter, RunBook::Lookup look_up)
      : metrics_{metrics}, reader_{metrics, exporter, std::move(look_up)} {}
  ~Observer() { stop(); }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  void start();
  /// Reads what waits, then ends.
  void stop();
  /// The engine's thread, after a commit.
  void committed(model::Batch batch);

 private:
  void run();

  Metrics& metrics_;
  Reader reader_;
  BoundedQueue<model::Batch> queue_{65'536};
  std::atomic<std::size_t> changes_{0};  ///< in queue_
  std::atomic<bool> stopping_{false};
  std::jthread thread_;
};

}  // namespace dandori::observe
