#!/usr/bin/env python3
"""One operation on many: what it may mean, what it takes, and that it is done once, against real processes."""
import http.client
import threading
import unittest

from harness import Problem, Server, run_and_report, until

TWO = """
name: two
overlap: {policy: parallel, max: 50}
jobs:
  a: {run: "while [ ! -e go ]; do sleep 0.05; done"}
  b: {run: "test -e good", depends_on: [a]}
"""
OTHER = """
name: other
jobs:
  a: {run: "echo a"}
"""


class Bulk(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server())
        self.work = self.server.data / "agent/work"
        until(self.work.is_dir, "the agent has made its work folder")
        self.server.apply(TWO)

    def bulk(self, action: str, filter_: dict, **more):
        headers = {"Idempotency-Key": more.pop("key")} if "key" in more else None
        return self.server.api("POST", "/bulk", {"action": action, "filter": filter_} | more, headers)

    def refused(self, action: str, filter_: dict, **more) -> tuple:
        """Status, code and path of the problem; the whole call is refused."""
        with self.assertRaises(Problem) as caught:
            self.bulk(action, filter_, **more)
        problem = caught.exception
        return problem.status, problem.body["code"], problem.body.get("instance") or problem.body.get("path", "")

    def bad_field(self, action: str, filter_: dict, **more):
        self.assertEqual(self.refused(action, filter_, **more)[:2], (422, "request.bad_field"))

    def started(self, count: int = 1):
        for number in range(1, count + 1):
            self.server.start_run("two")
            self.server.wait_job(f"two%23{number}", "a", "running")

    def failed(self, count: int):
        (self.work / "go").touch()
        for number in range(1, count + 1):
            self.server.start_run("two")
            self.assertEqual(self.server.wait_run(f"two%23{number}")["state"], "failed")

    def test_no_name_is_never_the_server(self):
        """An operator who names nothing drains nothing: the server is drained by administrators only"""
        for name in ["", "/", "/a", "two/"]:
            for member in ["workflows", "runs", "jobs"]:
                for action in ["workflow.drain", "run.drain", "job.drain", "server.drain"]:
                    with self.subTest(name=name, member=member, action=action):
                        self.assertEqual(self.refused(action, {member: [name]})[0], 422)
        self.assertFalse(self.server.api("GET", "/server")["draining"])

    def test_what_is_named_is_what_the_action_is_of(self):
        """A forgotten job kills no run, and an action on runs takes neither workflows nor jobs [OPS-11]"""
        self.started()
        self.bad_field("job.kill", {"state": ["running"]})
        self.bad_field("job.kill", {"jobs": ["two#1"]})
        self.bad_field("job.kill", {"jobs": ["two/a"]})
        self.bad_field("run.cancel", {"state": ["running"]}, job="a")
        self.bad_field("run.cancel", {"runs": ["two#1/a"]})
        self.bad_field("run.hold", {"runs": ["two"]})
        self.bad_field("workflow.hold", {"workflows": ["two#1"]})
        self.bad_field("workflow.hold", {"workflows": ["two/a"]})
        self.bad_field("workflow.hold", {"runs": ["two#1"]})
        self.bad_field("job.hold", {"jobs": ["two#1/b"]}, job="b")
        self.assertEqual(self.server.api("GET", "/differences")["items"], [])
        self.assertEqual(self.server.api("GET", "/runs/two%231")["state"], "running")

    def test_a_job_of_named_runs(self):
        """The job beside a list of runs is held in each of them, by call and by command line [OPS-11]"""
        self.started(2)
        done = self.bulk("job.hold", {"runs": ["two#1", "two#2"]}, job="b")
        self.assertEqual([item["target"] for item in done["items"]], ["two#1/b", "two#2/b"])
        self.server.cli("bulk", "release", "two#1", "two#2", "--job", "b", "--yes")
        self.assertEqual(self.server.api("GET", "/differences")["items"], [])
        mixed = self.server.cli("bulk", "hold", "two#1", "two/b", "--yes", check=2)
        self.assertIn("two/b", mixed.stderr)
        self.assertEqual(self.server.api("GET", "/differences")["items"], [])

    def test_options_are_those_of_the_operation(self):
        """An option that the operation does not know, or of another type, is refused and not passed over"""
        self.failed(1)
        of_run = {"runs": ["two#1"]}
        self.assertEqual(self.refused("run.rerun", of_run, options={"form": "start"})[:2],
                         (422, "request.unknown_field"))
        self.assertEqual(self.refused("run.cancel", of_run, options={"from": "start"})[:2],
                         (422, "request.unknown_field"))
        self.assertEqual(self.refused("workflow.hold", {"workflows": ["two"]}, options={"until": "2099-01-01T00:00:00Z"})[:2],
                         (422, "request.unknown_field"))
        self.bad_field("run.rerun", of_run, options=["from"])
        self.bad_field("run.rerun", of_run, options={"hold_first": "yes"})
        self.bad_field("workflow.start", {"workflows": ["two"]}, options={"params": [1]})
        self.bad_field("run.rerun", of_run, limit="10")
        self.assertEqual(self.server.api("GET", "/runs/two%231")["reruns"], 0)

    def test_texts_have_a_bound(self):
        """A reason has at most 1,000 characters, in the body and in the header; what is copied for each item is small"""
        self.started()
        self.server.api("POST", "/runs/two%231:suspend", {"reason": "月" * 1000})
        long = "月" * 1001
        of_run = {"runs": ["two#1"]}
        self.bad_field("run.suspend", of_run, reason=long)
        self.bad_field("run.rerun", of_run, options={"from": "x" * 70_000})
        self.bad_field("run.suspend", {"runs": ["two#1" + "x" * 2000]})
        for path, body in [("/runs/two%231:suspend", {"reason": long}), ("/tokens", {"name": "t", "role": "viewer", "reason": long}),
                           ("/workflows:apply", {"files": [{"name": "t.yaml", "text": OTHER}], "reason": long})]:
            with self.subTest(path=path):
                status, problem = self.server.request("POST", "/api/v1" + path, body)
                self.assertEqual((status, problem["code"]), (422, "request.bad_field"))
        status, problem = self.server.request("POST", "/api/v1/runs/two%231:resume", {}, {"X-Dandori-Reason": "r" * 1001})
        self.assertEqual((status, problem["code"]), (422, "request.bad_field"))
        status, problem = self.server.request("POST", "/api/v1/runs/two%231/jobs/b:skip", {"outputs": {"n": "x" * 200_000}})
        self.assertEqual((status, problem["code"]), (422, "request.bad_field"))

    def test_once_under_a_key(self):
        """Repeated under its key a bulk call means the same items and gives the same answer, also after a restart [G11]"""
        self.failed(2)
        failed = {"state": ["failed"]}
        first = self.bulk("run.rerun", failed, key="night")
        self.assertEqual((first["matched"], first["succeeded"]), (2, 2))
        for number in (1, 2):
            self.server.wait_run(f"two%23{number}", "failed")
        self.server.start_run("two")
        self.assertEqual(self.server.wait_run("two%233")["state"], "failed")
        self.assertEqual(self.bulk("run.rerun", failed, key="night"), first)
        self.server.kill()
        self.server.start()
        self.assertEqual(self.bulk("run.rerun", failed, key="night"), first)
        reruns = [self.server.api("GET", f"/runs/two%23{number}")["reruns"] for number in (1, 2, 3)]
        self.assertEqual(reruns, [1, 1, 0])
        self.assertEqual(self.refused("run.confirm", failed, key="night")[:2], (409, "request.key_reused"))

    def test_a_refusal_is_repeated_too(self):
        """An item that was refused stays refused under the same key, though it would be taken now [G11]"""
        self.failed(1)
        named = {"runs": ["two#1", "two#2"]}
        first = self.bulk("run.confirm", named, key="k")
        self.assertEqual([item["ok"] for item in first["items"]], [True, False])
        self.server.start_run("two")
        self.assertEqual(self.server.wait_run("two%232")["state"], "failed")
        self.assertEqual(self.bulk("run.confirm", named, key="k"), first)
        self.assertFalse(self.server.api("GET", "/runs/two%232")["confirmed"])

    def test_a_call_that_is_cut_off_goes_on_under_its_key(self):
        """The server dies in the middle of a bulk call: asked again under the key, every item is done exactly once [G11]"""
        (self.work / "go").touch()
        for _ in range(20):
            self.server.start_run("two")
        for number in range(1, 21):
            self.server.wait_run(f"two%23{number}")
        caller = threading.Thread(target=self.ask_in_vain, args=("run.rerun", {"state": ["failed"]}))
        caller.start()
        until(lambda: any(run["reruns"] for run in self.server.api("GET", "/runs")["items"]), "a run has been rerun")
        self.server.kill()
        caller.join()
        self.server.start()
        done = self.bulk("run.rerun", {"state": ["failed"]}, key="cut")
        self.assertEqual((done["matched"], done["succeeded"]), (20, 20))
        self.assertEqual({run["reruns"] for run in self.server.api("GET", "/runs")["items"]}, {1})
        self.assertEqual(self.bulk("run.rerun", {"state": ["failed"]}, key="cut"), done)

    def ask_in_vain(self, action: str, filter_: dict):
        try:
            self.bulk(action, filter_, key="cut")
        except (OSError, http.client.HTTPException):
            pass

    def test_a_dry_run_keeps_nothing(self):
        """A key on a dry run is not used up, and what it showed is not shown again later"""
        self.failed(1)
        failed = {"state": ["failed"]}
        self.assertEqual(self.bulk("run.rerun", failed, key="d", dry_run=True)["matched"], 1)
        self.server.start_run("two")
        self.assertEqual(self.server.wait_run("two%232")["state"], "failed")
        self.assertEqual(self.bulk("run.rerun", failed, key="d", dry_run=True)["matched"], 2)
        self.assertEqual(self.bulk("run.rerun", failed, key="d")["succeeded"], 2)


if __name__ == "__main__":
    run_and_report()
