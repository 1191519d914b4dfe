#!/usr/bin/env python3
"""The API as its contract says: every route, who may use it, what it refuses, what it answers."""
import http.client
import json
import os
import re
import unittest
from urllib.parse import quote

os.environ["DANDORI_CHECK_CONTRACT"] = "1"
from harness import PATIENCE, Server, run_and_report, until  # noqa: E402

WORKFLOW = """
name: known
params: {n: {type: int, default: 1}}
triggers: {t: {type: schedule, cron: "0 20 * * *"}}
jobs:
  a: {run: 'echo one; echo two'}
  b: {run: exit 3, depends_on: [a]}
  c: {run: 'true', depends_on: [b]}
"""
ROLES = ["viewer", "operator", "author", "admin"]
NEEDS = {"view": "viewer", "run": "operator", "operate": "operator", "edit": "author", "admin": "admin"}


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server("--timezone", "Asia/Tokyo", "--access-log", "all"))
        cls.server.apply(WORKFLOW)
        cls.server.apply("{kind: Variable, name: colour, value: red}")
        cls.server.apply("{kind: Folder, name: sales, title: 販売}")
        cls.server.apply("{kind: Calendar, name: office, rules: [{closed: {weekdays: [sat, sun]}}]}")
        cls.server.apply("{kind: BusinessDate, name: batch, calendar: office, advance: {at: '29:00'}}")
        cls.run_id = cls.server.start_run("known")["id"]
        cls.server.wait_run(cls.run_id)
        cls.tokens = {role: cls.server.api("POST", "/tokens", {"name": f"the-{role}", "role": role})["secret"]
                      for role in ROLES}

    def path(self, path: str) -> str:
        known = {"run": "known%231", "job": "a", "workflow": "known", "kind": "Workflow", "variable": "colour",
                 "token": "the-viewer", "from": "1", "to": "1", "revision": "1", "seq": "1",
                 "calendar": "office", "business_date": "batch"}
        return re.sub(r"\{(\w+)\}", lambda name: known[name.group(1)], path)

    def bearer(self, role: str):
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def contract(self):
        self.server.api("GET", "/version")
        return self.server.contract

    def test_every_route_checks_who_calls(self):
        """Every route without token, with a wrong one, or with a role that is too weak: 401, 401, 403 [MON-12]"""
        for method, path, operation, _ in self.contract().operations():
            if operation["x-permission"] == "open":
                continue
            target = self.path(path)
            with self.subTest(f"{method} {path}"):
                for headers, wanted in (({}, (401, "auth.missing")),
                                        ({"Authorization": "Bearer wrong"}, (401, "auth.wrong_token")),
                                        ({"Authorization": "Basic eDp5"}, (401, "auth.wrong_token")),
                                        ({"Cookie": "dandori_session=a.b.c.d"}, (401, "auth.session_ended"))):
                    status, problem = self.server.request(method, target, None, headers, token=False)
                    self.assertEqual((status, problem["code"]), wanted)
                    self.assertTrue(problem["hint"] and problem["path"] and problem["request_id"])
                for weak in ROLES[:ROLES.index(NEEDS[operation["x-permission"]])]:
                    status, problem = self.server.request(method, target, None, self.bearer(weak), token=False)
                    self.assertEqual((status, problem["code"]), (403, "auth.denied"))

    def test_every_route_refuses_what_it_does_not_know(self):
        """Every route with an oversized body: 413; with an unknown field or parameter: 422 that names it"""
        large = b'{"x": "' + b"x" * (9 << 20) + b'"}'
        for method, path, operation, _ in self.contract().operations():
            target = self.path(path)
            with self.subTest(f"{method} {path}"):
                status, problem = self.server.request(method, target, None, None, large)
                self.assertEqual((status, problem["code"]), (413, "http.body_too_large"))
                status, problem = self.server.request(method, target + "?nothing=1")
                self.assertEqual((status, problem["code"], problem["path"]), (422, "request.unknown_parameter", "?nothing"))
                if "requestBody" in operation:
                    status, problem = self.server.request(method, target, {"nothing_such": 1})
                    self.assertEqual((status, problem["code"], problem["path"]),
                                     (422, "request.unknown_field", "/nothing_such"))
                    status, problem = self.server.request(method, target, None, None, b"[")
                    self.assertEqual((status, problem["code"]), (400, "json.syntax"))
                    self.assertTrue(problem["hint"] and problem["path"])

    def test_every_reading_route_answers_as_described(self):
        """Every GET of the contract answers the real server's data in the form that the contract says [DEV-01]"""
        contract = self.contract()
        for method, path, operation, parameters in contract.operations():
            kinds = [kind for one in operation["responses"].values() for kind in contract.whole(one).get("content", {})]
            if method != "GET" or "text/event-stream" in kinds:
                continue
            needed = [one for one in parameters if one["in"] == "query" and one.get("required")]
            query = "&".join(f"{one['name']}={'2026-11-20' if one['schema'].get('format') == 'date' else 1}"
                             for one in needed)
            with self.subTest(path):
                status, _ = self.server.request(method, self.path(path) + ("?" + query if query else ""))
                self.assertEqual(status, 200)
                self.assertIn((operation["operationId"], 200), contract.seen)

    def test_no_answer_may_be_kept_or_guessed(self):
        """Answers carry no-store, nosniff and the request's id; the id that came in comes back"""
        self.server.request("GET", "/api/v1/runs", headers={"X-Request-Id": "night-shift.7"})
        self.assertEqual(self.server.answered["X-Request-Id"], "night-shift.7")
        self.assertEqual(self.server.answered["Cache-Control"], "no-store")
        self.assertEqual(self.server.answered["X-Content-Type-Options"], "nosniff")
        status, problem = self.server.request("GET", "/api/v1/runs/none", headers={"X-Request-Id": "a b\tc"})
        self.assertEqual((status, problem["request_id"]), (404, self.server.answered["X-Request-Id"]))
        self.assertNotIn(" ", problem["request_id"])

    def test_requests_stand_in_the_access_log(self):
        """Each request is a line of JSON with route, status, user and request id, without its token"""
        self.server.request("GET", "/api/v1/runs/known%231/jobs/a", headers={"X-Request-Id": "look-here-1"})
        self.server.request("GET", "/api/v1/none", headers={"X-Request-Id": "look-here-2"})
        lines = [json.loads(line) for line in self.server.log_text().splitlines() if "look-here" in line]
        first, second = (next(line for line in lines if line["request_id"] == f"look-here-{n}") for n in (1, 2))
        self.assertEqual((first["route"], first["status"], first["user"]),
                         ("/api/v1/runs/{run}/jobs/{job}", "200", "admin"))
        self.assertEqual((second["status"], second["method"]), ("404", "GET"))
        self.assertNotIn(self.server.token(), self.server.log_text())
        self.assertNotIn(self.tokens["viewer"], self.server.log_text())


