#include <fmt/core.h>

#include <charconv>
#include <filesystem>

#include "cli/commands.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

Result<void> read_listen(const Console& console, const std::string& listen, ServerConfig& config) {
  const std::size_t colon = listen.rfind(':');
  const std::string_view port = colon == std::string::npos
                                    ? std::string_view{listen}
                                    : std::string_view{listen}.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), config.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size()) {
    return fail("cli.usage", console.text("problem.listen", {{"listen", printable(listen)}}),
                console.text("hint.listen"));
  }
  if (colon != std::string::npos) config.host = listen.substr(0, colon);
  if (config.host.starts_with('[') && config.host.ends_with(']')) {
    config.host = config.host.substr(1, config.host.size() - 2);
  }
  return {};
}

Result<std::string> data_folder(const Console& console, bool dev) {
  std::string data = console.globals.data;
  if (data.empty()) data = dev ? ".dandori" : find_data(console.globals);
  std::error_code error;
  const auto whole = std::filesystem::absolute(data, error);
  if (data.empty() || error) {
    return fail("cli.usage", console.text("problem.no_data"), console.text("hint.server_data"));
  }
  return whole.lexically_normal().string();
}

}  // namespace

int run_server(Console& console, const Hosts& hosts, const ServerOptions& options) {
  ServerConfig config;
  const auto data = data_folder(console, options.dev);
  if (!data) return report(console, data.error());
  config.data = *data;
  if (const auto listen = read_listen(console, options.listen, config); !listen) {
    return report(console, listen.error());
  }
  if (!options.timezone.empty()) {
    const auto zone = calendar::TimeZone::load(options.timezone);
    if (!zone) return report(console, zone.error());
    config.timezone = options.timezone;
  }
  if (!options.test_clock.empty()) {
    const auto at = parse_rfc3339(options.test_clock);
    if (!at) return report(console, at.error());
    config.test_clock = *at;
  }
  config.slots = options.slots;
  config.running_max = options.running_max;
  config.otlp_endpoint = options.otlp_endpoint;
  config.log_level = options.log_level;
  config.sync_delay = Duration{options.sync_delay_us};
  if (options.access_log == "off") config.access_log = AccessLog::off;
  if (options.access_log == "all") config.access_log = AccessLog::all;
  config.dev = options.dev;
  return hosts.server(config);
}

int run_agent(Console& console, const Hosts& hosts, const AgentOptions& options) {
  const auto data = data_folder(console, false);
  if (!data) return report(console, data.error());
  return hosts.agent({.data = *data,
                      .name = options.name,
                      .work = options.work,
                      .slots = options.slots,
                      .running_max = options.running_max});
}

}  // namespace dandori::cli
