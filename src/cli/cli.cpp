#include "cli/cli.h"

#include <fmt/core.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/business_date_commands.h"
#include "cli/calendar_commands.h"
#include "cli/client_commands.h"
#include "cli/commands.h"
#include "cli/configure.h"
#include "cli/grammar.h"
#include "cli/remote.h"
#include "cli/watch.h"

namespace dandori::cli {

namespace {

/// The commands: reads into plain structs and remembers which function is meant.
class Commands : public Grammar {
 public:
  Commands(Globals& globals, const Hosts& hosts, const Settings& settings, Lang lang)
      : Grammar{lang, hosts.version}, globals_{globals}, hosts_{hosts}, settings_{settings} {
    add_globals();
    add_hosts();
    add_runs();
    add_operations();
    add_definitions();
    add_schedules();
    add_system();
    client_.version = hosts.version;
    add_client_commands(*this, client_, settings);
    add_business_date_commands(*this, business_date_);
    add_calendar_commands(*this, calendar_);
  }

 private:
  void add_globals() {
    option(&app(), "--server", globals_.server, "help.server_url");
    option(&app(), "--data", globals_.data, "help.data");
    option(&app(), "--token-file", globals_.token_file, "help.token_file");
    option(&app(), "-o,--output", globals_.output, "help.output")
        ->check(CLI::IsMember({"table", "wide", "json", "jsonl", "yaml", "name", "sarif"}));
    option(&app(), "--lang", globals_.lang, "help.lang")->check(CLI::IsMember({"ja", "en"}));
    option(&app(), "--tz", globals_.timezone, "help.tz");
    option(&app(), "--reason", globals_.reason, "help.reason");
    option(&app(), "--config", globals_.config, "help.config");
    option(&app(), "--context", globals_.context, "help.context");
    option(&app(), "--ambiguous-width", globals_.ambiguous_width, "help.ambiguous_width")
        ->check(CLI::Range(1, 2));
    flag(&app(), "--watch", globals_.watch, "help.watch");
    flag(&app(), "--no-color", globals_.no_color, "help.no_color");
    flag(&app(), "-y,--yes", globals_.yes, "help.yes");
    flag(&app(), "-q,--quiet", globals_.quiet, "help.quiet");
  }

  void add_server_options(CLI::App* sub) {
    option(sub, "--listen", server_.listen, "help.listen");
    option(sub, "--timezone", server_.timezone, "help.timezone");
    option(sub, "--test-clock", server_.test_clock, "help.test_clock_start");
    option(sub, "--otlp-endpoint", server_.otlp_endpoint, "help.otlp_endpoint");
    option(sub, "--log-level", server_.log_level, "help.log_level")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    option(sub, "--slots", server_.slots, "help.slots");
    option(sub, "--running-max", server_.running_max, "help.running_max");
    option(sub, "--access-log", server_.access_log, "help.access_log")
        ->check(CLI::IsMember({"off", "problems", "all"}));
    sub->add_option("--sync-delay-us", server_.sync_delay_us)
        ->group("")
        ->check(CLI::NonNegativeNumber);  // measuring only
  }

  void add_hosts() {
    add_server_options(add("dev", "help.dev", [this](Console& console) {
      server_.dev = true;
      return run_server(console, hosts_, server_);
    }));
    add_server_options(add("server", "help.server", [this](Console& console) {
      return run_server(console, hosts_, server_);
    }));
    CLI::App* agent = add("agent", "help.agent",
                          [this](Console& console) { return run_agent(console, hosts_, agent_); });
    option(agent, "--name", agent_.name, "help.agent_name");
    option(agent, "--work", agent_.work, "help.work");
    option(agent, "--slots", agent_.slots, "help.slots");
    option(agent, "--running-max", agent_.running_max, "help.running_max");
    add(*agent, "list", "help.agent_list", list_agents);
  }

