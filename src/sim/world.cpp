#include "sim/world.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/hash.h"
#include "calendar/zone.h"
#include "engine/engine.h"
#include "spec/spec.h"

namespace dandori::sim {

namespace {

constexpr std::size_t kRoundsMax = 200'000;  ///< at one instant: more is a loop
constexpr Steady kNever{INT64_MAX};

/// Takes the common indentation away.
std::string flush_left(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::size_t indent = std::string_view::npos;
  for (const std::string_view line : lines) {
    const std::size_t first = line.find_first_not_of(' ');
    if (first != std::string_view::npos) indent = std::min(indent, first);
  }
  std::string flushed;
  for (const std::string_view line : lines) {
    flushed += line.substr(std::min(indent, line.size()));
    flushed += '\n';
  }
  return flushed;
}

runtime::Compile compilers() {
  return {spec::compile_canonical, spec::compile_calendar, spec::compile_business_date};
}

}  // namespace

model::ApplyDefinitions apply_request(spec::Parsed parsed) {
  model::ApplyDefinitions request;
  request.workflows = std::move(parsed.workflows);
  request.calendars = std::move(parsed.calendars);
  request.business_dates = std::move(parsed.business_dates);
  return request;
}

Result<std::uint64_t> World::Lease::acquire(const std::string& owner) {
  auto taken = world.memory_.acquire(owner);
  if (taken) world.epoch_ = epoch = *taken;
  return taken;
}

void World::Lease::release() {
  if (epoch == world.epoch_) world.memory_.release();
}

World::Server::Server(World& world, std::uint64_t id_in)
    : id{id_in},
      lease{world},
      links{[this](model::Event event) {
        dirty = true;
        runtime.happened(std::move(event));
      }},
      runtime{{fmt::format("server {}", id_in), world.settings(), world.config_.limits},
              {world.faulty_, lease, links, compilers(), [this] {
                 links.close_all({"server.memory_dropped", "the server loads its state again"});
               }}} {}

World::World(Seed seed, WorldConfig config)
    : config_{std::move(config)},
      random_{seed.value},
      clock_{config_.start},
      checker_{clock_, witness_},
      watched_{memory_, checker_},
      faulty_{watched_, seed.value},
      loader_{compilers()} {
  for (const HostConfig& host : config_.hosts) {
    const std::string name = host.name;
    Host::Hooks hooks{
        .script = [this](const model::StartOrder& order) { return script_for(order); },
        .started =
            [this, at = hosts_.size()](const model::StartOrder& order) {
              checker_.started(order, hosts_[at]->config().name, hosts_[at]->boot_id());
            },
        .trace = [this](const std::string& text) { trace(text); }};
    hosts_.push_back(std::make_unique<Host>(host, clock_, random_.split(hosts_.size() + 100),
                                            witness_, std::move(hooks)));
  }
  witness_.tell([this](const std::string& what) { trace("VIOLATION " + what); });
  start_server();
  for (const auto& host : hosts_) host->start_agent();
  settle();
}

World::~World() {
  zombie_.reset();
  server_.reset();
}

engine::Settings World::settings() const {
  return {"UTC", config_.hosts.front().name, &calendar::TimeZone::load};
}

void World::trace(const std::string& text) const {
  if (trace_) trace_(fmt::format("{} {}", format_rfc3339(clock_.wall()), text));
}

const engine::State* World::engine_state() const {
  return server_ ? server_->runtime.state() : nullptr;
}

// -------------------------------------------------------------------------------------------
// people

void World::define(const std::string& name, std::string_view text) {
  apply(fmt::format("name: {}\n{}", name, flush_left(text)));
}

void World::apply(std::string_view text) {
  spec::Parsed parsed = spec::parse_definitions("w.yaml", text);
  if (!parsed.problems.empty()) {
    return witness_.violated("definition: " + spec::format_problem(parsed.problems.front(), true));
  }
  const Result<Json> answer = ask(apply_request(std::move(parsed)));
  if (!answer) witness_.violated("apply: " + answer.error().message);
}

void World::script(const std::string& job, std::initializer_list<ProcessScript> ends) {
  by_job_[job].ends.assign(ends);
}

ProcessScript World::script_for(const model::StartOrder& order) {
  if (scripts_) return scripts_(order);
  Scripts& scripts = by_job_[order.path];
  if (scripts.ends.empty()) return exits(0, 1s);
  const ProcessScript next = scripts.ends.front();
  if (scripts.ends.size() > 1) scripts.ends.pop_front();
  return next;
}

RunId World::start(const std::string& workflow) {
  model::StartRun request;
  request.workflow = workflow;
  const Result<Json> answer = ask(std::move(request));
  if (!answer) {
    witness_.violated("start: " + answer.error().message);
    return {};
  }
  return RunId{parse_uuid(answer->text_or("id", "")).value_or(Uuid{})};
}

Result<Json> World::ask(model::Request request) {
  const auto answer = std::make_shared<std::optional<Result<Json>>>();
  send(std::move(request), {}, [answer](Result<Json> result) { *answer = std::move(result); });
  const Duration most = Duration{clock_.steady().us} + 10s;
  settle();
  while (!*answer && violation().empty() && Duration{clock_.steady().us} < most) {
    run_until(Duration{clock_.steady().us} + 100ms);
  }
  if (!*answer) return fail("server.no_answer", "nobody answered within 10s");
  return **answer;
}

void World::send(model::Request request, std::string key, Answered answered, bool preview) {
  if (!server_) return answered(fail("server.gone", "there is no server"));
  model::Command command;
  command.actor.name = "operator";
  command.actor.channel = model::Channel::api;
  command.actor.request_id = fmt::format("request-{}", ++commands_);
  command.actor.reason = "because";
  command.preview = preview;
  command.idempotency_key = key;
  if (!key.empty()) command.request_digest = sha256_hex(key);
  command.request = std::move(request);
  server_->dirty = true;
  server_->runtime.submit(std::move(command),
                          [this, key, answered = std::move(answered)](Result<Json> answer) {
                            if (answer)
                              checker_.answered(key.empty() ? key : "operator\n" + key, *answer);
                            answered(std::move(answer));
                          });
}

// ---------------------------------------------------------------------------------------------
// time

void World::run_until(Duration since_start) {
  const Steady until{since_start.count()};
  settle();
  Steady last{-1};
  std::size_t same = 0;
  while (violation().empty()) {
    const Steady wake = next_wake();
    if (wake > until) break;
    clock_.move_to(wake);
    same = wake <= last ? same + 1 : 0;
    last = wake;
    if (same > kRoundsMax) return witness_.violated("the world turns without getting on");
    settle();
  }
  clock_.move_to(until);
  settle();
}

void World::jump_wall(Duration by) {
  trace(fmt::format("the wall clock is stepped by {} s", by / 1s));
  clock_.step_wall(by);
  checker_.clock_stepped(by);
  // An idle engine looks at the clocks every 10 s.
  clock_.after(random_.span(Duration{0}, 10s), [this] {
    if (server_) server_->dirty = true;
  });
}

void World::settle() {
  for (std::size_t round = 0; violation().empty(); ++round) {
    if (round > kRoundsMax) return witness_.violated("an instant does not end");
    bool did = clock_.run_one();
    did = step_hosts() || did;
    did = connect_hosts() || did;
    did = move_bytes() || did;
    if (server_) did = step_server(*server_) || did;
    if (zombie_) did = step_server(*zombie_) || did;
    if (!did) return;
  }
}

Steady World::wake_of(const Server& server) {
  if (server.paused) return kNever;
  if (server.dirty || server.wake.at_once) return clock_.steady();
  Steady wake = std::min({server.wake.steady, server.wake.host, server.links.next_wake()});
  if (server.wake.wall != kFarFuture) wake = std::min(wake, clock_.steady_at(server.wake.wall));
  return wake;
}

Steady World::next_wake() {
  Steady wake = clock_.next();
  for (const auto& host : hosts_) {
    wake = std::min(wake, host->next_wake());
    const auto seeks = connect_at_.find(host.get());
    if (!host->agent_is_up() || seeks == connect_at_.end()) continue;
    const auto isolated = isolated_until_.find(host.get());
    const Steady from = isolated == isolated_until_.end() ? Steady{0} : isolated->second;
    wake = std::min(wake, std::max(seeks->second, from));
  }
  for (const auto& wire : wires_) {
    const bool reads = wire->server != nullptr && !wire->server->paused;
    if (reads && !wire->up.empty()) wake = std::min(wake, wire->up.front().at);
    if (wire->host != nullptr && !wire->down.empty()) wake = std::min(wake, wire->down.front().at);
  }
  if (server_) wake = std::min(wake, wake_of(*server_));
  if (zombie_) wake = std::min(wake, wake_of(*zombie_));
  return std::max(wake, clock_.steady());
}

bool World::step_server(Server& server) {
  if (wake_of(server) > clock_.steady()) return false;
  server.links.step(clock_.steady());
  server.dirty = false;
  const std::uint64_t commits = faulty_.commits();
  server.wake = server.runtime.step(clock_.now(), clock_.steady());
  if (&server == zombie_.get()) {
    if (server.runtime.is_stopped()) {
      trace("the superseded server found out");
      drop_wires_of(server);
      zombie_.reset();
    }
    return true;
  }
  check(server);
  if (const engine::State* state = server.runtime.state()) {
    if (std::string silent = check_plan(*state, clock_.wall()); !silent.empty())
      witness_.violated(std::move(silent));
  }
  if (crash_after_commits_ != 0 && faulty_.commits() > commits) {
    crash_after_commits_ = 0;
    crash_server();
    if (after_crash_) std::exchange(after_crash_, {})();
  }
  return true;
}

void World::check(Server& server) {
  const runtime::Stats& stats = server.runtime.stats();
  const bool is_new =
      stats.commits != server.commits_checked || stats.recoveries != server.recoveries_checked;
  const engine::State* state = server.runtime.state();
  if (!is_new || state == nullptr) return;
  server.commits_checked = stats.commits;
  server.recoveries_checked = stats.recoveries;
  if (std::string stuck = check_waits(*state); !stuck.empty())
    return witness_.violated(std::move(stuck));
  const std::string memory = engine::dump(*state);
  const std::string fresh = load();
  if (memory == fresh) return;
  const auto [left, right] = std::ranges::mismatch(memory, fresh);
  const auto line = [](const std::string& text, std::size_t at) {
    const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
  };
  witness_.violated(fmt::format("a fresh load differs from the memory\n  memory: {}\n  loaded: {}",
                                line(memory, static_cast<std::size_t>(left - memory.begin())),
                                line(fresh, static_cast<std::size_t>(right - fresh.begin()))));
}

std::string World::load() {
  auto snapshot = memory_.load();
  if (!snapshot) return snapshot.error().message;
  return engine::dump(*loader_.load(std::move(*snapshot), settings(), epoch_, clock_.now()));
}

std::string World::state() const {
  const engine::State* state = engine_state();
  return state == nullptr ? std::string{} : engine::dump(*state);
}

JobView World::job(RunId id, const std::string& path) {
  JobView view;
  auto detail = memory_.run(to_string(id));
  if (!detail) return view;
  const auto definition = spec::compile_canonical(detail->canonical);
  if (!definition) return view;
  const auto index = model::find_job(**definition, path);
  if (!index) return view;
  const engine::RunView run =
      engine::assemble_run(detail->run, *definition, detail->jobs, detail->attempts, detail->marks);
  view.state = engine::job_state(run, *index);
  view.ended_at = run.run.jobs[*index].ended_at;
  for (const model::Attempt& attempt : run.attempts) {
    if (attempt.ref.job == *index) view.attempts.push_back(attempt);
  }
  return view;
}

model::Run World::run(const std::string& name) {
  auto detail = memory_.run(name);
  return detail ? detail->run : model::Run{};
}

}  // namespace dandori::sim
