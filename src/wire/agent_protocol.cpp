#include "wire/agent_protocol.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include <fmt/core.h>

#include "base/assert.h"
#include "base/text.h"
#include "wire/fields.h"

namespace dandori::wire {

namespace {

constexpr std::size_t kPrefixBytes = 4;
constexpr JsonLimits kMessageLimits{.bytes_max = kFrameBytesMax, .depth_max = 8};

// ---- writing: `put` writes the members after `t`.

void put(ObjectWriter& out, const Heartbeat&) {
  out.text("t", "heartbeat");
}

void put(ObjectWriter& out, const model::AgentHello& hello) {
  out.text("t", "hello");
  out.number("protocol", hello.protocol);
  out.text("name", hello.name);
  if (!hello.instance.is_nil()) out.id("instance", hello.instance);
  out.text("version", hello.version);
  out.text("host", hello.host);
  out.id("boot_id", hello.boot_id);
  out.number("sequence_high", hello.sequence_high);
  out.number("slots", hello.slots);
  out.number("running_max", hello.running_max);
  out.number("pid", hello.pid);
  std::string& text = out.raw("held");
  text += '[';
  for (const model::HeldAttempt& held : hello.held) {
    if (text.back() != '[') text += ',';
    ObjectWriter item{text};
    item.attempt("attempt", held.attempt);
    item.number("sequence", held.sequence);
    item.boolean("ended", held.ended);
    item.close();
  }
  text += ']';
}

void put(ObjectWriter& out, const model::AttemptStarted& started) {
  out.text("t", "started");
  out.attempt("attempt", started.attempt);
  out.number("pid", started.pid);
  out.number("started_at_us", started.started_at.us);
}

void put(ObjectWriter& out, const model::AttemptEnded& ended) {
  const model::ExitRecord& exit = ended.exit;
  out.text("t", "ended");
  out.attempt("attempt", ended.attempt);
  out.number("exit_code", exit.exit_code);
  out.number("signal", exit.signal);
  out.number("started_at_us", exit.started_at.us);
  out.number("ended_at_us", exit.ended_at.us);
  out.number("cpu_us", exit.cpu.count());
  out.number("memory_peak_bytes", exit.memory_peak_bytes);
  out.number("spawn_errno", exit.spawn_errno);
  out.boolean("group_gone", exit.group_gone);
  out.number("log_bytes", exit.log_bytes);
  out.number("log_dropped", exit.log_dropped);
  out.bytes("output_b64", ended.output);
  out.boolean("signalled", ended.signalled);
}

void put(ObjectWriter& out, const model::AttemptNeverStarted& never) {
  out.text("t", "never_started");
  out.attempt("attempt", never.attempt);
  out.id("boot_id", never.boot_id);
  out.number("sequence", never.sequence);
  out.text("reason", never.reason);
}

void put(ObjectWriter& out, const model::AttemptLost& lost) {
  out.text("t", "lost");
  out.attempt("attempt", lost.attempt);
  out.text("reason", lost.reason);
  out.number("sequence", lost.sequence);
}

void put(ObjectWriter& out, const model::LogChunk& chunk) {
  out.text("t", "log");
  out.number("id", chunk.id);
  out.number("offset", chunk.offset);
  out.boolean("complete", chunk.complete);
  out.number("dropped", chunk.dropped);
  if (!chunk.error.empty()) out.text("error", chunk.error);
  out.bytes("bytes_b64", chunk.bytes);
}

void put(ObjectWriter& out, const model::LogFound& found) {
  out.text("t", "log_found");
  out.number("id", found.id);
  out.number("offset", found.offset);
  out.number("number", found.number);
  out.boolean("at_end", found.at_end);
  out.boolean("complete", found.complete);
  out.number("newlines", found.newlines);
  out.number("end", found.end);
  out.number("dropped", found.dropped);
  if (!found.error.empty()) out.text("error", found.error);
  if (found.lines.empty()) return;
  std::string& text = out.raw("lines");
  text += '[';
  for (const model::LogLine& line : found.lines) {
    if (text.back() != '[') text += ',';
    ObjectWriter item{text};
    item.number("number", line.number);
    item.number("offset", line.offset);
    item.text("text", line.text);
    if (line.truncated) item.boolean("truncated", true);
    item.close();
  }
  text += ']';
}

void put(ObjectWriter& out, const Welcome& welcome) {
  out.text("t", "welcome");
  out.number("protocol", welcome.protocol);
  out.number("session", welcome.session);
}

void put(ObjectWriter& out, const Refused& refused) {
  out.text("t", "refused");
  out.text("code", refused.code);
  out.text("message", refused.message);
}

void put(ObjectWriter& out, const model::StartOrder& order) {
  out.text("t", "start");
  out.attempt("attempt", order.attempt);
  out.text("run_name", order.run_name);
  out.text("path", order.path);
  out.id("boot_id", order.boot_id);
  out.number("sequence", order.sequence);
  std::string& text = out.raw("argv");
  text += '[';
  for (std::size_t i = 0; i < order.argv.size(); ++i) {
    if (i > 0) text += ',';
    append_json_string(text, order.argv[i]);
  }
  text += ']';
  out.raw("env") += '[';  // name, value, name, value: in the order of writing, and quick to read
  for (std::size_t i = 0; i < order.env.size(); ++i) {
    if (i > 0) text += ',';
    append_json_string(text, order.env[i].first);
    text += ',';
    append_json_string(text, order.env[i].second);
  }
  text += ']';
  if (order.cwd) out.text("cwd", *order.cwd);
  if (order.stdin_text) out.text("stdin_text", *order.stdin_text);
  if (!order.run_as.empty()) out.text("run_as", order.run_as);
  out.number("log_bytes_max", order.log_bytes_max);
}

void put(ObjectWriter& out, const model::StopOrder& order) {
  out.text("t", "stop");
  out.attempt("attempt", order.attempt);
  out.number("grace_us", order.grace.count());
}

void put(ObjectWriter& out, const model::AckOrder& order) {
  out.text("t", "ack");
  out.attempt("attempt", order.attempt);
}

void put(ObjectWriter& out, const model::LogRequest& request) {
  out.text("t", "log_request");
  out.number("id", request.id);
  out.attempt("attempt", request.attempt);
  out.number("offset", request.offset);
  out.number("bytes_max", request.bytes_max);
  if (request.wait) out.boolean("wait", true);
}

// The words of LogFind::What, in its order.
constexpr std::array<std::string_view, 4> kFindWords{"line", "tail", "offset", "search"};

void put(ObjectWriter& out, const model::LogFind& find) {
  out.text("t", "log_find");
  out.number("id", find.id);
  out.attempt("attempt", find.attempt);
  out.text("what", kFindWords.at(static_cast<std::size_t>(find.what)));
  out.number("number", find.number);
  out.number("offset", find.offset);
  if (find.what != model::LogFind::What::search) return;
  out.text("text", find.text);
  out.boolean("regex", find.is_regex);
  out.boolean("ignore_case", find.ignores_case);
  out.number("count_max", find.count_max);
}

template <class Message>
std::string encode_frame(const Message& message) {
  std::string frame(kPrefixBytes, '\0');
  ObjectWriter out{frame};
  std::visit([&](const auto& one) { put(out, one); }, message);
  out.close();
  const std::size_t length = frame.size() - kPrefixBytes;
  for (std::size_t i = 0; i < kPrefixBytes; ++i) {
    frame[i] = static_cast<char>(length >> (8 * (kPrefixBytes - 1 - i)) & 0xFFU);
  }
  return frame;
}

// ---- reading: one `get` per message. A fault in any member refuses the message.

void get(FieldReader&, Heartbeat&) {}

void get(FieldReader& in, model::AgentHello& hello) {
  in.required().number("protocol", hello.protocol);
  in.text("name", hello.name);
  in.id("boot_id", hello.boot_id);
  in.number("sequence_high", hello.sequence_high);
  in.required(false).text("version", hello.version);
  in.id("instance", hello.instance);
  in.text("host", hello.host);
  in.number("slots", hello.slots);
  in.number("running_max", hello.running_max);
  in.number("pid", hello.pid);
  const Json* list = in.array("held");
  if (list == nullptr) return;
  hello.held.reserve(list->size());
  for (const Json& item : list->items()) {
    model::HeldAttempt held;
    FieldReader fields{item};
    fields.required().attempt("attempt", held.attempt);
    fields.number("sequence", held.sequence);
    fields.boolean("ended", held.ended);
    if (!fields.ok()) return in.set_fault("held", fields.fault());
    hello.held.push_back(held);
  }
}

void get(FieldReader& in, model::AttemptStarted& started) {
  in.required().attempt("attempt", started.attempt);
  in.number("pid", started.pid);
  in.instant("started_at_us", started.started_at);
}

void get(FieldReader& in, model::AttemptEnded& ended) {
  model::ExitRecord& exit = ended.exit;
  in.required().attempt("attempt", ended.attempt);
  in.number("exit_code", exit.exit_code);
  in.number("signal", exit.signal);
  in.instant("started_at_us", exit.started_at);
  in.instant("ended_at_us", exit.ended_at);
  in.required(false).span("cpu_us", exit.cpu);
  in.number("memory_peak_bytes", exit.memory_peak_bytes);
  in.number("spawn_errno", exit.spawn_errno);
  in.boolean("group_gone", exit.group_gone);
  in.number("log_bytes", exit.log_bytes);
  in.number("log_dropped", exit.log_dropped);
  in.bytes("output_b64", ended.output);
  ended.signalled = true;  // what an agent that does not say so must be taken to mean
  in.boolean("signalled", ended.signalled);
  if (ended.output.size() > model::kOutputBytesMax + 1) in.set_fault("output_b64", "is too long");
}

void get(FieldReader& in, model::AttemptNeverStarted& never) {
  in.required().attempt("attempt", never.attempt);
  in.id("boot_id", never.boot_id);
  in.number("sequence", never.sequence);
  in.required(false).text("reason", never.reason);
}

void get(FieldReader& in, model::AttemptLost& lost) {
  in.required().attempt("attempt", lost.attempt);
  in.required(false).text("reason", lost.reason);
  in.number("sequence", lost.sequence);
}

void get(FieldReader& in, model::LogChunk& chunk) {
  in.required().number("id", chunk.id);
  in.number("offset", chunk.offset);
  in.required(false).boolean("complete", chunk.complete);
  in.number("dropped", chunk.dropped);
  in.text("error", chunk.error);
  in.bytes("bytes_b64", chunk.bytes);
}

void get(FieldReader& in, model::LogFound& found) {
  in.required().number("id", found.id);
  in.number("offset", found.offset);
  in.number("number", found.number);
  in.required(false).boolean("at_end", found.at_end);
  in.boolean("complete", found.complete);
  in.number("newlines", found.newlines);
  in.number("end", found.end);
  in.number("dropped", found.dropped);
  in.text("error", found.error);
  const Json* list = in.array("lines");
  if (list == nullptr) return;
  found.lines.reserve(list->size());
  for (const Json& item : list->items()) {
    model::LogLine line;
    FieldReader fields{item};
    fields.required().number("number", line.number);
    fields.number("offset", line.offset);
    fields.text("text", line.text);
    fields.required(false).boolean("truncated", line.truncated);
    if (!fields.ok()) return in.set_fault("lines", fields.fault());
    found.lines.push_back(std::move(line));
  }
}

void get(FieldReader& in, Welcome& welcome) {
  in.required().number("protocol", welcome.protocol);
  in.number("session", welcome.session);
}

void get(FieldReader& in, Refused& refused) {
  in.required().text("code", refused.code);
  in.required(false).text("message", refused.message);
}

void get_texts(FieldReader& in, std::string_view key, std::vector<std::string>& into) {
  const Json* list = in.array(key);
  if (list == nullptr) return;
  into.reserve(list->size());
  for (const Json& item : list->items()) {
    if (!item.is_string()) return in.set_fault(key, "holds something that is no text");
    into.push_back(item.as_string());
  }
}

void get_env(FieldReader& in, std::vector<std::pair<std::string, std::string>>& into) {
  const Json* list = in.array("env");
  if (list == nullptr) return;
  const Json::Array& texts = list->items();
  if (texts.size() % 2 != 0) return in.set_fault("env", "has a name without a value");
  into.reserve(texts.size() / 2);
  for (std::size_t i = 0; i < texts.size(); i += 2) {
    const bool is_pair = texts[i].is_string() && texts[i + 1].is_string();
    if (!is_pair) return in.set_fault("env", "holds something that is no text");
    into.emplace_back(texts[i].as_string(), texts[i + 1].as_string());
  }
}

void get(FieldReader& in, model::StartOrder& order) {
  in.required().attempt("attempt", order.attempt);
  in.id("boot_id", order.boot_id);
  in.number("sequence", order.sequence);
  get_texts(in, "argv", order.argv);
  if (in.ok() && order.argv.empty()) in.set_fault("argv", "is empty");
  in.required(false).text("run_name", order.run_name);
  in.text("path", order.path);
  get_env(in, order.env);
  in.text("cwd", order.cwd);
  in.text("stdin_text", order.stdin_text);
  in.text("run_as", order.run_as);
  in.number("log_bytes_max", order.log_bytes_max);
}

void get(FieldReader& in, model::StopOrder& order) {
  in.required().attempt("attempt", order.attempt);
  in.span("grace_us", order.grace);
}

void get(FieldReader& in, model::AckOrder& order) {
  in.required().attempt("attempt", order.attempt);
}

void get(FieldReader& in, model::LogRequest& request) {
  in.required().number("id", request.id);
  in.attempt("attempt", request.attempt);
  in.number("offset", request.offset);
  in.required(false).number("bytes_max", request.bytes_max);
  in.boolean("wait", request.wait);
}

void get(FieldReader& in, model::LogFind& find) {
  std::string what;
  in.required().number("id", find.id);
  in.attempt("attempt", find.attempt);
  in.text("what", what);
  in.required(false).number("number", find.number);
  in.number("offset", find.offset);
  in.text("text", find.text);
  in.boolean("regex", find.is_regex);
  in.boolean("ignore_case", find.ignores_case);
  in.number("count_max", find.count_max);
  const auto word = std::ranges::find(kFindWords, what);
  if (in.ok() && word == kFindWords.end()) return in.set_fault("what", "is no known word");
  find.what = static_cast<model::LogFind::What>(word - kFindWords.begin());
}

std::unexpected<Error> bad_message(std::string why) {
  return fail("protocol.bad_message", fmt::format("the peer sent a broken message: {}", why),
              "see that both sides are dandori of matching versions");
}

template <class One, class Message>
Result<Message> read_as(const Json& body) {
  One one;
  FieldReader in{body};
  get(in, one);
  if (!in.ok()) return bad_message(fmt::format("{} {}", body.text_or("t", ""), in.fault()));
  return Message{std::move(one)};
}

template <class Message>
using Get = Result<Message> (*)(const Json&);
template <class Message>
struct Kind {
  std::string_view type;
  Get<Message> read;
};

constexpr std::array<Kind<AgentMessage>, 8> kAgentKinds{{
    {"hello", read_as<model::AgentHello, AgentMessage>},
    {"started", read_as<model::AttemptStarted, AgentMessage>},
    {"ended", read_as<model::AttemptEnded, AgentMessage>},
    {"never_started", read_as<model::AttemptNeverStarted, AgentMessage>},
    {"lost", read_as<model::AttemptLost, AgentMessage>},
    {"log", read_as<model::LogChunk, AgentMessage>},
    {"log_found", read_as<model::LogFound, AgentMessage>},
    {"heartbeat", read_as<Heartbeat, AgentMessage>},
}};
static_assert(kAgentKinds.size() == std::variant_size_v<AgentMessage>);

constexpr std::array<Kind<ServerMessage>, 8> kServerKinds{{
    {"welcome", read_as<Welcome, ServerMessage>},
    {"refused", read_as<Refused, ServerMessage>},
    {"start", read_as<model::StartOrder, ServerMessage>},
    {"stop", read_as<model::StopOrder, ServerMessage>},
    {"ack", read_as<model::AckOrder, ServerMessage>},
    {"log_request", read_as<model::LogRequest, ServerMessage>},
    {"log_find", read_as<model::LogFind, ServerMessage>},
    {"heartbeat", read_as<Heartbeat, ServerMessage>},
}};
static_assert(kServerKinds.size() == std::variant_size_v<ServerMessage>);

template <class Message, std::size_t N>
Result<Message> decode(std::string_view body, const std::array<Kind<Message>, N>& kinds) {
  const Result<Json> json = parse_json(body, kMessageLimits);
  if (!json) return bad_message(json.error().message);
  const std::string_view type = json->text_or("t", "");
  for (const Kind<Message>& kind : kinds) {
    if (kind.type == type) return kind.read(*json);
  }
  return bad_message(fmt::format("unknown type '{}'", fit_width(type, 40)));
}

}  // namespace

std::string encode(const AgentMessage& message) {
  return encode_frame(message);
}
std::string encode(const ServerMessage& message) {
  return encode_frame(message);
}

Result<AgentMessage> decode_agent(std::string_view body) {
  return decode(body, kAgentKinds);
}
Result<ServerMessage> decode_server(std::string_view body) {
  return decode(body, kServerKinds);
}

void FrameReader::feed(std::string_view bytes) {
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_ += bytes;
}

Result<std::optional<std::string_view>> FrameReader::next() {
  const std::string_view rest = std::string_view{buffer_}.substr(at_);
  if (rest.size() < kPrefixBytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kPrefixBytes; ++i) {
    length = length << 8U | static_cast<unsigned char>(rest[i]);
  }
  if (length > kFrameBytesMax) {
    return fail("protocol.frame_too_big",
                fmt::format("the peer announced a message of {} bytes; {} is the limit", length,
                            kFrameBytesMax),
                "see that the peer is a dandori of a matching version");
  }
  if (rest.size() < kPrefixBytes + length) return std::nullopt;
  at_ += kPrefixBytes + length;
  return rest.substr(kPrefixBytes, length);
}

}  // namespace dandori::wire
