#include "api/routes.h"

#include <memory>

#include "api/contract.h"
#include "api/pages.h"
#include "http/router.h"

namespace dandori::api {

const std::vector<Route>& routes() {
  using enum Permission;
  using Do = model::Operation;
  static const std::vector<Route> table{
      {"GET", "/livez", open, get_livez},
      {"GET", "/readyz", open, get_readyz},
      {"GET", "/metrics", view, get_metrics},
      {"GET", "/api/v1/version", open, get_version},
      {"GET", "/api/v1/doctor", view, get_doctor},
      {"GET", "/api/v1/schemas/{kind}", view, get_schema},
      {"GET", "/api/v1/agents", view, get_agents},
      {"GET", "/api/v1/openapi.json", open, get_openapi},
      {"GET", "/api/v1/session", view, get_session},
      {"POST", "/api/v1/session", open, post_session},
      {"DELETE", "/api/v1/session", view, delete_session},
      {"GET", "/api/v1/tokens", admin, list_tokens},
      {"POST", "/api/v1/tokens", admin, create_token},
      {"DELETE", "/api/v1/tokens/{token}", admin, revoke_token},
      {"GET", "/api/v1/audit", admin, get_audit},
      {"GET", "/api/v1/audit/{seq}", admin, get_audit_line},
      {"POST", "/api/v1/backup", admin, post_backup},
      {"POST", "/api/v1/test-clock", admin, post_test_clock},
      {"GET", "/api/v1/folders", view, list_folders},
      {"GET", "/api/v1/workflows", view, list_workflows},
      {"POST", "/api/v1/workflows:apply", edit, post_apply},
      {"POST", "/api/v1/workflows:validate", view, post_validate},
      {"POST", "/api/v1/workflows:diff", view, post_diff},
      {"POST", "/api/v1/workflows:lint", view, post_lint},
      {"GET", "/api/v1/workflows/{workflow}", view, get_workflow},
      {"POST", "/api/v1/workflows/{workflow}:rollback", edit, rollback_workflow},
      {"GET", "/api/v1/workflows/{workflow}/revisions", view, list_revisions},
      {"GET", "/api/v1/workflows/{workflow}/revisions/{from}/diff/{to}", view, diff_revisions},
      {"GET", "/api/v1/workflows/{workflow}/graph", view, get_workflow_graph},
      {"GET", "/api/v1/workflows/{workflow}/lint", view, lint_workflow},
      {"GET", "/api/v1/workflows/{workflow}/preview", view, get_preview},
      {"GET", "/api/v1/workflows/{workflow}/schedule", view, get_schedule},
      {"GET", "/api/v1/workflows/{workflow}/why", view, why_workflow},
      {"GET", "/api/v1/workflows/{workflow}/history", view, get_history},
      {"GET", "/api/v1/calendars", view, list_calendars},
      {"POST", "/api/v1/calendars:diff", view, diff_calendars},
      {"GET", "/api/v1/calendars/{calendar}", view, get_calendar},
      {"GET", "/api/v1/calendars/{calendar}/days", view, list_calendar_days},
      {"GET", "/api/v1/business-dates", view, list_business_dates},
      {"GET", "/api/v1/business-dates/{business_date}", view, get_business_date},
      {"GET", "/api/v1/business-dates/{business_date}/moves", view, list_business_date_moves},
      {"POST", "/api/v1/business-dates/{business_date}:move", operate, move_business_date},
      {"GET", "/api/v1/variables", view, list_variables},
      {"PUT", "/api/v1/variables/{variable}", edit, put_variable},
      {"DELETE", "/api/v1/variables/{variable}", edit, delete_variable},
      {"GET", "/api/v1/plan", view, get_plan},
      {"GET", "/api/v1/events", view, get_events},
      {"GET", "/api/v1/runs", view, list_runs},
      {"POST", "/api/v1/runs", run, start_run},
      {"GET", "/api/v1/runs/{run}", view, get_run},
      {"GET", "/api/v1/runs/{run}/jobs", view, list_jobs},
      {"GET", "/api/v1/runs/{run}/outputs", view, get_outputs},
      {"GET", "/api/v1/runs/{run}/events", view, get_run_events},
      {"GET", "/api/v1/runs/{run}/journal", view, list_run_events},
      {"GET", "/api/v1/runs/{run}/graph", view, get_run_graph},
      {"GET", "/api/v1/runs/{run}/why", view, why_run},
      {"POST", "/api/v1/runs/{run}:cancel", operate, cancel_run},
      {"POST", "/api/v1/runs/{run}:kill", operate, kill_run},
      {"POST", "/api/v1/runs/{run}:rerun", operate, rerun_run},
      {"POST", "/api/v1/runs/{run}:confirm", operate, confirm_run},
      {"GET", "/api/v1/runs/{run}/jobs/{job}", view, get_job},
      {"GET", "/api/v1/runs/{run}/jobs/{job}/why", view, why_job},
      {"GET", "/api/v1/runs/{run}/jobs/{job}/logs", view, get_log},
      {"GET", "/api/v1/runs/{run}/jobs/{job}/logs/lines", view, get_log_lines},
      {"GET", "/api/v1/runs/{run}/jobs/{job}/logs/search", view, search_log},
      {"GET", "/api/v1/runs/{run}/jobs/{job}/logs/stream", view, stream_log},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:kill", operate, kill_job},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:rerun", operate, rerun_job},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:hold", operate, do_operation<Do::hold>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:release", operate, do_operation<Do::release>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:skip", operate, do_operation<Do::skip>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:unskip", operate, do_operation<Do::unskip>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:disable", operate, do_operation<Do::disable>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:enable", operate, do_operation<Do::enable>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:force", operate, do_operation<Do::force>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:set-state", operate, do_operation<Do::set_state>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:confirm", operate, do_operation<Do::confirm>},
      {"POST", "/api/v1/runs/{run}/jobs/{job}:run-alone", operate, run_alone},
      {"POST", "/api/v1/runs/{run}:hold", operate, do_operation<Do::hold>},
      {"POST", "/api/v1/runs/{run}:release", operate, do_operation<Do::release>},
      {"POST", "/api/v1/runs/{run}:force", operate, do_operation<Do::force>},
      {"POST", "/api/v1/runs/{run}:suspend", operate, do_operation<Do::suspend>},
      {"POST", "/api/v1/runs/{run}:resume", operate, do_operation<Do::resume>},
      {"POST", "/api/v1/workflows/{workflow}:hold", operate, do_operation<Do::hold>},
      {"POST", "/api/v1/workflows/{workflow}:release", operate, do_operation<Do::release>},
      {"POST", "/api/v1/workflows/{workflow}:disable", operate, do_operation<Do::disable>},
      {"POST", "/api/v1/workflows/{workflow}:enable", operate, do_operation<Do::enable>},
      {"POST", "/api/v1/workflows/{workflow}:drain", operate, do_operation<Do::drain>},
      {"POST", "/api/v1/workflows/{workflow}:undrain", operate, do_operation<Do::undrain>},
      {"POST", "/api/v1/workflows/{workflow}/jobs/{job}:hold", operate, do_operation<Do::hold>},
      {"POST", "/api/v1/workflows/{workflow}/jobs/{job}:release", operate,
       do_operation<Do::release>},
      {"POST", "/api/v1/workflows/{workflow}/jobs/{job}:skip", operate, do_operation<Do::skip>},
      {"POST", "/api/v1/workflows/{workflow}/jobs/{job}:unskip", operate, do_operation<Do::unskip>},
      {"POST", "/api/v1/workflows/{workflow}/jobs/{job}:disable", operate,
       do_operation<Do::disable>},
      {"POST", "/api/v1/workflows/{workflow}/jobs/{job}:enable", operate, do_operation<Do::enable>},
      {"GET", "/api/v1/server", view, get_server},
      {"POST", "/api/v1/server:drain", admin, drain_server},
      {"POST", "/api/v1/server:undrain", admin, undrain_server},
      {"GET", "/api/v1/differences", view, get_differences},
      {"POST", "/api/v1/bulk", operate, post_bulk},
  };
  return table;
}

http::Handler make_handler(Services& services) {
  auto router = std::make_shared<http::Router>();
  std::vector<std::vector<std::string>> known;  // query parameters, by route
  for (const Route& route : routes()) {
    router->add(route.method, route.pattern);
    known.push_back(query_names(route.method, route.pattern));
  }
  auto access = std::make_shared<Access>(services);
  return [router, access, &services, known = std::move(known)](http::Request request,
                                                               http::Responder respond) {
    http::RouteMatch match = router->find(request.method, request.path);
    if (match.outcome != http::RouteOutcome::found) {
      if (is_page(match, request)) return respond(page_answer(request));
      return respond(http::no_route(match, request));
    }
    const Route& route = routes()[match.route];
    Result<Caller> caller = access->identify(request, route.permission);
    Call call{services,
              *access,
              std::move(request),
              std::move(match.params),
              Reply{std::move(respond), route.pattern},
              {}};
    if (!caller) return call.fail(caller.error());
    call.respond.set_user(caller->actor.name);
    call.caller = std::move(*caller);
    const Result<void> parameters = check_parameters(call.request, known[match.route]);
    if (!parameters) return call.fail(parameters.error());
    route.handle(std::move(call));
  };
}

}  // namespace dandori::api
