#!/usr/bin/env python3
"""What operators do by hand, through the API and the command line, against real processes."""
import json
import unittest

from harness import Problem, Server, run_and_report, until

FIVE = """
name: five
overlap: {policy: parallel, max: 50}
jobs:
  a: {run: "while [ ! -e go_a ]; do sleep 0.05; done"}
  b: {run: "test -e good_b", depends_on: [a]}
  c: {run: "echo c", depends_on: [b]}
  d: {run: "echo d", depends_on: [a]}
  e: {run: "echo e", depends_on: [d]}
"""


class Operations(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server())
        self.work = self.server.data / "agent/work"
        until(self.work.is_dir, "the agent has made its work folder")
        self.server.apply(FIVE)

    def let(self, *names: str):
        for name in names:
            (self.work / name).touch()

    def started(self, run: str = "five%231") -> str:
        """A run whose first job runs."""
        self.server.start_run("five")
        self.server.wait_job(run, "a", "running")
        return run

    def failed(self) -> str:
        """A run whose job b has failed."""
        self.let("go_a")
        self.server.start_run("five")
        self.assertEqual(self.server.wait_run("five%231")["state"], "failed")
        return "five%231"

    def jobs(self, run: str) -> dict:
        return {job["job"]: job["state"] for job in self.server.api("GET", f"/runs/{run}")["jobs"]}

    def refused(self, method: str, path: str, body=None) -> tuple:
        with self.assertRaises(Problem) as caught:
            self.server.api(method, path, body)
        return caught.exception.status, caught.exception.body["code"]

    def last_audit(self) -> dict:
        return self.server.api("GET", "/audit?limit=1")["items"][0]

    def test_hold_and_release(self):
        """A held job waits; who held it and why is recorded and shown; release lets it go [OPS-08]"""
        run = self.started()
        cli = self.server.cli
        cli("hold", "five#1/b", "--reason", "月末の確認")
        self.assertEqual(self.jobs(run)["b"], "held")
        audit = self.last_audit()
        self.assertEqual((audit["action"], audit["target"], audit["actor"]["name"], audit["actor"]["reason"]),
                         ("job.hold", "five#1/b", "admin", "月末の確認"))
        self.assertIn("月末の確認", cli("why", "five#1/b").stdout)
        self.assertIn("保留", cli("why", "five#1/b", lang="ja").stdout)
        self.let("go_a", "good_b")
        self.server.wait_job(run, "e", "succeeded")
        self.assertEqual(self.jobs(run)["b"], "held")
        listed = cli("differences").stdout
        self.assertIn("dandori release 'five#1/b'", listed)
        cli("release", "five#1/b")
        self.assertEqual(self.server.wait_run(run)["state"], "succeeded")
        self.assertEqual(self.server.api("GET", "/differences")["items"], [])

    def test_hold_survives_a_restart_of_the_server(self):
        """What was done by hand is there after the server was killed"""
        run = self.started()
        self.server.cli("hold", "five#1/b")
        self.server.cli("skip", "five/c")
        self.server.kill()
        self.let("go_a", "good_b")
        self.server.start()
        self.server.wait_job(run, "e", "succeeded")
        self.assertEqual(self.jobs(run)["b"], "held")
        self.server.cli("release", "five#1/b")
        self.assertEqual(self.server.wait_run(run)["state"], "succeeded")
        self.assertEqual(self.jobs(run)["c"], "skipped")

    def test_skip(self):
        """A skipped job is shown as skipped, and what follows runs [OPS-07]"""
        run = self.started()
        preview = self.server.api("POST", f"/runs/{run}/jobs/b:skip", {"dry_run": True})
        self.assertEqual([job["effect"] for job in preview["jobs"]], ["skip"])
        self.server.cli("skip", "five#1/b", "--plan", preview["plan_id"])
        self.let("go_a")
        self.assertEqual(self.server.wait_run(run)["state"], "succeeded")
        self.assertEqual(self.jobs(run)["b"], "skipped")

    def test_disable_and_enable(self):
        """A disabled job waits as disabled; enabled, it starts at once when what it waits for is done [OPS-06]"""
        run = self.started()
        self.server.cli("disable", "five#1/b")
        self.let("go_a", "good_b")
        self.server.wait_job(run, "e", "succeeded")
        self.assertEqual(self.jobs(run)["b"], "disabled")
        self.server.cli("enable", "five#1/b")
        self.assertEqual(self.server.wait_run(run)["state"], "succeeded")

    def test_disabled_workflow(self):
        """A disabled workflow refuses starts and says who disabled it [OPS-05]"""
        self.server.cli("disable", "five", "--reason", "release")
        self.assertEqual(self.refused("POST", "/runs", {"workflow": "five"}), (409, "workflow.disabled"))
        self.server.cli("enable", "five")
        self.server.start_run("five")

    def test_set_state(self):
        """B is set succeeded by hand with a comment; C starts; the audit has who, why, before and after [OPS-09]"""
        run = self.failed()
        self.assertEqual(self.refused("POST", f"/runs/{run}/jobs/b:set-state", {"state": "succeeded"}),
                         (422, "operation.reason_needed"))
        self.server.cli("set-state", "five#1/b", "succeeded", "--reason", "checked by hand", "--yes")
        self.assertEqual(self.server.wait_run(run)["state"], "succeeded")
        job = self.server.api("GET", f"/runs/{run}/jobs/b")
        self.assertEqual((job["state"], job["state_changed_by"], job["attempts"][0]["state"]),
                         ("succeeded", "admin", "failed"))
        audit = self.last_audit()
        self.assertEqual((audit["action"], audit["before"]["state"], audit["after"]["state"], audit["actor"]["reason"]),
                         ("job.set_state", "failed", "succeeded", "checked by hand"))

    def test_leave_running(self):
        """A state is set while the process runs: refused, or the process goes on and is only recorded [OPS-09]"""
        run = self.started()
        self.assertEqual(self.refused("POST", f"/runs/{run}/jobs/a:set-state", {"state": "succeeded", "reason": "r"}),
                         (409, "job.running"))
        preview = self.server.cli("set-state", "five#1/a", "succeeded", "--leave-running", "--dry-run").stdout
        pid = self.server.api("GET", f"/runs/{run}/jobs/a")["attempts"][0]["pid"]
        self.assertIn(f"pid {pid}", preview)
        self.let("good_b")
        self.server.cli("set-state", "five#1/a", "warning", "--leave-running", "--reason", "looked at", "--yes")
        self.server.wait_job(run, "c", "succeeded")
        self.assertEqual(self.server.api("GET", f"/runs/{run}")["state"], "running")
        self.let("go_a")
        self.assertEqual(self.server.wait_run(run)["state"], "warning")
        attempt = self.server.api("GET", f"/runs/{run}/jobs/a")["attempts"][0]
        self.assertEqual(attempt["state"], "succeeded")

    def test_outputs_missing_after_a_state_set_by_hand(self):
        """The preview names who reads what is missing; the reader says why it failed; the way named there works [OPS-09]"""
        reads = "name: reads\njobs:\n  b: {run: 'exit 1'}\n"
        reads += "  c: {run: 'test $ROWS = 7', depends_on: [b], env: {ROWS: '${{ jobs.b.outputs.rows }}'}}\n"
        self.server.apply(reads)
        self.server.start_run("reads")
        self.server.wait_run("reads%231")
        preview = self.server.cli("set-state", "reads#1/b", "succeeded", "--dry-run").stdout
        self.assertIn("rows (c)", preview)
        self.server.cli("set-state", "reads#1/b", "succeeded", "--reason", "looked at", "--yes")
        self.assertEqual(self.server.wait_run("reads%231")["state"], "failed")
        attempt = self.server.api("GET", "/runs/reads%231/jobs/c")["attempts"][0]
        self.assertIn("has no output 'rows': it was made succeeded by hand", attempt["error"])
        self.server.cli("rerun", "reads#1", "--from", "b", "--hold", "b")
        self.server.cli("skip", "reads#1/b", "--value", "rows=7")
        self.assertEqual(self.server.wait_run("reads%231")["state"], "succeeded")

    def test_suspend_and_drain(self):
        """No new jobs start while suspended or drained; running ones end; then it goes on [OPS-12]"""
        run = self.started()
        self.let("good_b")
        self.server.cli("suspend", "five#1")
        self.let("go_a")
        self.server.wait_job(run, "a", "succeeded")
        self.assertEqual(self.server.api("GET", f"/runs/{run}")["state"], "suspended")
        self.assertEqual(self.jobs(run)["b"], "held")
        self.server.cli("drain", "--yes", "--reason", "maintenance")
        self.server.cli("resume", "five#1")
        self.assertEqual(self.jobs(run)["b"], "held")
        self.assertTrue(self.server.api("GET", "/server")["draining"])
        self.server.cli("undrain")
        self.assertEqual(self.server.wait_run(run)["state"], "succeeded")

    def test_preview_of_a_drain_of_the_server(self):
        """Before maintenance: the jobs of every workflow that would start no more are named, idle or not [OPS-12]"""
        idle = self.server.cli("drain", "--dry-run").stdout
        self.assertIn("set on server: drained", idle)
        self.assertNotIn("nothing would change", idle)
        self.server.apply("name: other\njobs: {x: {run: 'true'}}\n")
        run = self.started()
        self.server.cli("suspend", "five#1")
        self.let("go_a")
        self.server.wait_job(run, "a", "succeeded")
        self.server.cli("drain", "--yes")
        self.server.cli("resume", "five#1")
        self.server.start_run("other")
        preview = self.server.api("POST", "/server:undrain", {"dry_run": True})
        self.assertEqual([(job["run"], job["job"], job["effect"]) for job in preview["jobs"]],
                         [("five#1", "b", "start"), ("five#1", "d", "start"), ("other#1", "x", "start")])
        self.assertEqual([(each["name"], each["state"]) for each in preview["runs"]],
                         [("five#1", "running"), ("other#1", "running")])
        self.assertEqual(preview["marks"], [{"target": "server", "kind": "drain", "set": False}])
        self.let("good_b")
        self.server.cli("undrain", "--plan", preview["plan_id"])
        self.assertEqual(self.server.wait_run(run)["state"], "succeeded")

    def test_one_job_alone(self):
        """One job runs outside the flow, whatever its state, and is marked [OPS-03]"""
        run = self.failed()
        alone = self.server.api("POST", f"/runs/{run}/jobs/e:run-alone")
        found = self.server.wait_run(alone["id"])
        self.assertEqual((found["state"], found["only_job"]), ("succeeded", "e"))
        self.server.cli("run", "five", "--only", "c", "--like", "five#1", "--wait")
        self.assertEqual(self.server.api("GET", f"/runs/{run}")["state"], "failed")

    def test_rerun_forms(self):
        """After the failed job; held before a job; by the newest definition [OPS-10]"""
        run = self.failed()
        self.server.cli("rerun", "five#1", "--from", "after-failed", "--wait", check=11)
        self.assertEqual(self.jobs(run)["c"], "succeeded")
        self.server.apply(FIVE.replace('"test -e good_b"', '"echo mended"'))
        self.server.cli("rerun", "five#1", "--revision", "newest", check=5)  # what was accepted must be named
        newest = ("rerun", "five#1", "--only", "b", "--revision", "newest")
        preview = json.loads(self.server.cli(*newest, "--dry-run", "-o", "json").stdout)
        self.assertEqual((preview["revision"], preview["counts"]["start"]), (2, 1))
        self.server.cli(*newest, "--hold-first")
        self.assertEqual(self.jobs(run)["b"], "held")
        self.server.cli("release", "five#1/b")
        found = self.server.wait_run(run)
        self.assertEqual((found["state"], found["revision"]), ("succeeded", 2))
        self.assertIn("mended", self.server.cli("logs", "five#1/b").stdout)

    def test_bulk(self):
        """All failed of a day are rerun in one call; the count is shown first; the list is bound to it [OPS-11]"""
        self.let("go_a")
        for number in range(1, 5):
            self.server.start_run("five")
            self.server.wait_run(f"five%23{number}")
        body = {"action": "run.rerun", "filter": {"state": ["failed"]}, "dry_run": True}
        preview = self.server.api("POST", "/bulk", body)
        self.assertEqual((preview["matched"], preview["succeeded"]), (4, 4))
        self.assertEqual({item["preview"]["counts"]["start"] for item in preview["items"]}, {1})
        self.let("good_b")
        done = self.server.api("POST", "/bulk", body | {"dry_run": False, "plan_id": preview["plan_id"]})
        self.assertEqual((done["matched"], done["succeeded"]), (4, 4))
        for number in range(1, 5):
            self.assertEqual(self.server.wait_run(f"five%23{number}")["state"], "succeeded")
        self.assertEqual(self.refused("POST", "/bulk", body | {"dry_run": False, "plan_id": preview["plan_id"]}),
                         (409, "plan.stale"))
        shown = self.server.cli("bulk", "confirm", "five#1", "five#2", "--yes", check=5)
        self.assertIn("run.nothing_to_confirm", shown.stdout)

    def test_plan_of_a_preview(self):
        """A call that quotes the plan of a preview is refused when the world has moved"""
        run = self.failed()
        plan = self.server.api("POST", f"/runs/{run}:rerun", {"dry_run": True})["plan_id"]
        self.server.cli("confirm", "five#1")
        self.assertEqual(self.refused("POST", f"/runs/{run}:rerun", {"plan_id": plan}), (409, "plan.stale"))


if __name__ == "__main__":
    run_and_report()
