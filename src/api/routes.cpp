#include "api/routes.h"

#include <openssl/crypto.h>

#include <memory>

#include "http/router.h"

namespace dandori::api {

const std::vector<Route>& routes() {
  using enum Permission;
  using Do = model::Operation;
  static const std::vector<Route> table{
      {"GET", "/livez", open, get_livez},
      {"GET", "/readyz", open, get_readyz},
      {"GET", "/api/v1/version", open, get_version},
      {"GET", "/api/v1/doctor", view, get_doctor},
      {"GET", "/api/v1/schemas/{kind}", view, get_schema},
      {"GET", "/api/v1/agents", view, get_agents},
      {"GET", "/api/v1/audit", admin, get_audit},
      {"POST", "/api/v1/backup", admin, post_backup},
      {"POST", "/api/v1/test-clock", admin, post_test_clock},
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
      {"GET", "/api/v1/variables", view, list_variables},
      {"PUT", "/api/v1/variables/{variable}", edit, put_variable},
      {"DELETE", "/api/v1/variables/{variable}", edit, delete_variable},
      {"GET", "/api/v1/plan", view, get_plan},
      {"GET", "/api/v1/events", view, get_events},
      {"GET", "/api/v1/runs", view, list_runs},
      {"POST", "/api/v1/runs", run, start_run},
      {"GET", "/api/v1/runs/{run}", view, get_run},
      {"GET", "/api/v1/runs/{run}/events", view, get_run_events},
      {"GET", "/api/v1/runs/{run}/graph", view, get_run_graph},
      {"GET", "/api/v1/runs/{run}/why", view, why_run},
      {"POST", "/api/v1/runs/{run}:cancel", operate, cancel_run},
      {"POST", "/api/v1/runs/{run}:kill", operate, kill_run},
      {"POST", "/api/v1/runs/{run}:rerun", operate, rerun_run},
      {"POST", "/api/v1/runs/{run}:confirm", operate, confirm_run},
      {"GET", "/api/v1/runs/{run}/jobs/{job}", view, get_job},
      {"GET", "/api/v1/runs/{run}/jobs/{job}/why", view, why_job},
      {"GET", "/api/v1/runs/{run}/jobs/{job}/logs", view, get_log},
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
      {"POST", "/api/v1/server:drain", admin, do_operation<Do::drain>},
      {"POST", "/api/v1/server:undrain", admin, do_operation<Do::undrain>},
      {"GET", "/api/v1/differences", view, get_differences},
      {"POST", "/api/v1/bulk", operate, post_bulk},
  };
  return table;
}

namespace {

bool same_secret(std::string_view left, std::string_view right) {
  return left.size() == right.size() && !left.empty() &&
         CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

/// Who calls. Errors: auth.missing, auth.wrong_token.
Result<model::Actor> identify(const Services& services, const http::Request& request,
                              Permission permission) {
  model::Actor actor;
  actor.channel = request.headers.value("X-Dandori-Channel") == "cli" ? model::Channel::cli
                                                                      : model::Channel::api;
  actor.address = request.peer;
  actor.request_id = request.request_id;
  actor.reason = std::string{request.headers.value("X-Dandori-Reason")};
  if (permission == Permission::open) return actor;

  const std::string_view header = request.headers.value("Authorization");
  if (header.empty()) {
    return fail("auth.missing", "the request carries no token",
                "send `Authorization: Bearer TOKEN`; the first token is in DATA/admin.token");
  }
  constexpr std::string_view kBearer = "Bearer ";
  if (!header.starts_with(kBearer) ||
      !same_secret(header.substr(kBearer.size()), services.settings.token)) {
    return fail("auth.wrong_token", "the token is not valid here",
                "use the content of DATA/admin.token of this server");
  }
  actor.name = "admin";
  return actor;
}

}  // namespace

http::Handler make_handler(Services& services) {
  auto router = std::make_shared<http::Router>();
  for (const Route& route : routes()) router->add(route.method, route.pattern);
  return [router, &services](http::Request request, http::Responder respond) {
    http::RouteMatch match = router->find(request.method, request.path);
    if (match.outcome != http::RouteOutcome::found) {
      return respond(http::no_route(match, request));
    }
    const Route& route = routes()[match.route];
    Result<model::Actor> actor = identify(services, request, route.permission);
    Call call{services, std::move(request), std::move(match.params), std::move(respond), {}};
    if (!actor) return call.fail(actor.error());
    call.actor = std::move(*actor);
    route.handle(std::move(call));
  };
}

}  // namespace dandori::api
