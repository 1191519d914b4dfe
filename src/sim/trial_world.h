#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/generate.h"
#include "sim/trial.h"
#include "sim/world.h"

namespace dandori::sim {

/// One seed's world with the people who use it and the faults that befall it.
class Trial {
 public:
  Trial(std::uint64_t seed, const std::function<void(const std::string&)>& trace);
  Outcome run();

 private:
  struct Ask {
    model::Request request;
    std::string key;
    bool is_answered = false;
  };

  void make_workflows();
  ProcessScript script(const model::StartOrder& order) const;
  void plan_people(Duration until);
  void plan_faults(Duration until);
  void act();
  void fault();
  static std::string details(const model::Request& request);
  void ask(model::Request request, std::string_view what);
  void question(model::Request request);
  void preview(model::Request request);
  void operate_on_run(const std::string& run);
  void operate_on_workflow(const std::string& workflow);
  void undo_all();
  void act_on_dates();
  void force_waiting();
  void send(const std::shared_ptr<Ask>& ask);
  void apply(std::size_t workflow, bool with_triggers, std::uint64_t version);
  std::string some_run();
  std::string some_job(const std::string& run);
  void restart_server();
  void restart_agent(std::size_t host);
  void restart_host(std::size_t host);
  void heal();
  void settle_decisions();
  void kill_left_running();
  bool is_over();
  std::string what_is_left();
  Random chance(std::uint64_t name) const { return Random{seed_}.split(name); }

  std::uint64_t seed_;
  Random random_;
  World world_;
  Duration chaos_{0};
  std::vector<WorkflowShape> workflows_;
  std::vector<std::string> agents_;
  std::uint64_t asked_ = 0;
  bool healing_ = false;
  bool with_dates_ = false;  ///< calendars and business dates
};

}  // namespace dandori::sim
