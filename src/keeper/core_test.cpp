// The pure core in virtual time.
#include "keeper/core.h"

#include <algorithm>

#include <doctest/doctest.h>

using namespace dandori;
using namespace dandori::keeper;

namespace {

const Uuid kBoot{7, 7};

struct Core {
  explicit Core(std::uint32_t slots = 2, std::uint32_t running_max = 2) {
    Settings settings;
    settings.boot_id = kBoot;
    settings.slots = slots;
    settings.running_max = running_max;
    state = restore(settings, 0, {}, now).state;
    give(SessionOpened{});
  }
  std::vector<Action> give(Input input) {
    actions = decide(state, std::move(input), now);
    return actions;
  }
  std::vector<Action> start(std::uint32_t number, std::uint64_t sequence) {
    model::StartOrder order;
    order.attempt = ref(number);
    order.boot_id = kBoot;
    order.sequence = sequence;
    order.argv = {"x"};
    return give(OrderStart{order});
  }
  void pass(Duration span) { now.steady = now.steady + span; }
  static model::AttemptRef ref(std::uint32_t number) { return {RunId{Uuid{1, 1}}, 0, number}; }

  template <class T>
  std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        actions, [](const Action& action) { return std::holds_alternative<T>(action); }));
  }
  template <class T>
  const T& only() const {
    const T* found = nullptr;
    for (const Action& action : actions) {
      if (const T* one = std::get_if<T>(&action)) {
        CHECK(found == nullptr);
        found = one;
      }
    }
    REQUIRE(found != nullptr);
    return *found;
  }
  template <class T>
  const T& report() const {
    return std::get<T>(only<SendReport>().report);
  }

  State state;
  Now now{Timestamp{1'000'000}, Steady{1'000'000}};
  std::vector<Action> actions;
};

}  // namespace

TEST_CASE("the start record and the sequence are written before the order is handed over") {
  Core core;
  const std::vector<Action> actions = core.start(1, 1);
  REQUIRE(actions.size() == 3);
  CHECK(std::holds_alternative<WriteStart>(actions[0]));
  CHECK(std::holds_alternative<WriteSequence>(actions[1]));
  CHECK(std::holds_alternative<HandToRunner>(actions[2]));
}

TEST_CASE("a refused order raises the sequence first, so that a second delivery cannot start it") {
  Core core{1, 1};
  core.start(1, 1);
  const std::vector<Action> actions = core.start(2, 2);
  REQUIRE(actions.size() == 2);
  CHECK(std::get<WriteSequence>(actions[0]).sequence == 2);
  CHECK(core.report<model::AttemptNeverStarted>().reason == "busy");
  core.give(JobEnded{0, 1, 10, {}, ""});
  core.give(OrderAck{{Core::ref(1)}});
  core.start(2, 2);
  CHECK(core.count<HandToRunner>() == 0);
  CHECK(core.report<model::AttemptNeverStarted>().reason == "busy");
}

TEST_CASE(
    "an attempt assigned anew starts, or is refused anew, though the old answer is "
    "unacknowledged") {
  Core core{1, 1};
  core.start(1, 1);
  core.start(2, 2);
  core.start(2, 3);
  CHECK(core.report<model::AttemptNeverStarted>().sequence == 3);
  CHECK(core.state.refused.size() == 1);
  core.give(JobEnded{0, 1, 10, {}, ""});
  core.give(OrderAck{{Core::ref(1)}});
  core.start(2, 4);
  CHECK(core.only<HandToRunner>().order.sequence == 4);
  CHECK(core.state.refused.empty());
  core.give(RunnerGone{0, 4, 0, false});
  CHECK(core.report<model::AttemptNeverStarted>().sequence == 4);
  core.start(2, 5);
  CHECK(core.count<ReleaseSlot>() == 1);
  CHECK(core.only<HandToRunner>().order.sequence == 5);
}

TEST_CASE("an attempt assigned anew starts though its older order counts as lost with its boot") {
  // The agent died between the acknowledgement that the older order never started and the release
  // of its slot; meanwhile the host had restarted.
  Core core{1, 1};
  SlotImage image;
  image.attempt = Core::ref(1);
  image.sequence = 1;
  image.same_boot = false;
  core.state = restore(core.state.settings, 1, {image}, core.now).state;
  core.give(SessionOpened{});
  CHECK(core.report<model::AttemptLost>().sequence == 1);
  core.start(1, 2);
  CHECK(core.count<ReleaseSlot>() == 1);
  CHECK(core.only<HandToRunner>().order.sequence == 2);
}