class Lists(unittest.TestCase):
    """What lists say beside the rows, and how they are paged."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server("--test-clock", "2026-11-20T00:00:00Z"))
        cls.server.apply("{kind: Folder, name: sales, title: 販売}")
        cls.server.apply("""
name: nightly
title: 日次締め
folder: sales
labels: {team: a}
triggers: {late: {cron: '30 22 * * *', timezone: UTC}, early: {cron: '0 2 * * *', timezone: UTC}}
jobs:
  load:   {run: 'echo rows=42 >>$DANDORI_OUTPUT'}
  check:  {run: 'exit 3', depends_on: [load], idempotent: false}
  report: {type: noop, depends_on: [check]}
""")
        cls.server.apply("{name: plain, jobs: {a: {type: noop}}}")
        cls.server.apply("{name: idle, jobs: {a: {type: noop}}}")
        cls.server.wait_run(cls.server.start_run("nightly")["id"])

    def pages(self, path, limit=1):
        """Every item, and how many pages it took."""
        items, cursor, count = [], "", 0
        while cursor is not None:
            page = self.server.api("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}&cursor={quote(cursor)}")
            items += page["items"]
            cursor = page["next_cursor"]
            count += 1
        return items, count

    def test_a_workflow_says_what_runs_and_what_comes(self):
        """The list of workflows tells labels, the newest run, active runs and the next start"""
        workflows = {one["name"]: one for one in self.server.api("GET", "/workflows")["items"]}
        nightly = workflows["nightly"]
        self.assertEqual((nightly["labels"], nightly["runs_active"], nightly["next_start"]),
                         ({"team": "a"}, 0, "2026-11-20T02:00:00Z"))
        self.assertEqual((nightly["last_run"]["name"], nightly["last_run"]["state"]), ("nightly#1", "failed"))
        idle = workflows["idle"]
        self.assertEqual((idle["labels"], idle["last_run"], idle["next_start"]), ({}, None, None))
        for until_, next_start in (("2026-11-20T12:00:00Z", "2026-11-20T22:30:00Z"), (None, None)):
            self.server.api("POST", "/workflows/nightly:disable", {"until": until_} if until_ else {})
            again = self.server.api("GET", "/workflows?text=nightly")["items"][0]
            self.assertEqual((again["disabled"], again["next_start"]), (True, next_start))
            self.server.api("POST", "/workflows/nightly:enable", {})

    def test_a_run_says_where_it_belongs_and_what_was_done_to_it(self):
        """Runs carry title and folder of their workflow, and whether an operator holds or suspended them"""
        self.server.api("POST", "/workflows/plain:hold", {})
        run = self.server.start_run("plain")["id"]
        self.server.api("POST", "/workflows/plain:release", {"dry_run": True})
        self.server.api("POST", f"/runs/{run}:hold", {})
        runs = {one["name"]: one for one in self.server.api("GET", "/runs")["items"]}
        self.assertEqual((runs["nightly#1"]["title"], runs["nightly#1"]["folder"]), ("日次締め", "sales"))
        self.assertEqual((runs["nightly#1"]["held"], runs["nightly#1"]["suspended"]), (False, False))
        self.assertTrue(runs["plain#1"]["held"])
        self.assertTrue(self.server.api("GET", f"/runs/{run}")["held"])
        plain = self.server.api("GET", "/workflows?text=plain")["items"][0]
        self.assertEqual((plain["runs_active"], plain["last_run"]["name"]), (1, "plain#1"))
        self.server.api("POST", f"/runs/{run}:release", {})
        self.server.api("POST", "/workflows/plain:release", {})
        self.server.wait_run(run)

    def test_jobs_page_by_page(self):
        """The jobs of a run come page by page in the order of the definition, all or by state; so do outputs"""
        detail = self.server.api("GET", "/runs/nightly%231")
        self.assertEqual((detail["jobs_count"], detail["counts"]), (3, {"succeeded": 1, "failed": 1, "not_run": 1}))
        jobs, pages = self.pages("/runs/nightly%231/jobs")
        self.assertEqual((jobs, pages), (detail["jobs"], 3))
        self.assertEqual([job["idempotent"] for job in jobs], [True, False, True])
        failed = self.server.api("GET", "/runs/nightly%231/jobs?state=failed,killed")["items"]
        self.assertEqual([job["job"] for job in failed], ["check"])
        outputs = self.server.api("GET", "/runs/nightly%231/outputs")
        self.assertEqual(outputs, {"items": [{"job": "load", "attempt": 1, "outputs": {"rows": "42"}}], "next_cursor": None})

    def test_the_days_of_a_workflow(self):
        """The history of a workflow: a line a day by business date, runs by state, the worst, usual durations"""
        self.server.apply("""
