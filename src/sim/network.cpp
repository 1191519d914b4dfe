#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "sim/world.h"

// The virtual network, and the faults of the world.
namespace dandori::sim {

namespace {

constexpr Duration kConnectAgain = 500ms;

Error gone() {
  return {"link.gone", "the connection has ended"};
}

}  // namespace

// ---------------------------------------------------------------------------------------- the
// network

bool World::step_hosts() {
  bool did = false;
  for (const auto& host : hosts_) {
    if (host->next_wake() > clock_.steady()) continue;
    host->step();
    did = true;
  }
  return did;
}

bool World::connect_hosts() {
  bool did = false;
  for (const auto& host : hosts_) {
    if (!host->agent_is_up()) continue;
    const bool has_wire =
        std::ranges::any_of(wires_, [&](const auto& wire) { return wire->host == host.get(); });
    const auto isolated = isolated_until_.find(host.get());
    if (has_wire || (isolated != isolated_until_.end() && isolated->second > clock_.steady()))
      continue;
    Steady& at = connect_at_.try_emplace(host.get(), clock_.steady()).first->second;
    if (at > clock_.steady()) continue;
    if (!server_ || server_->paused) {
      at = clock_.steady() + kConnectAgain;
      continue;
    }
    auto wire = std::make_unique<Wire>();
    wire->server = server_.get();
    wire->host = host.get();
    wire->session = server_->links.open(clock_.steady());
    host->connect();
    wires_.push_back(std::move(wire));
    connect_at_.erase(host.get());
    did = true;
  }
  return did;
}

void World::send_piece(std::deque<Piece>& queue, std::string bytes, bool is_end, bool is_cut) {
  if (is_cut) return;
  const Steady at = clock_.steady() + random_.span(Duration{0}, config_.delay_max);
  queue.push_back({queue.empty() ? at : std::max(at, queue.back().at), std::move(bytes), is_end});
}

void World::agent_loses(Wire& wire, const Error& why) {
  Host* host = std::exchange(wire.host, nullptr);
  wire.down.clear();
  host->disconnect(why);
  connect_at_[host] = clock_.steady() + random_.span(50ms, kConnectAgain);
  send_piece(wire.up, {}, true, wire.is_cut);
}

bool World::deliver_up(Wire& wire) {
  if (wire.server == nullptr || wire.server->paused) return false;
  if (wire.up.empty() || wire.up.front().at > clock_.steady()) return false;
  const Piece piece = std::move(wire.up.front());
  wire.up.pop_front();
  wire.server->dirty = true;
  if (piece.is_end) {
    wire.server->links.forget(wire.session, gone());
    wire.server = nullptr;
  } else {
    wire.server->links.receive(wire.session, piece.bytes, clock_.steady());
  }
  return true;
}

bool World::deliver_down(Wire& wire) {
  if (wire.host == nullptr || wire.down.empty() || wire.down.front().at > clock_.steady())
    return false;
  const Piece piece = std::move(wire.down.front());
  wire.down.pop_front();
  if (piece.is_end) {
    agent_loses(wire, gone());
  } else {
    wire.host->receive(piece.bytes);
  }
  return true;
}

/// Takes what both ends want to say, and lets go of ends that are closed.
bool World::collect(Wire& wire) {
  bool did = false;
  if (wire.host != nullptr) {
    std::string bytes = wire.host->take_bytes();
    did = !bytes.empty();
    if (did) send_piece(wire.up, std::move(bytes), false, wire.is_cut);
    if (!wire.host->is_open()) {
      agent_loses(wire, gone());
      did = true;
    }
  }
  if (wire.server != nullptr && !wire.server->paused) {
    std::string bytes = wire.server->links.take_bytes(wire.session);
    did = did || !bytes.empty();
    if (!bytes.empty()) send_piece(wire.down, std::move(bytes), false, wire.is_cut);
    if (!wire.server->links.is_open(wire.session)) {
      send_piece(wire.down, {}, true, wire.is_cut);
      wire.server->links.forget(wire.session, gone());
      wire.server = nullptr;
      did = true;
    }
  }
  return did;
}

bool World::move_bytes() {
  bool did = false;
  for (std::size_t i = 0; i < wires_.size(); ++i) {
    did = collect(*wires_[i]) || did;
    did = deliver_up(*wires_[i]) || did;
    did = deliver_down(*wires_[i]) || did;
  }
  std::erase_if(wires_,
                [](const auto& wire) { return wire->host == nullptr && wire->server == nullptr; });
  return did;
}

void World::drop_wires_of(const Server& server) {
  for (const auto& wire : wires_) {
    if (wire->server != &server) continue;
    wire->server = nullptr;
    wire->up.clear();
    send_piece(wire->down, {}, true, wire->is_cut);
  }
}

void World::cut(std::size_t host) {
  for (const auto& wire : wires_) {
    if (wire->host != hosts_[host].get() || wire->is_cut) continue;
    trace(fmt::format("the connection of {} is cut", hosts_[host]->config().name));
    wire->is_cut = true;
    for (std::deque<Piece>* way : {&wire->up, &wire->down}) {
      way->resize(std::min<std::size_t>(way->size(), random_.below(way->size() + 1)));
      if (!way->empty() && !way->back().is_end && random_.chance(50)) {
        std::string& last = way->back().bytes;
        last.resize(random_.below(last.size() + 1));
      }
      // One time in four nobody tells: the silence does.
      if (random_.chance(25)) continue;
      const Steady at = clock_.steady() + random_.span(Duration{0}, random_.chance(50) ? 20s : 1s);
      way->push_back({way->empty() ? at : std::max(at, way->back().at), {}, true});
    }
  }
}

void World::isolate(std::size_t host, Duration span) {
  cut(host);
  const Host* at = hosts_[host].get();
  trace(fmt::format("{} is cut off for {} s", hosts_[host]->config().name, span / 1s));
  isolated_until_[at] = clock_.steady() + span;
  clock_.after(span, [] {});  // a reason to look again
}

// ----------------------------------------------------------------------------------------------
// faults

void World::start_server() {
  if (server_) return;
  trace("a server starts");
  faulty_.reopen();
  server_ = std::make_unique<Server>(*this, ++servers_);
  const auto started = server_->runtime.start(clock_.now(), clock_.steady());
  if (started) return check(*server_);
  trace("it cannot: " + started.error().message);
  server_.reset();
}

void World::crash_server() {
  if (!server_) return;
  trace("the server dies");
  crash_after_commits_ = 0;
  drop_wires_of(*server_);
  server_.reset();
}

void World::crash_in_commit(bool written, std::function<void()> then) {
  if (!server_ || crash_after_commits_ != 0) return;
  faulty_.next(written ? store::Fault::unknown_applied : store::Fault::unknown_not_applied);
  crash_after_commits_ = faulty_.commits() + 1;
  after_crash_ = std::move(then);
}

void World::end_faults() {
  faulty_.set_rates({});
  faulty_.clear();
  faulty_.reopen();
  crash_after_commits_ = 0;
  after_crash_ = {};
  for (const auto& host : hosts_) host->spare_agent();
}

void World::pause_server(Duration span) {
  if (!server_) return;
  trace(fmt::format("the server stands still for {} s", span / 1s));
  server_->paused = true;
  clock_.after(span, [this, id = server_->id] {
    if (server_ && server_->id == id) server_->paused = false;
  });
}

void World::supersede_server(Duration zombie_wakes_after) {
  if (!server_ || zombie_) return;
  trace("another server takes the store over");
  crash_after_commits_ = 0;
  server_->paused = true;
  zombie_ = std::move(server_);
  memory_.release();
  start_server();
  clock_.after(zombie_wakes_after, [this, id = zombie_->id] {
    if (!zombie_ || zombie_->id != id) return;
    zombie_->paused = false;
    zombie_->dirty = true;
    // It tries to go on with something; without that it would only notice at its next commit.
    model::Command command;
    command.actor.name = "nobody";
    command.request = model::SetVariable{{"zombie", "", 1}, false};
    zombie_->runtime.submit(std::move(command), [](const Result<Json>&) {});
  });
  clock_.after(zombie_wakes_after + 60s, [this, id = zombie_->id] {
    if (!zombie_ || zombie_->id != id) return;
    drop_wires_of(*zombie_);
    zombie_.reset();
  });
}

void World::crash_agent(std::size_t host) {
  for (const auto& wire : wires_) {
    if (wire->host != hosts_[host].get()) continue;
    wire->host = nullptr;
    wire->down.clear();
    send_piece(wire->up, {}, true, wire->is_cut);
  }
  hosts_[host]->crash_agent();
}

void World::crash_host(std::size_t host) {
  for (const auto& wire : wires_) {
    if (wire->host != hosts_[host].get()) continue;
    wire->host = nullptr;
    wire->down.clear();
    // Nobody says goodbye: the silence does, unless the host comes back before.
    wire->is_cut = true;
    if (random_.chance(50))
      wire->up.push_back({clock_.steady() + random_.span(Duration{0}, 20s), {}, true});
  }
  hosts_[host]->crash();
}

}  // namespace dandori::sim
