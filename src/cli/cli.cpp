#include "cli/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

/// The command line's grammar: reads into plain structs and remembers which function is meant.
class Grammar {
 public:
  Grammar(Globals& globals, const Hosts& hosts, Lang lang)
      : globals_{globals}, hosts_{hosts}, lang_{lang}, app_{text(lang, "help.about"), "dandori"} {
    label(*app_.get_formatter());
    app_.option_defaults()->group(text(lang, "help.options"));
    app_.set_help_flag("-h,--help", text(lang, "help.help"));
    app_.set_version_flag("--version", hosts.version, text(lang, "help.version"));
    app_.footer(text(lang, "help.footer"));
    app_.fallthrough();
    add_globals();
    add_hosts();
    add_runs();
    add_operations();
    add_definitions();
    add_schedules();
    add_system();
  }

  CLI::App& app() { return app_; }
  const std::function<int(Console&)>& chosen() const { return chosen_; }

 private:
  using Command = std::function<int(Console&)>;

  void label(CLI::FormatterBase& formatter) const {
    formatter.label("Usage", text(lang_, "help.usage"));
    formatter.label("OPTIONS", text(lang_, "help.OPTIONS"));
    formatter.label("SUBCOMMAND", text(lang_, "help.SUBCOMMAND"));
    formatter.label("SUBCOMMANDS", text(lang_, "help.SUBCOMMANDS"));
    formatter.label("Subcommands", text(lang_, "help.subcommands"));
    formatter.label("Positionals", text(lang_, "help.positionals"));
    formatter.label("REQUIRED", text(lang_, "help.required"));
    formatter.label("UINT", "N");
    formatter.label("INT", "N");
    formatter.column_width(34);
  }

  CLI::App* add(CLI::App& parent, const char* name, Key help, Command command) {
    CLI::App* sub = parent.add_subcommand(name, text(lang_, help));
    sub->group(text(lang_, "help.subcommands"));
    sub->set_help_flag("-h,--help", text(lang_, "help.help"));
    // A parent's callback comes after its child's: the innermost command counts.
    sub->callback([this, command = std::move(command)] {
      if (!chosen_) chosen_ = command;
    });
    return sub;
  }
  CLI::App* add(const char* name, Key help, Command command) {
    return add(app_, name, help, std::move(command));
  }
  /// A noun: its verbs are commands of their own.
  CLI::App* add_noun(const char* name, Key help) {
    CLI::App* noun = app_.add_subcommand(name, text(lang_, help));
    noun->group(text(lang_, "help.subcommands"));
    noun->set_help_flag("-h,--help", text(lang_, "help.help"));
    noun->require_subcommand(1);
    return noun;
  }
  template <class T>
  CLI::Option* option(CLI::App* sub, const char* name, T& value, Key help) {
    return sub->add_option(name, value, text(lang_, help));
  }
  void flag(CLI::App* sub, const char* name, bool& value, Key help) {
    sub->add_flag(name, value, text(lang_, help));
  }

  void add_globals() {
    option(&app_, "--server", globals_.server, "help.server_url");
    option(&app_, "--data", globals_.data, "help.data");
    option(&app_, "--token-file", globals_.token_file, "help.token_file");
    option(&app_, "-o,--output", globals_.output, "help.output")
        ->check(CLI::IsMember({"table", "wide", "json", "jsonl", "yaml", "name", "sarif"}));
    option(&app_, "--lang", globals_.lang, "help.lang")->check(CLI::IsMember({"ja", "en"}));
    option(&app_, "--tz", globals_.timezone, "help.tz");
    option(&app_, "--reason", globals_.reason, "help.reason");
    flag(&app_, "--no-color", globals_.no_color, "help.no_color");
    flag(&app_, "-y,--yes", globals_.yes, "help.yes");
    flag(&app_, "-q,--quiet", globals_.quiet, "help.quiet");
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
    CLI::App* run = add("run", "help.run", [this](Console& c) { return start_run(c, start_); });
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
    with_job(add("why", "help.why", [this](Console& c) { return show_why(c, target()); }));
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

    CLI::App* rerun =
        add("rerun", "help.rerun", [this](Console& c) { return rerun_run(c, rerun_); });
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
          name, [this, value] { graph_.form = value; }, text(lang_, help));
    };
    CLI::Option* dot = form("--dot", GraphForm::dot, "help.graph_dot");
    CLI::Option* svg = form("--svg", GraphForm::svg, "help.graph_svg")->excludes(dot);
    form("--text", GraphForm::text, "help.graph_text")->excludes(dot)->excludes(svg);
  }

  void add_schedules() {
    CLI::App* schedule = add_noun("schedule", "help.schedule");
    CLI::App* preview = add(*schedule, "preview", "help.schedule_preview",
                            [this](Console& c) { return preview_schedule(c, preview_); });
    option(preview, "FILE|WORKFLOW", preview_.target, "help.arg.preview")->required();
    option(preview, "-n,--limit", preview_.count, "help.count")->check(CLI::Range(1, 10'000));
    option(preview, "--from", preview_.from, "help.from_instant");
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
    add(*audit, "verify", "help.audit_verify", [](Console& c) { return verify_audit(c); });
    add_tokens();
    CLI::App* backup =
        add("backup", "help.backup", [this](Console& c) { return backup_store(c, target_); });
    option(backup, "FILE", target_, "help.arg.file")->required();
    CLI::App* restore = add("restore", "help.restore",
                            [this](Console& c) { return restore_store(c, hosts_, target_); });
    option(restore, "FILE", target_, "help.arg.file")->required();
    CLI::App* doctor =
        add("doctor", "help.doctor", [this](Console& c) { return run_doctor(c, wait_ready_); });
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
  const Lang lang_;
  CLI::App app_;
  Command chosen_;
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
  std::string target_, job_, wait_ready_, to_, advance_, span_;
  std::uint64_t limit_ = 1000, revision_ = 0;
};

/// --lang must be known before the texts of the grammar are made.
std::string lang_option(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word{argv[i]};
    if (word.starts_with("--lang=")) return std::string{word.substr(7)};
    if (word == "--lang" && i + 1 < argc) return argv[i + 1];
  }
  return {};
}

/// The innermost command that was named.
const CLI::App* innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

std::string command_name(const CLI::App* app) {
  std::string name = app->get_name();
  for (const CLI::App* up = app->get_parent(); up != nullptr; up = up->get_parent()) {
    name = fmt::format("{} {}", up->get_name(), name);
  }
  return name;
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
  add("--data", globals.data);
  return program;
}

int run_command(int argc, char** argv, const Hosts& hosts) {
  Globals globals;
  const Lang lang = choose_lang(lang_option(argc, argv));
  Grammar grammar{globals, hosts, lang};
  CLI::App& app = grammar.app();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", innermost(app)->help());
    return kOk;
  } catch (const CLI::CallForVersion&) {
    fmt::print("dandori {}\n", hosts.version);
    return kOk;
  } catch (const CLI::ParseError& error) {
    return usage_error(lang, app, error);
  }
  if (!grammar.chosen()) {
    fmt::print(stderr, "{}", app.help());
    return kUsage;
  }
  globals.program = program_of(argc > 0 ? argv[0] : nullptr, globals);
  Console console{globals};
  return grammar.chosen()(console);
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