name: daily
params: {exit: {type: int, default: 0}}
jobs: {a: {run: 'exit "$CODE"', env: {CODE: '${{ params.exit }}'}}}
""")
        for fields in ({}, {}, {"params": {"exit": 3}}, {"business_date": "2026-11-18"}):
            self.server.wait_run(self.server.start_run("daily", **fields)["id"])
        self.server.start_run("daily", business_date="2026-10-01")  # no day of the window
        days = self.server.api("GET", "/workflows/daily/history?days=3")
        took = [(day.pop("duration_p50"), day.pop("duration_p90")) for day in days["items"]]
        self.assertEqual(days["items"], [
            {"date": "2026-11-18", "runs": 1, "worst": "succeeded", "counts": {"succeeded": 1}},
            {"date": "2026-11-19", "runs": 0, "worst": None, "counts": {}},
            {"date": "2026-11-20", "runs": 3, "worst": "failed", "counts": {"failed": 1, "succeeded": 2}}])
        self.assertEqual(took[1], (None, None))
        self.assertTrue(all(took[0] + took[2]), took)
        earlier = self.server.api("GET", "/workflows/daily/history?days=1&until=2026-11-18")["items"]
        self.assertEqual([(day["date"], day["runs"]) for day in earlier], [("2026-11-18", 1)])
        for bad in ("days=0", "days=401", "until=tomorrow"):
            self.assertEqual(self.server.request("GET", f"/api/v1/workflows/daily/history?{bad}")[0], 422, bad)
        self.assertEqual(self.server.request("GET", "/api/v1/workflows/none/history")[0], 404)

    def test_long_lists_have_pages(self):
        """Variables, revisions, agents, the plan and the audit log: every item once, whatever the page's size"""
        for number in range(3):
            self.server.api("PUT", f"/variables/v{number}", {"value": number, "folder": "" if number else "sales/night"})
            self.server.apply(f"{{name: plain, jobs: {{a: {{type: noop, title: 't{number}'}}}}}}")
        for path, count in (("/variables", 3), ("/workflows/plain/revisions", 4), ("/agents", 1), ("/plan", 2)):
            with self.subTest(path):
                whole = self.server.api("GET", path)["items"]
                self.assertEqual(len(whole), count)
                self.assertEqual(self.pages(path), (whole, count))
        self.assertEqual([one["revision"] for one in self.server.api("GET", "/workflows/plain/revisions")["items"]], [4, 3, 2, 1])
        newest = self.server.api("GET", "/audit?limit=1")["items"][0]
        self.assertEqual(self.server.api("GET", f"/audit/{newest['seq']}"), newest)