TEST_CASE("waiting orders are not in the slot file and start when another job has ended") {
  Core core{3, 1};
  core.start(1, 1);
  CHECK(core.start(2, 2).empty());
  CHECK(core.start(3, 3).empty());
  CHECK(core.state.sequence_high == 1);
  core.start(4, 4);
  CHECK(core.report<model::AttemptNeverStarted>().reason == "busy");
  core.give(JobEnded{0, 1, 10, {}, ""});
  CHECK(core.only<HandToRunner>().order.attempt == Core::ref(2));
}

TEST_CASE("a stop of a waiting order means it never starts") {
  Core core{2, 1};
  core.start(1, 1);
  core.start(2, 2);
  core.give(OrderStop{{Core::ref(2), 1s}});
  CHECK(core.report<model::AttemptNeverStarted>().reason == "stopped");
  core.give(JobEnded{0, 1, 10, {}, ""});
  CHECK(core.count<HandToRunner>() == 0);
}

TEST_CASE("a stop sends TERM, then KILL after the grace; repeating it only shortens the wait") {
  Core core;
  core.start(1, 1);
  core.give(JobStarted{0, 1, 50, Timestamp{5}});
  core.give(OrderStop{{Core::ref(1), 10s}});
  CHECK(!core.only<SignalGroup>().kill);
  core.give(OrderStop{{Core::ref(1), 20s}});
  CHECK(core.actions.empty());
  CHECK(next_wake(core.state) == core.now.steady + 10s);
  core.give(OrderStop{{Core::ref(1), 3s}});
  CHECK(next_wake(core.state) == core.now.steady + 3s);
  core.pass(3s);
  core.give(Tick{});
  CHECK(core.only<SignalGroup>().kill);
  CHECK(!next_wake(core.state));
}

TEST_CASE("a stop before the process is known takes effect when it is") {
  Core core;
  core.start(1, 1);
  core.give(OrderStop{{Core::ref(1), 0s}});
  CHECK(core.count<SignalGroup>() == 0);
  core.give(JobStarted{0, 1, 50, Timestamp{5}});
  CHECK(core.only<SignalGroup>().kill);
}

TEST_CASE(
    "the end of a stopped job is reported once its group is gone, or after a while as not gone") {
  for (const bool gone : {true, false}) {
    Core core;
    core.start(1, 1);
    core.give(JobStarted{0, 1, 50, Timestamp{5}});
    core.give(OrderStop{{Core::ref(1), 0s}});
    core.give(JobEnded{0, 1, 50, {}, ""});
    CHECK(core.count<SendReport>() == 0);
    CHECK(core.only<ProbeGroup>().pid == 50);
    core.give(GroupProbed{0, 1, false});
    CHECK(core.actions.empty());
    core.pass(gone ? Duration{20ms} : Duration{11s});
    core.give(Tick{});
    CHECK(core.only<SignalGroup>().kill);
    core.give(GroupProbed{0, 1, gone});
    CHECK(core.report<model::AttemptEnded>().exit.group_gone == gone);
  }
}

TEST_CASE(
    "unacknowledged reports are repeated in time and on every session, and never without one") {
  Core core;
  core.give(SessionClosed{});
  core.start(1, 1);
  core.give(JobEnded{0, 1, 50, {}, "out"});
  CHECK(core.actions.empty());
  CHECK(!next_wake(core.state));
  core.give(SessionOpened{});
  CHECK(core.report<model::AttemptEnded>().output == "out");
  core.pass(5s);
  core.give(Tick{});
  CHECK(core.count<SendReport>() == 1);
  core.give(OrderAck{{Core::ref(1)}});
  CHECK(core.only<ReleaseSlot>().slot == 0);
  core.pass(50s);
  CHECK(core.give(Tick{}).empty());
}

TEST_CASE("a running attempt is not released by an acknowledgement") {
  Core core;
  core.start(1, 1);
  CHECK(core.give(OrderAck{{Core::ref(1)}}).empty());
  CHECK(held_attempts(core.state).size() == 1);
}

