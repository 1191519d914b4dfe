#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/console.h"

namespace dandori::cli {

// One function per command line; each returns the exit code. The structs are what cli.cpp reads.

struct StartOptions {
  std::string workflow;
  std::vector<std::string> params;  ///< `name=value`
  std::string business_date;
  std::string key;
  std::string timeout;  ///< a span; empty: no limit
  bool force = false;
  bool wait = false;
  std::string only, like;  ///< one job alone
  bool dry_run = false;
};
struct RerunOptions {
  std::string run, from, only, key, timeout;
  bool wait = false;
  std::string revision, plan;
  std::vector<std::string> hold;
  bool hold_first = false, dry_run = false;
};
struct OperateOptions {
  std::string action, target, state, until, plan;
  std::vector<std::string> values;  ///< `name=value`
  bool leave_running = false, dry_run = false;
};
struct BulkOptions {
  std::string action, workflow, state, date, since, until, job, from, revision;
  std::vector<std::string> targets;
  bool hold_first = false, dry_run = false;
};
struct ListOptions {
  std::uint64_t limit = 20;
  std::string workflow, state, date;
};
struct LogsOptions {
  std::string target, grep;
  std::uint64_t attempt = 0;  ///< 0: the newest
  bool follow = false;
  std::optional<std::uint64_t> tail;  ///< only the last lines
  std::string lines;                  ///< `A-B`; empty: all
};
struct ApplyOptions {
  std::vector<std::string> files;  ///< `-`: standard input; folders too
  std::string set, reference;
  std::uint64_t prune_max = 0;
  bool dry_run = false;
  bool prune = false;
};
struct CheckOptions {
  std::vector<std::string> files;
  std::string version;  ///< of this program, for reports
};
struct FormatOptions {
  std::vector<std::string> files;
  bool check = false;
};
struct RollbackOptions {
  std::string workflow;
  std::uint64_t revision = 0;
  bool dry_run = false;
};
enum class GraphForm { text, dot, svg };
struct GraphOptions {
  std::string target, workflow;
  std::uint64_t revision = 0;
  GraphForm form = GraphForm::text;
};
struct PreviewOptions {
  std::vector<std::string> targets;  ///< files and folders, or one workflow of the server
  std::string from, to;              ///< an instant or a date
  std::uint64_t count = 10;
  bool why = false;
};
struct VariableOptions {
  std::string name, value, folder;
  bool is_json = false;
};
struct TokenOptions {
  std::string name, role, expires;  ///< expires: an instant or a span; empty: never
};
struct ServerOptions {
  std::string listen = "127.0.0.1:7010", timezone, test_clock, access_log = "problems";
  std::string otlp_endpoint, log_level = "info";
  std::uint32_t slots = 0, running_max = 0;
  std::int64_t sync_delay_us = 0;
  bool dev = false;
};
struct DoctorOptions {
  std::string wait_ready;              ///< a span; only wait until the server is ready
  std::string listen;                  ///< where a server started here would listen
  std::vector<Error> config_problems;  ///< of the configuration files
};
struct AgentOptions {
  std::string name = "local", work;
  std::uint32_t slots = 0, running_max = 0;
};

// commands_run.cpp
int start_run(Console& console, const StartOptions& options);
int rerun_run(Console& console, const RerunOptions& options);
int cancel_run(Console& console, const std::string& run);
int kill_run(Console& console, const std::string& target);
int confirm_run(Console& console, const std::string& run);
/// Asks on a terminal; elsewhere only --yes goes on.
bool is_confirmed(const Console& console, const std::string& question);
// commands_operate.cpp
int operate(Console& console, const OperateOptions& options);
int list_differences(Console& console);
int bulk(Console& console, const BulkOptions& options);
// commands_show.cpp
int list_runs(Console& console, const ListOptions& options);
int get_target(Console& console, const std::string& target);
/// `name  value` lines; values that are empty are left out.
void print_fields(const Console& console,
                  const std::vector<std::pair<std::string, std::string>>& fields);
// commands_logs.cpp
int show_logs(Console& console, const LogsOptions& options);
// commands_why.cpp
int show_why(Console& console, const std::string& target);
// commands_why_day.cpp
/// target: `WORKFLOW` or `workflow/WORKFLOW`.
int show_why_day(Console& console, const std::string& target, const std::string& date);
// commands_check.cpp
int validate_files(Console& console, const CheckOptions& options);
int lint_files(Console& console, const CheckOptions& options);
int format_files(Console& console, const FormatOptions& options);
// commands_apply.cpp
int diff_files(Console& console, const ApplyOptions& options);
int apply_files(Console& console, const ApplyOptions& options);
int rollback_workflow(Console& console, const RollbackOptions& options);
/// span: `36...37`.
int diff_revisions(Console& console, const std::string& workflow, const std::string& span);
// commands_graph.cpp
int print_graph(Console& console, const GraphOptions& options);
// commands_define.cpp
int print_schema(Console& console, const std::string& kind);
int list_workflows(Console& console, std::uint64_t limit);
int get_workflow(Console& console, const std::string& workflow, std::uint64_t revision);
int list_revisions(Console& console, const std::string& workflow);
int list_variables(Console& console);
int set_variable(Console& console, const VariableOptions& options);
int delete_variable(Console& console, const VariableOptions& options);
// commands_preview.cpp
int preview_schedule(Console& console, const PreviewOptions& options);
// commands_plan.cpp
int list_plan(Console& console, const std::string& date);
// commands_audit.cpp
int verify_audit(Console& console);
// commands_tokens.cpp
int list_tokens(Console& console, std::uint64_t limit);
int create_token(Console& console, const TokenOptions& options);
int revoke_token(Console& console, const std::string& token);
// commands_system.cpp
int list_audit(Console& console, std::uint64_t limit);
int list_agents(Console& console);
int backup_store(Console& console, const std::string& file);
int restore_store(Console& console, const Hosts& hosts, const std::string& file);
int move_test_clock(Console& console, const std::string& to, const std::string& advance);
int print_version(Console& console, const Hosts& hosts);
int explain_code(Console& console, const std::string& code);
// commands_doctor.cpp
int run_doctor(Console& console, const Hosts& hosts, const DoctorOptions& options);
// commands_host.cpp
int run_server(Console& console, const Hosts& hosts, const ServerOptions& options);
int run_agent(Console& console, const Hosts& hosts, const AgentOptions& options);

/// `RUN/JOB`, `RUN`.
struct Target {
  std::string run, job;
};
Target parse_target(const std::string& target);
/// Asks on a terminal; elsewhere only --yes goes on.
bool is_confirmed(const Console& console, const std::string& question);
/// Zone of triggers that name none, as a server started here would have it.
std::string local_zone();
/// Path of the target's resource: `/api/v1/runs/…[/jobs/…]`.
std::string target_path(const Target& target);

}  // namespace dandori::cli
