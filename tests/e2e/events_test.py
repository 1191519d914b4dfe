#!/usr/bin/env python3
"""Events of the journal as they reach clients: resume, topics, reset, slow clients, many clients."""
import http.client
import json
import socket
import subprocess
import sys
import unittest

from harness import PATIENCE, ROOT, Problem, Server, run_and_report, until


class Stream:
    """One stream of events: (id, event, data)."""

    def __init__(self, server, path, last_id=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {server.token()}"} | ({"Last-Event-ID": last_id} if last_id else {})
        self.connection.request("GET", "/api/v1" + path, headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()

    def __iter__(self):
        event = {}
        for line in self.answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if line == b"\n":
                if "data" in event:
                    yield event.get("id"), event.get("event"), json.loads(event["data"])
                event = {}
            elif name:
                event[name] = value

    def until(self, kind):
        """All events up to the first of that kind."""
        found = []
        for one in self:
            found.append(one)
            if one[1] == kind:
                return found
        raise AssertionError(f"the stream ended before {kind}: {found[-3:]}")

    def close(self):
        self.connection.close()


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.server.apply("{name: one, jobs: {a: {type: noop}}}")
        cls.server.apply("{name: two, jobs: {a: {run: 'true'}}}")

    def run_one(self, workflow="one"):
        run = self.server.start_run(workflow)["id"]
        self.server.wait_run(run)
        return run

    def test_a_stream_begins_now_and_resumes_where_it_was_left(self):
        """Without a position a stream begins now; by Last-Event-ID it goes on without a lost or doubled event"""
        self.run_one()
        stream = Stream(self.server, "/events")
        first = next(iter(stream))
        self.assertEqual(first[1], "ready")
        run = self.run_one()
        seen = stream.until("run.ended")
        stream.close()
        self.assertEqual({data["run"] for _, _, data in seen}, {run})
        self.assertEqual(seen[0][1], "run.created")
        self.assertEqual(seen[0][2]["workflow"], "one")
        middle = seen[1]
        again = Stream(self.server, "/events", middle[0])
        self.assertEqual(again.until("run.ended"), seen[2:])
        again.close()

    def test_the_journal_of_a_run_page_by_page(self):
        """What happened in a run can be read page by page, and followed from its snapshot on"""
        run = self.run_one("two")
        lines, cursor = [], ""
        while cursor is not None:
            page = self.server.api("GET", f"/runs/{run}/journal?limit=2&cursor={cursor}")
            lines += page["items"]
            cursor = page["next_cursor"]
        stream = Stream(self.server, f"/runs/{run}/events")
        self.assertEqual(lines, [data for _, _, data in stream.until("run.ended")])
        stream.close()
        self.assertGreater(len(lines), 3)
        self.assertEqual(self.server.api("GET", f"/runs/{run}")["journal_seq"], lines[-1]["seq"])

    def test_topics(self):
        """Topics choose by run, workflow and kind; an unknown one is refused with the known ones"""
        begin = self.server.api("GET", "/doctor")["journal_seq"]
        runs = [self.run_one("one"), self.run_one("two")]
        self.server.apply("{name: two, jobs: {a: {run: 'true', title: new}}}")

        def kinds(topics, until="run.ended"):
            stream = Stream(self.server, f"/events?after={begin}&topics={topics}")
            found = stream.until(until)
            stream.close()
            return [(kind, data["run"]) for _, kind, data in found]

        self.assertEqual({run for _, run in kinds(f"run:{runs[1]}")}, {runs[1]})
        self.assertEqual({run for _, run in kinds("workflow:two", "workflow.applied")}, {runs[1], None})
        self.assertTrue(all(kind.startswith("run.") for kind, _ in kinds("runs")))
        self.assertEqual(kinds("workflows", "workflow.applied"), [("workflow.applied", None)])
        for topics, status in [("nonsense", 422), ("run:one%2399", 404), ("run:0192f0c4-a1b2-7c3d-8e4f-001122334455", 404)]:
            with self.assertRaises(Problem) as refused:
                self.server.api("GET", f"/events?topics={topics}")
            self.assertEqual(refused.exception.status, status)

    def test_an_unknown_position_is_reset(self):
        """A position that never was here (a restored backup) gives reset, with the position to go on from"""
        last = self.server.api("GET", "/doctor")["journal_seq"]
        stream = Stream(self.server, "/events", str(last + 1000))
        ident, event, data = next(iter(stream))
        self.assertEqual((event, data["reason"], ident), ("reset", "unknown", str(last)))
        self.run_one()
        self.assertEqual(stream.until("run.created")[0][2]["seq"], last + 1)
        stream.close()

    def test_an_unknown_position_in_a_run_is_reset(self):
        """So it is for who follows one run: the run is read anew, and goes on from the position told"""
        run = self.run_one()
        last = self.server.api("GET", "/doctor")["journal_seq"]
        stream = Stream(self.server, f"/runs/{run}/events", str(last + 1000))
        ident, event, data = next(iter(stream))
        self.assertEqual((event, data["reason"], ident), ("reset", "unknown", str(last)))
        self.server.api("POST", f"/runs/{run}:rerun", {"from": "start"})
        self.assertGreater(int(stream.until("run.ended")[0][0]), last)
        stream.close()

    def test_a_slow_client_harms_nobody(self):
        """A client that reads nothing holds nothing up and is bounded; others get every event"""
        self.server.apply("name: wide\njobs:\n" + "".join(f"  j{n}: {{type: noop}}\n" for n in range(1500)))
        slow = socket.create_connection(("127.0.0.1", self.server.port))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET /api/v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                     self.server.token().encode() + b"\r\n\r\n")
        quick = Stream(self.server, "/events?topics=workflow:wide")
        for _ in range(3):
            self.run_one("wide")
        seen = []
        while [kind for _, kind, _ in seen].count("run.ended") < 3:
            seen += quick.until("run.ended")
        self.assertEqual([kind for _, kind, _ in seen].count("job.ended"), 4500)
        slow.close()
        quick.close()
        until(lambda: "dandori_sse_clients 0\n" in self.server.request("GET", "/metrics")[1], "both are gone")

    def test_many_clients_over_restarts(self):
        """Twenty clients of a run of 1,000 jobs, the server killed twice: nothing missed, doubled or out of order"""
        crowd = subprocess.run([sys.executable, ROOT / "tests/e2e/sse_clients.py", "--clients", "20", "--jobs", "1000",
                                "--job", "run: 'true'", "--restarts", "2"],
                               capture_output=True, text=True, timeout=300)
        self.assertEqual(crowd.returncode, 0, crowd.stdout + crowd.stderr)
        self.assertIn("missed 0, doubled 0, disordered 0", crowd.stdout)


if __name__ == "__main__":
    run_and_report()