TEST_CASE("reports about an earlier attempt of the slot are ignored") {
  Core core{1, 1};
  core.start(1, 1);
  core.give(JobEnded{0, 1, 50, {}, ""});
  core.give(OrderAck{{Core::ref(1)}});
  core.start(2, 2);
  CHECK(core.give(JobEnded{0, 1, 50, {}, ""}).empty());
  CHECK(core.give(RunnerGone{0, 1, 50, true}).empty());
  CHECK(core.give(JobStarted{0, 1, 50, Timestamp{1}}).empty());
}

TEST_CASE("a lost job's group is killed and confirmed gone before the loss is reported") {
  Core core;
  core.start(1, 1);
  core.give(RunnerGone{0, 1, 60, true});
  CHECK(core.only<SignalGroup>().kill);
  CHECK(core.count<SendReport>() == 0);
  core.give(GroupProbed{0, 1, true});
  CHECK(core.report<model::AttemptLost>().reason == "runner_gone");
}

TEST_CASE(
    "restore knows ended, lost, adopted and never taken attempts, and where sequences stand") {
  Settings settings;
  settings.boot_id = kBoot;
  settings.slots = 4;
  std::vector<SlotImage> images(5);
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    images[i].slot = i;
    images[i].attempt = Core::ref(i + 1);
    images[i].sequence = i + 1;
  }
  images[0].exit = model::ExitRecord{};
  images[1].same_boot = false;
  images[2].runner_alive = true;
  images[3].taken = false;
  images[4].pid = 99;  // beyond the slots configured now
  Restored restored = restore(settings, 2, images, Now{});
  State& state = restored.state;
  CHECK(state.sequence_high == 5);
  CHECK(std::get<model::AttemptLost>(*state.slots[1].report).reason == "host_restarted");
  CHECK(state.slots[2].phase == Slot::Phase::running);
  CHECK(std::get<model::AttemptNeverStarted>(*state.slots[3].report).reason == "not_taken");
  CHECK(state.slots[4].phase == Slot::Phase::clearing);
  CHECK(restored.actions.size() == 2);
  CHECK(state.free.empty());
  decide(state, GroupProbed{4, 5, true}, Now{});
  decide(state, OrderAck{{Core::ref(5)}}, Now{});
  CHECK(state.free.empty());  // a slot too many is not used again
}

TEST_CASE(
    "a lost job whose process is not known is looked for in its cgroup before the loss is "
    "reported") {
  Core core;
  core.start(1, 1);
  core.give(RunnerGone{0, 1, 0, true});
  CHECK(core.only<SignalGroup>().kill);
  CHECK(core.only<SignalGroup>().pid == 0);
  CHECK(core.count<SendReport>() == 0);
  core.give(GroupProbed{0, 1, true});
  CHECK(core.report<model::AttemptLost>().reason == "runner_gone");
}

TEST_CASE(
    "after a restart the end of a signalled job waits until its group is gone, and KILL comes in "
    "time") {
  Settings settings;
  settings.boot_id = kBoot;
  SlotImage image;
  image.attempt = Core::ref(1);
  image.sequence = 1;
  image.pid = 50;
  image.stopped = true;
  image.exit = model::ExitRecord{};
  Core core;
  Restored restored = restore(settings, 1, {image}, core.now);
  core.state = std::move(restored.state);
  REQUIRE(restored.actions.size() == 1);
  CHECK(std::get<ProbeGroup>(restored.actions[0]).pid == 50);
  core.give(SessionOpened{});
  core.give(GroupProbed{0, 1, false});
  CHECK(core.actions.empty());
  core.pass(9s);
  core.give(Tick{});
  CHECK(core.count<SignalGroup>() == 0);
  core.pass(1s);
  core.give(Tick{});
  CHECK(core.count<SignalGroup>() > 0);
  core.give(GroupProbed{0, 1, true});
  CHECK(core.report<model::AttemptEnded>().exit.group_gone);

  image.exit.reset();
  image.runner_alive = true;  // the job did not obey TERM
  restored = restore(settings, 1, {image}, core.now);
  CHECK(restored.actions.empty());
  CHECK(next_wake(restored.state) == core.now.steady + 10s);
}