class Tokens(unittest.TestCase):
    def test_a_token_is_shown_once_scoped_expiring_and_revoked_at_once(self):
        """A token: secret shown once, stored hashed, by role, expiring, last use noted, revoked at once, audited [MON-12]"""
        with Server("--test-clock", "2026-11-20T00:00:00Z") as server:
            made = server.cli("token", "create", "ci", "--role", "viewer", "--expires", "1h", "--reason", "for the build")
            secret = made.stdout.strip()
            self.assertTrue(secret.startswith("dandori_") and "once" in made.stderr)
            mine = {"Authorization": f"Bearer {secret}"}
            self.assertEqual(server.request("GET", "/api/v1/runs", headers=mine, token=False)[0], 200)
            self.assertEqual(server.request("POST", "/api/v1/runs", {"workflow": "x"}, mine, token=False)[0], 403)
            until(lambda: server.api("GET", "/tokens")["items"][0]["last_used_at"], "the use of the token is noted")
            listed = server.api("GET", "/tokens")["items"][0]
            self.assertEqual((listed["name"], listed["role"], listed["expires_at"]), ("ci", "viewer", "2026-11-20T01:00:00Z"))
            self.assertEqual(listed["last_used_at"], "2026-11-20T00:00:00Z")
            self.assertIn("ci", server.cli("token", "list").stdout)
            for path in server.data.rglob("*"):  # neither secret is in the store, the log or any other file
                if path.is_file():
                    self.assertNotIn(secret.encode(), path.read_bytes(), path)
            self.assertEqual(server.request("POST", "/api/v1/tokens", {"name": "ci", "role": "admin"})[0], 409)

            server.api("POST", "/test-clock", {"advance": "1h"})
            self.assertEqual(server.request("GET", "/api/v1/runs", headers=mine, token=False)[0], 401)

            other = {"Authorization": "Bearer " + server.api("POST", "/tokens", {"name": "ci", "role": "operator"})["secret"]}
            self.assertEqual(server.request("GET", "/api/v1/runs", headers=other, token=False)[0], 200)
            server.kill()
            server.options[1] = "2026-11-20T01:00:00Z"
            server.start()  # tokens survive
            self.assertEqual(server.request("GET", "/api/v1/session", headers=other, token=False)[1]["permissions"],
                             ["view", "run", "operate"])
            server.cli("token", "revoke", "ci")
            self.assertEqual(server.request("GET", "/api/v1/runs", headers=other, token=False)[0], 401)
            lines = server.api("GET", "/audit")["items"]
            self.assertEqual([(line["action"], line["target"]) for line in reversed(lines)],
                             [("token.create", "ci"), ("token.create", "ci"), ("token.revoke", "ci")])
            self.assertEqual(lines[-1]["actor"]["reason"], "for the build")
            self.assertNotIn(secret, json.dumps(lines))

    def test_who_acted_is_the_token_that_was_used(self):
        """A run started under a token shows that token's name as its actor, in run and audit [MON-12]"""
        with Server() as server:
            server.apply("{name: one, jobs: {a: {type: noop}}}")
            mine = {"Authorization": "Bearer " + server.api("POST", "/tokens", {"name": "yamada", "role": "operator"})["secret"]}
            status, run = server.request("POST", "/api/v1/runs", {"workflow": "one"}, mine, token=False)
            self.assertEqual(status, 202)
            self.assertEqual(server.api("GET", f"/runs/{run['id']}")["actor"], "yamada")
            self.assertEqual(server.api("GET", "/audit?limit=1")["items"][0]["actor"]["name"], "yamada")


