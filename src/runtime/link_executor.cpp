#include "runtime/link_executor.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/log.h"

namespace dandori::runtime {

std::uint64_t LinkExecutor::open(Steady now) {
  const std::uint64_t session = ++last_;
  link::ServerSession::Hooks hooks{
      .admit = [this](const model::AgentHello& hello) { return admit(hello); },
      .event = [this](model::Event event) { post_(std::move(event)); }};
  sessions_.emplace(session, std::make_unique<link::ServerSession>(session, std::move(hooks), now));
  return session;
}

void LinkExecutor::receive(std::uint64_t session, std::string_view bytes, Steady now) {
  const auto at = sessions_.find(session);
  if (at != sessions_.end()) at->second->receive(bytes, now);
}

std::string LinkExecutor::take_bytes(std::uint64_t session) {
  const auto at = sessions_.find(session);
  return at == sessions_.end() ? std::string{} : at->second->take_bytes();
}

bool LinkExecutor::is_open(std::uint64_t session) const {
  const auto at = sessions_.find(session);
  return at != sessions_.end() && at->second->is_open();
}

Error LinkExecutor::closed_by(std::uint64_t session) const {
  const auto at = sessions_.find(session);
  return at == sessions_.end() ? Error{} : at->second->closed_by();
}

void LinkExecutor::forget(std::uint64_t session, Error why) {
  const auto at = sessions_.find(session);
  if (at == sessions_.end()) return;
  at->second->close(std::move(why));
  const auto agent = agents_.find(at->second->agent());
  if (agent != agents_.end() && agent->second == session) agents_.erase(agent);
  sessions_.erase(at);
}

void LinkExecutor::step(Steady now) {
  for (auto& [number, session] : sessions_) session->step(now);
}

Steady LinkExecutor::next_wake() const {
  Steady wake{INT64_MAX};
  for (const auto& [number, session] : sessions_) wake = std::min(wake, session->next_wake());
  return wake;
}

void LinkExecutor::close_all(const Error& why) {
  for (auto& [number, session] : sessions_) session->close(why);
}

void LinkExecutor::request_log(const std::string& agent, model::LogRequest request,
                               link::ServerSession::LogAnswer answer) {
  if (link::ServerSession* session = welcomed(agent)) {
    return session->request_log(std::move(request), std::move(answer));
  }
  model::LogChunk chunk;
  chunk.id = request.id;
  chunk.offset = request.offset;
  chunk.error = "log.agent_gone";
  answer(std::move(chunk));
}

void LinkExecutor::welcome(const std::string& agent, std::uint64_t session) {
  const auto at = sessions_.find(session);
  if (at == sessions_.end() || !at->second->is_open()) return;
  if (link::ServerSession* older = welcomed(agent)) supersede(*older);
  agents_[agent] = session;
  at->second->welcome();
}

void LinkExecutor::refuse(std::uint64_t session, const Error& why) {
  const auto at = sessions_.find(session);
  if (at != sessions_.end()) at->second->refuse(why);
}

void LinkExecutor::request_find(const std::string& agent, model::LogFind find,
                                link::ServerSession::FindAnswer answer) {
  if (link::ServerSession* session = welcomed(agent)) {
    return session->request_find(std::move(find), std::move(answer));
  }
  model::LogFound found;
  found.offset = find.offset;
  found.error = "log.agent_gone";
  answer(std::move(found));
}

void LinkExecutor::start(const std::string& agent, const model::StartOrder& order) {
  if (link::ServerSession* session = welcomed(agent)) session->start(order);
}

void LinkExecutor::stop(const std::string& agent, const model::StopOrder& order) {
  if (link::ServerSession* session = welcomed(agent)) session->stop(order);
}

void LinkExecutor::acknowledge(const std::string& agent, const model::AckOrder& order) {
  if (link::ServerSession* session = welcomed(agent)) session->acknowledge(order);
}

Result<void> LinkExecutor::admit(const model::AgentHello& hello) {
  if (admit_) {
    if (Result<void> admitted = admit_(hello); !admitted) return admitted;
  }
  // The same agent: whatever it has said before in the older session comes before its hello.
  link::ServerSession* older = welcomed(hello.name);
  if (older != nullptr && older->instance() == hello.instance) supersede(*older);
  return {};
}

void LinkExecutor::supersede(link::ServerSession& older) {
  log(LogLevel::warning, "agent.superseded",
      {{"agent", older.agent()}, {"session", std::to_string(older.number())}});
  older.close({"protocol.superseded", fmt::format("agent '{}' has connected anew", older.agent()),
               "nothing is to be done: the agent goes on in its new session"});
}

link::ServerSession* LinkExecutor::welcomed(const std::string& agent) const {
  const auto at = agents_.find(agent);
  if (at == agents_.end()) return nullptr;
  const auto session = sessions_.find(at->second);
  return session != sessions_.end() && session->second->is_welcomed() ? session->second.get()
                                                                      : nullptr;
}

}  // namespace dandori::runtime
