#!/usr/bin/env python3
"""Starting runs: by hand, by program, by schedule; parameters and environment."""
import json
import os
import unittest

from harness import Problem, Server, run_and_report


class Starts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server("--timezone", "Asia/Tokyo"))

    def test_one_key_one_run(self):
        """The same start sent five times with one key is one run [TRG-17]"""
        self.server.apply("{name: once_only, jobs: {a: {type: noop}}}")
        answers = [self.server.api("POST", "/runs", {"workflow": "once_only"}, {"Idempotency-Key": "k1"})
                   for _ in range(5)]
        self.assertEqual(len({answer["id"] for answer in answers}), 1)
        listed = self.server.api("GET", "/runs?workflow=once_only")
        self.assertEqual(len(listed["items"]), 1)
        with self.assertRaises(Problem) as refused:
            self.server.api("POST", "/runs", {"workflow": "once_only", "force": True}, {"Idempotency-Key": "k1"})
        self.assertEqual(refused.exception.body["code"], "request.key_reused")

    def test_the_server_runs_before_jobs(self):
        """With all cores busy the server still answers at once: it alone is in the real-time class, where permitted"""
        try:
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
            permitted = {os.SCHED_RR}
        except PermissionError:
            permitted = {os.SCHED_OTHER}
        self.server.apply("{name: class_of_job, jobs: {a: {run: [grep, '^policy', /proc/self/sched]}}}")
        self.server.cli("run", "class_of_job", "--wait")
        self.assertRegex(self.server.cli("logs", "class_of_job#1/a").stdout, r"policy +: +0")
        threads = os.listdir(f"/proc/{self.server.process.pid}/task")
        self.assertGreater(len(threads), 1)
        self.assertEqual({os.sched_getscheduler(int(thread)) for thread in threads}, permitted)
        self.assertEqual(os.sched_getscheduler(self.server.agent_pid()), os.SCHED_OTHER)

    def test_start_answers_with_id(self):
        """A program starts a run with parameters and gets its id at once [TRG-19]"""
        self.server.apply("{name: by_program, params: {who: {type: string}}, jobs: {a: {run: 'true'}}}")
        status, answer = self.server.request("POST", "/api/v1/runs", {"workflow": "by_program", "params": {"who": "x"}})
        self.assertEqual(status, 202)
        self.assertEqual(answer["name"], "by_program#1")
        self.assertEqual(self.server.wait_run(answer["id"])["state"], "succeeded")
        waited = self.server.cli("run", "by_program", "-p", "who=y", "--wait")
        self.assertIn("by_program#2", waited.stdout)

    def test_parameters_are_checked_before_the_start(self):
        """A bad, missing or unknown parameter gives 422 and no run [PRM-01]"""
        self.server.apply("""
name: typed
params:
  count: {type: int}
  mode:  {type: string, enum: [fast, slow], default: fast}
jobs: {a: {type: noop}}
""")
        for params, code in [({"count": "many"}, "param.bad_type"), ({}, "param.missing"),
                             ({"count": 1, "mode": "odd"}, "param.not_allowed"), ({"count": 1, "x": 1}, "param.unknown")]:
            status, answer = self.server.request("POST", "/api/v1/runs", {"workflow": "typed", "params": params})
            self.assertEqual((status, answer["code"]), (422, code), answer)
        self.assertEqual(self.server.api("GET", "/runs?workflow=typed")["items"], [])
        self.assertEqual(self.server.cli("run", "typed", "-p", "count=many", check=6).returncode, 6)

    def test_a_process_sees_only_what_is_declared(self):
        """The environment of a process holds the declared names only [PRM-05]"""
        self.server.apply("""
name: environment
params: {ymd: {type: date, default: "2026-04-01"}}
env: {BIZ: "${{ params.ymd }}"}
jobs:
  show: {run: env, env: {EXTRA: "1"}}
""")
        run = self.server.start_run("environment")
        self.server.wait_run(run["id"])
        names = {line.split("=")[0]: line.split("=", 1)[1] for line in
                 self.server.cli("logs", "environment#1/show").stdout.splitlines() if "=" in line}
        self.assertEqual(names["BIZ"], "2026-04-01")
        self.assertEqual(names["EXTRA"], "1")
        self.assertEqual(names["DANDORI_RUN_ID"], run["id"])
        allowed = {"BIZ", "EXTRA", "PATH", "HOME", "USER", "LANG", "BIZ_YMD", "TRACEPARENT", "PWD", "SHLVL", "_", "OLDPWD"}
        self.assertEqual({n for n in names if n not in allowed and not n.startswith("DANDORI_")}, set())

    def test_outputs_flow_on(self):
        """A value that one job writes is seen by the next; too much of it fails clearly [PRM-02]"""
        self.server.apply("""
name: outputs
jobs:
  a: {run: 'echo rows=42 > "$DANDORI_OUTPUT"'}
  b: {run: 'echo "got $ROWS"', env: {ROWS: "${{ jobs.a.outputs.rows }}"}, depends_on: [a]}
  big: {run: 'head -c 70000 /dev/zero | tr "\\0" x > "$DANDORI_OUTPUT"'}
""")
        self.server.wait_run(self.server.start_run("outputs")["id"])
        self.assertIn("got 42", self.server.cli("logs", "outputs#1/b").stdout)
        big = self.server.api("GET", "/runs/outputs%231/jobs/big")
        self.assertEqual((big["state"], big["attempts"][0]["failure"]), ("failed", "output"))

    def test_order_and_parallel_branches(self):
        """B starts after A only; B and C overlap in time [FLW-01, FLW-03]"""
        flag = self.server.folder
        self.server.apply(f"""
name: branches
jobs:
  a: {{run: 'true'}}
  b: {{run: 'mkfifo {flag}/p 2>/dev/null; echo b > {flag}/p', depends_on: [a]}}
  c: {{run: 'mkfifo {flag}/p 2>/dev/null; cat {flag}/p', depends_on: [a]}}
  d: {{run: 'true', depends_on: [b, c]}}
""")
        run = self.server.wait_run(self.server.start_run("branches")["id"])
        self.assertEqual(run["state"], "succeeded")  # b and c meet at a pipe: each ends only while the other runs
        times = {job["job"]: job["attempts"][-1] for job in run["jobs"]}
        self.assertLessEqual(times["a"]["ended_at"], times["b"]["started_at"])
        self.assertLessEqual(max(times["b"]["ended_at"], times["c"]["ended_at"]), times["d"]["started_at"])

    def test_a_cycle_is_refused_with_its_place(self):
        """A cyclic file is rejected with file:line, also a missing name [FLW-14]"""
        path = self.server.folder / "cycle.yaml"
        path.write_text("name: round\njobs:\n  a: {type: noop, depends_on: [b]}\n  b: {type: noop, depends_on: [a]}\n"
                        "  c: {type: noop, depends_on: [aa]}\n")
        for command in ("validate", "apply"):
            refused = self.server.cli(command, path, check=6)
            self.assertIn("cycle.yaml:3:", refused.stderr + refused.stdout)
            self.assertIn("[spec.cycle]", refused.stderr + refused.stdout)
            self.assertIn("[spec.unknown_job]", refused.stderr + refused.stdout)


