#!/usr/bin/env python3
"""Logs: seen as they grow, also over restarts; by bytes, by lines, by search."""
import os
import threading
import time
import unittest

from events_test import Stream
from harness import Problem, Server, run_and_report, until


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.server.apply("""
name: talk
jobs:
  lines:  {run: 'for n in $(seq 1 5000); do echo "line $n"; done; echo "ERROR at the end"; printf 終わり'}
  binary: {run: 'printf "a\\000\\377\\nb\\n"'}
  silent: {run: 'true'}
""")
        cls.talk = cls.server.start_run("talk")["id"]
        cls.server.wait_run(cls.talk)
        cls.whole = "".join(f"line {n}\n" for n in range(1, 5001)) + "ERROR at the end\n終わり"

    def get(self, path, job="lines"):
        return self.server.api("GET", f"/runs/{self.talk}/jobs/{job}/logs{path}")

    def test_a_line_is_seen_at_once_and_over_a_restart(self):
        """A line is seen in less than 2 s over server-sent events, and over kill -9 of the server none is lost or doubled [MON-02]"""
        with Server() as server:
            pipe = server.folder / "pipe"
            os.mkfifo(pipe)
            server.apply(f"name: slow\njobs:\n  a: {{run: 'while read x; do echo got $x; done < {pipe}'}}\n")
            run = server.start_run("slow")["id"]
            with open(pipe, "w", buffering=1) as writer:
                server.wait_job(run, "a", "running")
                seen, last = [], None
                for part in range(3):
                    until(lambda: self.reachable(server, run), "the agent is back")
                    stream = Stream(server, f"/runs/{run}/jobs/a/logs/stream", last)
                    events = iter(stream)
                    for number in range(part * 3, part * 3 + 3):
                        begin = time.monotonic()
                        writer.write(f"{number}\n")
                        last, event, data = next(events)
                        self.assertLess(time.monotonic() - begin, 2)
                        self.assertEqual(event, "lines")
                        seen += data["items"]
                    stream.close()
                    if part < 2:
                        writer.write(f"away {part}\n")
                        server.kill()
                        server.start()
                        until(lambda: self.reachable(server, run), "the agent is back")
                        stream = Stream(server, f"/runs/{run}/jobs/a/logs/stream", last)
                        last, _, data = next(iter(stream))
                        seen += data["items"]
                        stream.close()
            server.wait_run(run)
            last, event, data = Stream(server, f"/runs/{run}/jobs/a/logs/stream", last).until("end")[-1]
            self.assertTrue(data["complete"])
            texts = [item["text"] for item in seen]
            self.assertEqual(texts, ["got 0", "got 1", "got 2", "got away 0", "got 3", "got 4", "got 5", "got away 1",
                                     "got 6", "got 7", "got 8"])
            self.assertEqual([item["n"] for item in seen], list(range(1, 12)))
            offsets = [sum(len(text) + 1 for text in texts[:n]) for n in range(len(texts))]
            self.assertEqual([item["offset"] for item in seen], offsets)

    @staticmethod
    def reachable(server, run):
        return server.request("GET", f"/api/v1/runs/{run}/jobs/a/logs/lines")[0] == 200

    def test_bytes_by_offset_length_and_tail(self):
        """A log comes by byte range and by its last lines, as it was written"""
        self.assertEqual(self.get(""), self.whole)
        self.assertEqual(self.get("?offset=7&length=6"), "line 2")
        self.assertEqual(self.get("?tail=2"), "ERROR at the end\n終わり")
        self.assertEqual(self.get("?tail=3&length=9"), "line 5000")
        self.assertEqual(self.get("?offset=999999"), "")
        with self.assertRaises(Problem) as refused:
            self.get("?length=x")
        self.assertEqual(refused.exception.status, 422)

    def test_lines_by_number(self):
        """Lines come by number with their offsets, pages follow each other, the severity is told"""
        page = self.get("/lines?from=4999&count=3")
        self.assertEqual([(item["n"], item["text"], item["severity"]) for item in page["items"]],
                         [(4999, "line 4999", "none"), (5000, "line 5000", "none"), (5001, "ERROR at the end", "error")])
        self.assertFalse(page["complete"])
        rest = self.get("/lines?from=5002")
        self.assertEqual([item["text"] for item in rest["items"]], ["終わり"])
        self.assertEqual(rest["items"][0]["offset"], page["next_offset"])
        self.assertTrue(rest["complete"])
        self.assertEqual(rest["bytes_total"], len(self.whole.encode()))
        self.assertEqual([item["n"] for item in self.get("/lines?tail=3")["items"]], [5000, 5001, 5002])
        self.assertEqual(self.get("/lines", "silent")["items"], [])
        self.assertEqual(self.get("/lines", "binary")["items"][0]["text"], "a\0\ufffd")

    def test_search(self):
        """The agent searches: by text or regular expression, page by page, with places; a broken one is explained"""
        found = self.get("/search?q=error&ignore_case=1")
        self.assertEqual([(hit["n"], hit["spans"]) for hit in found["items"]], [(5001, [[0, 5]])])
        self.assertTrue(found["complete"])
        self.assertEqual(self.get("/search?q=error")["items"], [])
        lines, cursor, pages = [], "", 0
        while cursor is not None:
            page = self.get(f"/search?q=%5Eline%20.*7%24&regex=1&limit=200&cursor={cursor}")
            lines += [hit["n"] for hit in page["items"]]
            cursor, pages = page["next_cursor"], pages + 1
        self.assertEqual(lines, list(range(7, 5001, 10)))
        self.assertGreater(pages, 2)
        hit = self.get("/search?q=%E3%82%8F%E3%82%8A")["items"][0]
        self.assertEqual((hit["n"], hit["spans"]), (5002, [[1, 3]]))
        with self.assertRaises(Problem) as refused:
            self.get("/search?q=(&regex=1")
        self.assertEqual((refused.exception.status, refused.exception.body["code"]), (422, "log.bad_pattern"))
        with self.assertRaises(Problem) as unknown:
            self.get("/search?q=x&attempt=7")
        self.assertEqual(unknown.exception.body["code"], "log.unknown_attempt")

    def test_command_line(self):
        """logs --tail, --lines, --grep, -f"""
        cli = self.server.cli
        self.assertEqual(cli("logs", "talk#1/lines").stdout, self.whole)
        self.assertEqual(cli("logs", "talk#1/lines", "--tail", 2).stdout, "ERROR at the end\n終わり")
        self.assertEqual(cli("logs", "talk#1/lines", "--lines", "3-5").stdout, "line 3\nline 4\nline 5\n")
        self.assertEqual(cli("logs", "talk#1/lines", "--grep", "^line 12.0$").stdout,
                         "".join(f"line 12{n}0\n" for n in range(10)))
        self.assertEqual(cli("logs", "talk#1/lines", "-f", "--grep", "ERR").stdout, "ERROR at the end\n")
        self.assertIn("log.bad_pattern", cli("logs", "talk#1/lines", "--grep", "(", check=2).stderr)
        self.assertIn("cli.usage", cli("logs", "talk#1/lines", "--lines", "5-3", check=2).stderr)

    def test_followers_wait_without_work(self):
        """Hundreds of followers of quiet jobs cost the server nothing: nobody asks again and again"""
        with Server() as server:
            server.apply("name: quiet\njobs:\n  a: {run: 'echo here; exec sleep 600', grace: 100ms}\n")
            run = server.start_run("quiet")["id"]
            server.wait_job(run, "a", "running")
            streams = [Stream(server, f"/runs/{run}/jobs/a/logs/stream") for _ in range(300)]
            for stream in streams:
                self.assertEqual(next(iter(stream))[2]["items"][0]["text"], "here")
            before = cpu_seconds(server.process.pid) + cpu_seconds(server.agent_pid())
            threading.Event().wait(3)
            used = cpu_seconds(server.process.pid) + cpu_seconds(server.agent_pid()) - before
            self.assertLess(used, 1)
            for stream in streams:
                stream.close()
            server.cli("kill", "quiet#1", "--yes")
            server.wait_run(run)

    def test_a_big_log_is_bounded(self):
        """A log of 200 MB: tail, lines and search take bounded time and memory of server and agent"""
        text = "a line of some length, again and again"
        with Server() as server:
            server.apply(f"name: big\njobs:\n  a: {{run: 'yes \"{text}\" | head -c 200000000; "
                         "echo; echo needle', log_limit: 300000000}\n")
            run = server.start_run("big")["id"]
            server.wait_run(run)
            path = f"/runs/{run}/jobs/a/logs"
            begin = time.monotonic()
            self.assertEqual(server.api("GET", path + "?tail=1"), "needle\n")
            page = server.api("GET", path + "/lines?from=3000000&count=2")
            self.assertEqual(page["items"][0]["offset"], (3000000 - 1) * (len(text) + 1))
            self.assertLess(time.monotonic() - begin, 5)
            hits, cursor = [], ""
            while cursor is not None:
                found = server.api("GET", f"{path}/search?q=needle&cursor={cursor}")
                hits += found["items"]
                cursor = found["next_cursor"]
            self.assertEqual(len(hits), 1)
            for pid in (server.process.pid, server.agent_pid()):
                self.assertLess(peak_megabytes(pid), 200)


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


if __name__ == "__main__":
    run_and_report()
