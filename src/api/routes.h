#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "api/call.h"

namespace dandori::api {

/// One row of the compiled route table: deny by default, so a row cannot leave out its permission.
struct Route {
  std::string_view method;
  std::string_view pattern;
  Permission permission;
  void (*handle)(Call call);
};

/// Every route there is. Nothing else is reachable.
const std::vector<Route>& routes();

/// The handler of the HTTP server: finds the route, checks the token, calls the handler.
///
/// services must outlive the server.
http::Handler make_handler(Services& services);

// Handlers, by file. Each answers once; those that change something answer after the commit.
// system.cpp
void get_livez(Call call);
void get_readyz(Call call);
void get_version(Call call);
void get_doctor(Call call);
void post_backup(Call call);
void post_test_clock(Call call);
void get_schema(Call call);
void get_agents(Call call);
void get_openapi(Call call);
// tokens.cpp
void get_session(Call call);
void post_session(Call call);
void delete_session(Call call);
void list_tokens(Call call);
void create_token(Call call);
void revoke_token(Call call);
// metrics.cpp
void get_metrics(Call call);
// lists.cpp
void get_audit(Call call);
void get_audit_line(Call call);
void list_folders(Call call);
void list_runs(Call call);
void list_workflows(Call call);
// history.cpp
void get_history(Call call);
// workflows.cpp
void get_workflow(Call call);
void list_revisions(Call call);
void list_variables(Call call);
void put_variable(Call call);
void delete_variable(Call call);
// define.cpp
void post_validate(Call call);
void post_apply(Call call);
void post_diff(Call call);
void post_lint(Call call);
void rollback_workflow(Call call);
void diff_revisions(Call call);
void lint_workflow(Call call);
// graph.cpp
void get_workflow_graph(Call call);
void get_run_graph(Call call);
// runs.cpp
void start_run(Call call);
void get_run(Call call);
void cancel_run(Call call);
void kill_run(Call call);
void kill_job(Call call);
void confirm_run(Call call);
void why_run(Call call);
void why_job(Call call);
// run_jobs.cpp
void get_job(Call call);
void list_jobs(Call call);
void get_outputs(Call call);
// operations.cpp
void rerun_run(Call call);
void rerun_job(Call call);
/// On whatever the path names: a run or its job, a workflow or a job of every run, the server.
template <model::Operation Action>
void do_operation(Call call);
void drain_server(Call call);
void undrain_server(Call call);
void run_alone(Call call);
void get_server(Call call);
void get_differences(Call call);
// bulk.cpp
void post_bulk(Call call);
// plan.cpp
void get_plan(Call call);
// schedule.cpp
void get_preview(Call call);
void get_schedule(Call call);
void why_workflow(Call call);
// calendars.cpp
void list_calendars(Call call);
void get_calendar(Call call);
void list_calendar_days(Call call);
void diff_calendars(Call call);
// business_dates.cpp
void list_business_dates(Call call);
void get_business_date(Call call);
void list_business_date_moves(Call call);
void move_business_date(Call call);
// logs.cpp, log_lines.cpp, log_stream.cpp, events.cpp
void get_log(Call call);
void get_log_lines(Call call);
void search_log(Call call);
void stream_log(Call call);
void get_events(Call call);
void get_run_events(Call call);
void list_run_events(Call call);

}  // namespace dandori::api