class Schedules(unittest.TestCase):
    def test_a_cron_fires_once_at_its_time(self):
        """0 20 * * * in Asia/Tokyo: preview shows it, the moved clock starts exactly one run [TRG-01]"""
        with Server("--timezone", "Asia/Tokyo", "--test-clock", "2026-11-20T03:00:00Z") as server:
            server.apply('{name: nightly, triggers: {t: {type: schedule, cron: "0 20 * * *", timezone: Asia/Tokyo}},'
                         ' jobs: {a: {run: "true"}}}')
            preview = server.cli("schedule", "preview", "nightly", "-n", "2")
            self.assertIn("2026-11-20", preview.stdout)
            self.assertIn("20:00", preview.stdout)
            server.api("POST", "/test-clock", {"to": "2026-11-20T10:59:59Z"})
            self.assertEqual(server.api("GET", "/runs?workflow=nightly")["items"], [])
            server.api("POST", "/test-clock", {"to": "2026-11-20T11:00:04Z"})
            runs = server.api("GET", "/runs?workflow=nightly")["items"]
            self.assertEqual(len(runs), 1)
            self.assertEqual((runs[0]["scheduled_for"], runs[0]["business_date"], runs[0]["origin"]),
                             ("2026-11-20T11:00:00Z", "2026-11-20", "schedule"))
            self.assertEqual(server.wait_run(runs[0]["id"])["state"], "succeeded")
            plan = server.cli("plan", "list", "--date", "2026-11-20", "-o", "json")
            self.assertEqual([row["state"] for row in json.loads(plan.stdout)["items"]], ["started"])

    def test_missed_starts_are_listed(self):
        """After downtime each policy starts what it says; the rest is listed as missed with the reason"""
        with Server("--test-clock", "2026-11-20T00:30:00Z") as server:
            for policy in ("all", "latest", "none"):
                server.apply(f'{{name: h_{policy}, overlap: {{policy: parallel, max: 9}}, triggers: {{t: {{type: schedule, '
                             f'cron: "0 * * * *", timezone: UTC, catch_up: {policy}}}}}, jobs: {{a: {{type: noop}}}}}}')
            server.stop()
            server.options[server.options.index("--test-clock") + 1] = "2026-11-20T03:15:00Z"
            server.start()
            server.api("POST", "/test-clock", {"advance": "1s"})
            counts = {policy: len(server.api("GET", f"/runs?workflow=h_{policy}")["items"])
                      for policy in ("all", "latest", "none")}
            self.assertEqual(counts, {"all": 3, "latest": 1, "none": 0})
            rows = server.api("GET", "/plan?date=2026-11-20")["items"]
            missed = [row for row in rows if row["state"] == "missed"]
            self.assertEqual({row["reason"] for row in missed}, {"catch_up"})
            self.assertEqual(len(missed), 5)

    def test_retries_follow_their_gaps(self):
        """Retries come after 2, 4 and 8 s; an exit code that is not named is not retried [SYS-08]"""
        with Server("--test-clock", "2026-11-20T00:00:00Z") as server:
            server.apply("""
name: retries
jobs:
  again: {run: exit 75, retry: [{on: ["exit:75"], max: 3, interval: 2s, backoff: 2}]}
  never: {run: exit 3, retry: [{on: ["exit:75"], max: 3, interval: 2s, backoff: 2}]}
""")
            run = server.start_run("retries")["id"]
            for attempt, gap in enumerate((2, 4, 8), 1):
                server.wait_job(run, "again", "retry_wait")
                server.api("POST", "/test-clock", {"advance": f"{gap * 1000 - 1}ms"})
                self.assertEqual(len(server.api("GET", f"/runs/{run}/jobs/again")["attempts"]), attempt)
                server.api("POST", "/test-clock", {"advance": "1ms"})
                self.assertEqual(len(server.api("GET", f"/runs/{run}/jobs/again")["attempts"]), attempt + 1)
            found = server.wait_run(run)
            attempts = {job["job"]: len(job["attempts"]) for job in found["jobs"]}
            self.assertEqual(attempts, {"again": 4, "never": 1})


if __name__ == "__main__":
    run_and_report()