  void add_runs() {
    CLI::App* run = add("run", "help.run", [this](Console& c) {
      start_.wait |= globals_.watch;
      return start_run(c, start_);
    });
    option(run, "WORKFLOW", start_.workflow, "help.arg.workflow")->required();
    option(run, "-p,--param", start_.params, "help.param")->allow_extra_args(false);
    option(run, "--business-date", start_.business_date, "help.business_date");
    flag(run, "--force", start_.force, "help.force");
    option(run, "--key", start_.key, "help.key");
    CLI::Option* only = option(run, "--only", start_.only, "help.only_alone");
    option(run, "--like", start_.like, "help.like")->needs(only);
    flag(run, "--dry-run", start_.dry_run, "help.preview");
    flag(run, "-w,--wait", start_.wait, "help.wait");
    option(run, "--timeout", start_.timeout, "help.timeout");

    CLI::App* runs = add("runs", "help.runs", [this](Console& c) { return list_runs(c, list_); });
    option(runs, "--workflow", list_.workflow, "help.filter_workflow");
    option(runs, "--state", list_.state, "help.filter_state");
    option(runs, "--date", list_.date, "help.filter_date");
    option(runs, "-n,--limit", list_.limit, "help.limit")->check(CLI::Range(1, 100'000));

    with_job(add("get", "help.get", [this](Console& c) { return get_target(c, target()); }));
    CLI::App* why = add("why", "help.why", [this](Console& c) {
      return on_.empty() ? show_why(c, target()) : show_why_day(c, target(), on_);
    });
    with_job(why);
    option(why, "--on", on_, "help.why_on");
    with_job(add("kill", "help.kill", [this](Console& c) { return kill_run(c, target()); }));
    CLI::App* logs = add("logs", "help.logs", [this](Console& c) {
      logs_.target = target();
      return show_logs(c, logs_);
    });
    with_job(logs);
    option(logs, "--attempt", logs_.attempt, "help.attempt");
    flag(logs, "-f,--follow", logs_.follow, "help.follow");
    option(logs, "--grep", logs_.grep, "help.grep");
    CLI::Option* tail = option(logs, "--tail", logs_.tail, "help.tail")->check(CLI::Range(0, 2000));
    option(logs, "--lines", logs_.lines, "help.lines")->excludes(tail);

    CLI::App* rerun = add("rerun", "help.rerun", [this](Console& c) {
      rerun_.wait |= globals_.watch;
      return rerun_run(c, rerun_);
    });
    option(rerun, "RUN", rerun_.run, "help.arg.run")->required();
    CLI::Option* from = option(rerun, "--from", rerun_.from, "help.from");
    option(rerun, "--only", rerun_.only, "help.only")->excludes(from);
    option(rerun, "--hold", rerun_.hold, "help.rerun_hold")->allow_extra_args(false);
    flag(rerun, "--hold-first", rerun_.hold_first, "help.hold_first");
    option(rerun, "--revision", rerun_.revision, "help.rerun_revision")
        ->check(CLI::IsMember({"run", "newest"}));
    flag(rerun, "--dry-run", rerun_.dry_run, "help.preview");
    option(rerun, "--plan", rerun_.plan, "help.plan_id");
    option(rerun, "--key", rerun_.key, "help.key");
    flag(rerun, "-w,--wait", rerun_.wait, "help.wait");
    option(rerun, "--timeout", rerun_.timeout, "help.timeout");

    CLI::App* cancel =
        add("cancel", "help.cancel", [this](Console& c) { return cancel_run(c, target_); });
    option(cancel, "RUN", target_, "help.arg.run")->required();
    CLI::App* confirm =
        add("confirm", "help.confirm", [this](Console& c) { return confirm_run(c, target_); });
    option(confirm, "RUN", target_, "help.arg.run")->required();
  }

  CLI::App* add_operation(const char* name, Key help, Key argument, bool needs_target = true) {
    CLI::App* sub = add(name, help, [this, name](Console& c) {
      operate_.action = name;
      operate_.target = target();
      return operate(c, operate_);
    });
    option(sub, "TARGET", target_, argument)->required(needs_target);
    flag(sub, "--dry-run", operate_.dry_run, "help.preview");
    option(sub, "--plan", operate_.plan, "help.plan_id");
    return sub;
  }

  void add_operations() {
    add_operation("hold", "help.hold", "help.arg.operate");
    add_operation("release", "help.release", "help.arg.operate");
    CLI::App* skip = add_operation("skip", "help.skip", "help.arg.operate");
    option(skip, "--value", operate_.values, "help.skip_value")->allow_extra_args(false);
    add_operation("unskip", "help.unskip", "help.arg.operate");
    CLI::App* disable = add_operation("disable", "help.disable", "help.arg.operate");
    option(disable, "--until", operate_.until, "help.until");
    add_operation("enable", "help.enable", "help.arg.operate");
    add_operation("force", "help.force_job", "help.arg.job_target");
    CLI::App* set = add_operation("set-state", "help.set_state", "help.arg.job_target");
    option(set, "STATE", operate_.state, "help.arg.state")
        ->required()
        ->check(CLI::IsMember({"succeeded", "warning", "failed", "skipped"}));
    flag(set, "--leave-running", operate_.leave_running, "help.leave_running");
    add_operation("suspend", "help.suspend", "help.arg.run");
    add_operation("resume", "help.resume", "help.arg.run");
    add_operation("drain", "help.drain", "help.arg.drain", false);
    add_operation("undrain", "help.undrain", "help.arg.drain", false);
    add("differences", "help.differences", list_differences);

    CLI::App* many = add("bulk", "help.bulk", [this](Console& c) { return bulk(c, bulk_); });
    option(many, "ACTION", bulk_.action, "help.arg.action")->required();
    option(many, "TARGET", bulk_.targets, "help.arg.targets");
    option(many, "--workflow", bulk_.workflow, "help.filter_workflow");
    option(many, "--state", bulk_.state, "help.filter_state");
    option(many, "--date", bulk_.date, "help.filter_date");
    option(many, "--since", bulk_.since, "help.filter_since");
    option(many, "--until", bulk_.until, "help.filter_until");
    option(many, "--job", bulk_.job, "help.bulk_job");
    option(many, "--from", bulk_.from, "help.from");
    option(many, "--revision", bulk_.revision, "help.rerun_revision")
        ->check(CLI::IsMember({"run", "newest"}));
    flag(many, "--hold-first", bulk_.hold_first, "help.hold_first");
    flag(many, "--dry-run", bulk_.dry_run, "help.preview");
  }

  void with_job(CLI::App* sub) {
    option(sub, "RUN", target_, "help.arg.target")->required();
    option(sub, "JOB", job_, "help.arg.job");
  }
  std::string target() const { return job_.empty() ? target_ : target_ + "/" + job_; }

  void add_definitions() {
    CLI::App* validate =
        add("validate", "help.validate", [this](Console& c) { return validate_files(c, check_); });
    option(validate, "FILE", check_.files, "help.arg.files")->required();
    CLI::App* lint = add("lint", "help.lint", [this](Console& c) { return lint_files(c, check_); });
    option(lint, "FILE", check_.files, "help.arg.files")->required();
    check_.version = hosts_.version;
    CLI::App* fmt = add("fmt", "help.fmt", [this](Console& c) { return format_files(c, format_); });
    option(fmt, "FILE", format_.files, "help.arg.files")->required();
    flag(fmt, "--check", format_.check, "help.fmt_check");
    CLI::App* diff = add("diff", "help.diff", [this](Console& c) { return diff_files(c, apply_); });
    with_files(diff);
    CLI::App* apply =
        add("apply", "help.apply", [this](Console& c) { return apply_files(c, apply_); });
    with_files(apply);
    flag(apply, "--dry-run", apply_.dry_run, "help.dry_run");
    option(apply, "--ref", apply_.reference, "help.source_ref");
    CLI::App* rollback = add("rollback", "help.rollback",
                             [this](Console& c) { return rollback_workflow(c, rollback_); });
    option(rollback, "WORKFLOW", rollback_.workflow, "help.arg.workflow")->required();
    option(rollback, "REVISION", rollback_.revision, "help.arg.revision")
        ->required()
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{UINT32_MAX}));
    flag(rollback, "--dry-run", rollback_.dry_run, "help.dry_run");
    add_graph();
    CLI::App* schema =
        add("schema", "help.schema", [this](Console& c) { return print_schema(c, target_); });
    option(schema, "KIND", target_, "help.arg.kind")->required();
    CLI::App* explain =
        add("explain", "help.explain", [this](Console& c) { return explain_code(c, target_); });
    option(explain, "CODE", target_, "help.arg.code");

    CLI::App* workflow = add_noun("workflow", "help.workflow");
    CLI::App* list = add(*workflow, "list", "help.workflow_list",
                         [this](Console& c) { return list_workflows(c, limit_); });
    option(list, "-n,--limit", limit_, "help.limit")->check(CLI::Range(1, 100'000));
    CLI::App* get = add(*workflow, "get", "help.workflow_get",
                        [this](Console& c) { return get_workflow(c, target_, revision_); });
    option(get, "WORKFLOW", target_, "help.arg.workflow")->required();
    option(get, "--revision", revision_, "help.revision");
    CLI::App* revisions = add(*workflow, "revisions", "help.workflow_revisions",
                              [this](Console& c) { return list_revisions(c, target_); });
    option(revisions, "WORKFLOW", target_, "help.arg.workflow")->required();

    CLI::App* changes = add(*workflow, "diff", "help.workflow_diff",
                            [this](Console& c) { return diff_revisions(c, target_, span_); });
    option(changes, "WORKFLOW", target_, "help.arg.workflow")->required();
    option(changes, "OLD...NEW", span_, "help.arg.span")->required();

    CLI::App* variable = add_noun("variable", "help.variable");
    add(*variable, "list", "help.variable_list", list_variables);
    CLI::App* set = add(*variable, "set", "help.variable_set",
                        [this](Console& c) { return set_variable(c, variable_); });
    option(set, "NAME", variable_.name, "help.arg.name")->required();
    option(set, "VALUE", variable_.value, "help.arg.value")->required();
    option(set, "--folder", variable_.folder, "help.folder");
    flag(set, "--json", variable_.is_json, "help.json");
    CLI::App* remove = add(*variable, "delete", "help.variable_delete",
                           [this](Console& c) { return delete_variable(c, variable_); });
    option(remove, "NAME", variable_.name, "help.arg.name")->required();
    option(remove, "--folder", variable_.folder, "help.folder");
  }

  /// Files, and what of the server's definitions they are compared with.
  void with_files(CLI::App* sub) {
    option(sub, "FILE", apply_.files, "help.arg.files")->required();
    flag(sub, "--prune", apply_.prune, "help.prune");
    option(sub, "--prune-max", apply_.prune_max, "help.prune_max");
    option(sub, "--set", apply_.set, "help.set");
  }

  void add_graph() {
    CLI::App* graph =
        add("graph", "help.graph", [this](Console& c) { return print_graph(c, graph_); });
    option(graph, "FILE|WORKFLOW|RUN", graph_.target, "help.arg.graph")->required();
    option(graph, "--revision", graph_.revision, "help.revision");
    option(graph, "--workflow", graph_.workflow, "help.graph_workflow");
    const auto form = [&](const char* name, GraphForm value, Key help) {
      return graph->add_flag_callback(
          name, [this, value] { graph_.form = value; }, text(lang(), help));
    };
    CLI::Option* dot = form("--dot", GraphForm::dot, "help.graph_dot");
    CLI::Option* svg = form("--svg", GraphForm::svg, "help.graph_svg")->excludes(dot);
    form("--text", GraphForm::text, "help.graph_text")->excludes(dot)->excludes(svg);
  }

  void add_schedules() {
    CLI::App* schedule = add_noun("schedule", "help.schedule");
    CLI::App* preview = add(*schedule, "preview", "help.schedule_preview",
                            [this](Console& c) { return preview_schedule(c, preview_); });
    option(preview, "FILE|WORKFLOW", preview_.targets, "help.arg.preview_files")->required();
    option(preview, "-n,--limit", preview_.count, "help.count")->check(CLI::Range(1, 10'000));
    option(preview, "--from", preview_.from, "help.from_instant_or_day");
    option(preview, "--to", preview_.to, "help.to_instant");
    flag(preview, "--why", preview_.why, "help.preview_why");
    CLI::App* plan = add_noun("plan", "help.plan");
    CLI::App* list = add(*plan, "list", "help.plan_list",
                         [this](Console& c) { return list_plan(c, list_.date); });
    option(list, "--date", list_.date, "help.date");
  }

  void add_system() {
    CLI::App* audit = add_noun("audit", "help.audit");
    CLI::App* list = add(*audit, "list", "help.audit_list",
                         [this](Console& c) { return list_audit(c, list_.limit); });
    option(list, "-n,--limit", list_.limit, "help.limit")->check(CLI::Range(1, 100'000));
    CLI::App* verify = add(*audit, "verify", "help.audit_verify", [this](Console& c) {
      return target_.empty() ? verify_audit(c) : verify_audit_file(c, target_);
    });
    option(verify, "FILE", target_, "help.arg.audit_file");
    add_tokens();
    CLI::App* backup =
        add("backup", "help.backup", [this](Console& c) { return backup_store(c, target_); });
    option(backup, "FILE", target_, "help.arg.file")->required();
    CLI::App* restore = add("restore", "help.restore",
                            [this](Console& c) { return restore_store(c, hosts_, target_); });
    option(restore, "FILE", target_, "help.arg.file")->required();
    CLI::App* doctor = add("doctor", "help.doctor", [this](Console& c) {
      return run_doctor(c, hosts_,
                        {.wait_ready = wait_ready_,
                         .listen = server_.listen,
                         .config_problems = settings_.problems()});
    });
    option(doctor, "--wait-ready", wait_ready_, "help.wait_ready");
    CLI::App* clock = add("test-clock", "help.test_clock",
                          [this](Console& c) { return move_test_clock(c, to_, advance_); });
    CLI::Option* to = option(clock, "--to", to_, "help.clock_to");
    option(clock, "--advance", advance_, "help.clock_advance")->excludes(to);
    add("version", "help.version", [this](Console& c) { return print_version(c, hosts_); });
  }

  void add_tokens() {
    CLI::App* token = add_noun("token", "help.token");
    CLI::App* list = add(*token, "list", "help.token_list",
                         [this](Console& c) { return list_tokens(c, limit_); });
    option(list, "-n,--limit", limit_, "help.limit")->check(CLI::Range(1, 100'000));
    CLI::App* create = add(*token, "create", "help.token_create",
                           [this](Console& c) { return create_token(c, token_); });
    option(create, "NAME", token_.name, "help.arg.token_name")->required();
    option(create, "--role", token_.role, "help.role")
        ->required()
        ->check(CLI::IsMember({"viewer", "operator", "author", "admin"}));
    option(create, "--expires", token_.expires, "help.expires");
    CLI::App* revoke = add(*token, "revoke", "help.token_revoke",
                           [this](Console& c) { return revoke_token(c, target_); });
    option(revoke, "NAME|ID", target_, "help.arg.token")->required();
  }

  Globals& globals_;
  const Hosts& hosts_;
  const Settings& settings_;
  ClientOptions client_;
  BusinessDateOptions business_date_;
  CalendarOptions calendar_;
  ServerOptions server_;
  TokenOptions token_;
  AgentOptions agent_;
  StartOptions start_;
  RerunOptions rerun_;
  OperateOptions operate_;
  BulkOptions bulk_;
  ListOptions list_;
  LogsOptions logs_;
  ApplyOptions apply_;
  CheckOptions check_;
  FormatOptions format_;
  RollbackOptions rollback_;
  GraphOptions graph_;
  PreviewOptions preview_;
  VariableOptions variable_;
  std::string target_, job_, wait_ready_, to_, advance_, span_, on_;
  std::uint64_t limit_ = 1000, revision_ = 0;
};

/// What must be known before the grammar is made: --lang, --config.
std::string early_option(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word{argv[i]};
    if (word == "--" || word == "__complete") break;
    if (word.starts_with(name) && word.substr(name.size()).starts_with('=')) {
      return std::string{word.substr(name.size() + 1)};
    }
    if (word == name && i + 1 < argc) return argv[i + 1];
  }
  return {};
}

/// Commands that only read, so that --watch may repeat them.
constexpr std::string_view kWatched[] = {
    "runs",
    "get",
    "why",
    "agent list",
    "agent get",
    "plan list",
    "workflow list",
    "workflow get",
    "workflow revisions",
    "variable list",
    "variable get",
    "audit list",
    "token list",
    "differences",
    "schedule preview",
    "business-date list",
    "business-date get",
    "calendar list",
    "calendar get",
    "calendar days",
};
/// Commands that work, or help, while the configuration is broken.
constexpr std::string_view kUnconfigured[] = {"config", "doctor",     "explain",    "version",
                                              "man",    "completion", "init sample"};

bool is_among(std::span<const std::string_view> names, const CLI::App* command) {
  const std::string name = command_name(command);
  constexpr std::size_t kProgram = std::string_view{"dandori "}.size();
  return name.size() > kProgram && std::ranges::find(names, name.substr(kProgram)) != names.end();
}

/// The command or option nearest to a word that is none.
std::optional<std::string> nearest_word(const CLI::App* app, const std::string& word) {
  std::vector<std::string> known;
  for (const CLI::App* at = app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) known.push_back(option->get_name());
    for (const CLI::App* sub : at->get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(sub->get_name());
    }
  }
  return nearest(word, known);
}

int usage_error(Lang lang, CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = innermost(app);
  std::string message;
  std::string hint;
  const std::vector<std::string> extras = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !extras.empty()) {
    const std::string word = excerpt(extras.front());
    message = text(lang, "problem.unknown_command", {{"word", word}});
    if (const auto near = nearest_word(command, extras.front())) {
      hint = text(lang, "hint.did_you_mean", {{"word", *near}}) + "  ";
    }
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    std::string_view what{error.what()};
    constexpr std::string_view kEnd = " is required";
    if (what.ends_with(kEnd)) what.remove_suffix(kEnd.size());
    message = text(lang, "problem.missing", {{"what", excerpt(what)}});
  } else {
    message = text(lang, "problem.usage", {{"detail", excerpt(error.what())}});
  }
  hint += text(lang, "hint.usage", {{"command", command_name(command)}});
  fmt::print(stderr, "{}{} [cli.usage]\n  {}\n", text(lang, "problem.prefix"), message, hint);
  return kUsage;
}

/// How the program was called, so that hints can be typed as they stand.
std::string program_of(const char* name, const Globals& globals) {
  const std::string_view called{name == nullptr ? "dandori" : name};
  const bool by_path = called.contains('/');
  std::string program{by_path ? called : std::string_view{"dandori"}};
  const auto add = [&](std::string_view option, const std::string& value) {
    const bool plain = value.find_first_of(" '\"$\\*?&;|<>()") == std::string::npos;
    if (!value.empty()) program += fmt::format(" {} {}", option, plain ? value : "'" + value + "'");
  };
  add("--server", globals.server);
  add("--context", globals.context);
  add("--data", globals.data);
  return program;
}

int run_chosen(Console& console, const Command& command, const CLI::App* named) {
  const std::string name = command_name(named);
  const bool waits = name == "dandori run" || name == "dandori rerun" || name == "dandori top";
  if (!console.globals.watch || waits) return command(console);
  if (is_among(kWatched, named)) return watch(console, command);
  return report(console, Error{"cli.usage", console.text("problem.no_watch", {{"command", name}}),
                               console.text("hint.no_watch")});
}

int run_command(int argc, char** argv, const Hosts& hosts) {
  Globals globals;
  std::string config = early_option(argc, argv, "--config");
  if (config.empty()) config = process_variable("DANDORI_CONFIG").value_or("");
  Settings settings = load_settings(config, process_variable);
  std::string chosen_lang = early_option(argc, argv, "--lang");
  if (const auto set = settings.find("lang"); chosen_lang.empty() && set) chosen_lang = set->value;
  const Lang lang = choose_lang(chosen_lang);
  Commands grammar{globals, hosts, settings, lang};
  CLI::App& app = grammar.app();
  configure(app, settings);
  globals.file_server = settings.from_file("server");
  globals.file_data = settings.from_file("data");
  globals.file_token_file = settings.from_file("token_file");
  if (argc > 1 && std::string_view{argv[1]} == "__complete") {
    return complete(grammar, globals, {argv + 2, argv + argc});
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_text(innermost(app), lang));
    return kOk;
  } catch (const CLI::CallForVersion&) {
    fmt::print("dandori {}\n", hosts.version);
    return kOk;
  } catch (const CLI::ParseError& error) {
    return usage_error(lang, app, error);
  }
  if (!grammar.chosen()) {
    fmt::print(stderr, "{}", help_text(&app, lang));
    return kUsage;
  }
  const CLI::App* named = innermost(app);
  globals.program = program_of(argc > 0 ? argv[0] : nullptr, globals);
  Console console{globals};
  if (!settings.problems().empty() && !is_among(kUnconfigured, named)) {
    for (const Error& problem : settings.problems()) report(console, problem);
    return kUsage;
  }
  return run_chosen(console, grammar.chosen(), named);
}

}  // namespace

int run(int argc, char** argv, const Hosts& hosts) {
  try {
    return run_command(argc, argv, hosts);
  } catch (const std::exception& error) {
    // What no command foresaw (no memory, a library's own error): say it and end.
    fmt::print(stderr, "dandori: {}\n", error.what());
    return kInternal;
  }
}

}  // namespace dandori::cli