class Sessions(unittest.TestCase):
    def sign_in(self, server: Server, token: str):
        """(cookie header, csrf) of a browser."""
        status, session = server.request("POST", "/api/v1/session", {"token": token}, token=False)
        self.assertEqual(status, 200, session)
        cookie = server.answered["Set-Cookie"]
        for wanted in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"):
            self.assertIn(wanted, cookie)
        return {"Cookie": cookie.split(";")[0]}, session

    def test_a_browser_signs_in_by_token_and_stays_in_over_a_restart(self):
        """Sign-in sets a cookie that reads; writes need the CSRF header; it survives a restart and ends with sign-out"""
        with Server() as server:
            server.apply("{name: one, jobs: {a: {type: noop}}}")
            cookie, session = self.sign_in(server, server.token())
            self.assertEqual((session["name"], session["role"], session["channel"]), ("admin", "admin", "ui"))
            self.assertEqual(server.request("GET", "/api/v1/runs", headers=cookie, token=False)[0], 200)
            start = ("POST", "/api/v1/runs", {"workflow": "one"})
            for csrf in ({}, {"X-Dandori-CSRF": "0" * 64}):
                status, problem = server.request(*start, cookie | csrf, token=False)
                self.assertEqual((status, problem["code"]), (403, "auth.csrf"))
            write = cookie | {"X-Dandori-CSRF": session["csrf"]}
            self.assertEqual(server.request(*start, write, token=False)[0], 202)
            self.assertEqual(server.api("GET", "/audit?limit=1")["items"][0]["actor"]["channel"], "ui")

            server.kill()
            server.start()
            status, again = server.request("GET", "/api/v1/session", headers=cookie, token=False)
            self.assertEqual((status, again["csrf"]), (200, session["csrf"]))
            self.assertEqual(server.request("DELETE", "/api/v1/session", headers=write, token=False)[0], 204)
            self.assertIn("Max-Age=0", server.answered["Set-Cookie"])
            for _ in range(2):
                status, problem = server.request("GET", "/api/v1/runs", headers=cookie, token=False)
                self.assertEqual((status, problem["code"]), (401, "auth.session_ended"))
                server.kill()  # what was signed out stays out
                server.start()

    def test_a_session_ends_with_its_token_and_with_time(self):
        """Revoking a token ends the sessions begun with it; use renews a session, twelve hours without end it"""
        with Server("--test-clock", "2026-11-20T00:00:00Z") as server:
            secret = server.api("POST", "/tokens", {"name": "yamada", "role": "operator"})["secret"]
            cookie, session = self.sign_in(server, secret)
            self.assertEqual((session["name"], session["expires_at"]), ("yamada", "2026-11-20T12:00:00Z"))
            server.api("POST", "/test-clock", {"advance": "7h"})
            renewed = server.request("GET", "/api/v1/session", headers=cookie, token=False)[1]
            self.assertEqual(renewed["expires_at"], "2026-11-20T19:00:00Z")
            cookie = {"Cookie": server.answered["Set-Cookie"].split(";")[0]}
            server.api("POST", "/test-clock", {"advance": "11h"})
            self.assertEqual(server.request("GET", "/api/v1/runs", headers=cookie, token=False)[0], 200)
            server.api("DELETE", "/tokens/yamada")
            self.assertEqual(server.request("GET", "/api/v1/runs", headers=cookie, token=False)[0], 401)
            cookie, _ = self.sign_in(server, server.token())
            server.api("POST", "/test-clock", {"advance": "12h"})
            self.assertEqual(server.request("GET", "/api/v1/runs", headers=cookie, token=False)[0], 401)

    def test_guessing_is_slowed_down(self):
        """After ten wrong tokens in a minute an address gets 429 with Retry-After; the right one is taken at any time"""
        with Server("--test-clock", "2026-11-20T00:00:00Z") as server:
            for _ in range(10):
                self.assertEqual(server.request("POST", "/api/v1/session", {"token": "guess"}, token=False)[0], 401)
            for _ in range(2):  # who shares the address gets in, and takes nothing off the count
                status, problem = server.request("POST", "/api/v1/session", {"token": "guess"}, token=False)
                self.assertEqual((status, problem["code"]), (429, "auth.too_many_attempts"))
                self.sign_in(server, server.token())
            status, problem = server.request("POST", "/api/v1/session", {"token": "guess"}, token=False)
            self.assertEqual((status, problem["code"]), (429, "auth.too_many_attempts"))
            self.assertLessEqual(1, int(server.answered["Retry-After"]))
            self.assertLessEqual(int(server.answered["Retry-After"]), 61)
            server.api("POST", "/test-clock", {"advance": "1m"})
            self.assertEqual(server.request("POST", "/api/v1/session", {"token": "guess"}, token=False)[0], 401)

    def test_a_stream_ends_with_the_right_to_read(self):
        """Events and a log that are followed end when the token is revoked, when it expires, and at sign-out"""
        with Server("--test-clock", "2026-11-20T00:00:00Z") as server:
            server.apply("{name: waits, jobs: {a: {run: 'echo begun; while [ ! -e go ]; do sleep 0.05; done'}}}")
            server.start_run("waits")
            server.wait_job("waits%231", "a", "running")
            paths = ["/events", "/runs/waits%231/events", "/runs/waits%231/jobs/a/logs?follow=1",
                     "/runs/waits%231/jobs/a/logs/stream"]

            def opened(headers):
                answers = []
                for path in paths:
                    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
                    connection.request("GET", "/api/v1" + path, headers=headers)
                    answers.append(connection.getresponse())
                    self.assertEqual(answers[-1].status, 200)
                return answers

            def secret(name, **more):
                return server.api("POST", "/tokens", {"name": name, "role": "viewer"} | more)["secret"]

            revoked = opened({"Authorization": f"Bearer {secret('leaves')}"})
            expired = opened({"Authorization": f"Bearer {secret('guest', expires_in='1h')}"})
            cookie, session = self.sign_in(server, secret("browser"))
            signed_out = opened(cookie)
            stays = opened({"Authorization": f"Bearer {server.token()}"})
            server.api("DELETE", "/tokens/leaves")
            server.api("POST", "/test-clock", {"advance": "1h"})
            server.request("DELETE", "/api/v1/session", headers=cookie | {"X-Dandori-CSRF": session["csrf"]}, token=False)
            for answer in revoked + expired + signed_out:
                with self.assertRaises(http.client.IncompleteRead):
                    answer.read()
            (server.data / "agent/work/go").touch()
            self.assertTrue(stays[2].read().startswith(b"begun"))


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())

    def get(self, path: str, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def test_pages_load_nothing_from_elsewhere(self):
        """The UI and the API's description come from the server alone, under a policy that allows nothing else [SYS-07]"""
        for path in ("/", "/runs", "/api"):
            page, body = self.get(path, Accept="text/html")
            self.assertEqual((page.status, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
            policy = page.headers["Content-Security-Policy"]
            self.assertIn("default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:", policy)
            self.assertNotIn("script-src", policy)
            for link in re.findall(r'(?:src|href)="([^"]+)"', body.decode()):
                self.assertRegex(link, r"^(/|data:)", f"{path} refers to {link}")
                if not link.startswith(("data:", "/api/v1")) and link != "/":
                    self.assertEqual(self.get(link)[0].status, 200, link)
            self.assertNotRegex(body.decode(), r"<script(?![^>]*\bsrc=)|\son\w+=|javascript:")

    def test_files_are_sent_small_and_not_twice(self):
        """A script goes out in brotli or gzip, and not again to who has it"""
        sizes = {}
        for coding in ("br", "gzip", "identity"):
            answer, body = self.get("/api/browser.js", Accept_Encoding=coding)
            self.assertEqual(answer.headers.get("Content-Encoding", "identity"), coding)
            sizes[coding] = len(body)
        self.assertLess(sizes["br"], sizes["gzip"])
        self.assertLess(sizes["gzip"], sizes["identity"])
        etag = answer.headers["ETag"]
        again, body = self.get("/api/browser.js", If_None_Match=etag)
        self.assertEqual((again.status, body), (304, b""))

    def test_what_is_missing_is_a_problem(self):
        """Outside the UI's places nothing is made up: unknown paths of API and files are 404 problems"""
        for path in ("/api/v1/nothing", "/api/v2/runs", "/assets/nothing.js"):
            answer, body = self.get(path, Accept="text/html")
            self.assertEqual((answer.status, json.loads(body)["code"]), (404, "http.no_route"))
        self.assertEqual(self.get("/runs")[0].status, 404)  # a program that asks for no page


if __name__ == "__main__":
    run_and_report()
