#!/usr/bin/env python3
"""What operators of the server see: metrics, health, its own log, traces."""
import http.server
import json
import re
import threading
import unittest

from harness import Server, run_and_report, until


class Collector:
    """A stub that takes OTLP over HTTP and remembers the spans. `broken`: it answers 503."""

    def __init__(self):
        self.spans, self.requests, self.broken = [], [], False
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.requests.append((self.path, dict(self.headers)))
                if not collector.broken:
                    for resource in json.loads(body)["resourceSpans"]:
                        for scope in resource["scopeSpans"]:
                            collector.spans += scope["spans"]
                self.send_response(503 if collector.broken else 200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def named(self, name):
        found = [span for span in self.spans if span["name"] == name]
        assert len(found) == 1, (name, [span["name"] for span in self.spans])
        return found[0]


def attributes(span):
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


class Metrics(unittest.TestCase):
    def read(self, server):
        """{name with labels: value}; every line of the format is understood."""
        status, text = server.request("GET", "/metrics")
        self.assertEqual(status, 200)
        values, types = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                self.assertNotIn(name, types, "a family stands once")
                types[name] = kind
            elif not line.startswith("# HELP "):
                match = re.fullmatch(r'([a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})?) (\S+)', line)
                self.assertIsNotNone(match, line)
                values[match[1]] = float(match[2])
                family = re.sub(r"(_bucket|_sum|_count)?(\{.*)?$", "", match[1])
                self.assertTrue(family in types or match[1].split("{")[0] in types, line)
        return values

    def test_metrics_and_health(self):
        """/metrics answers as documented to a token that may view; /livez and /readyz to everybody [MON-10]"""
        with Server("--test-clock", "2026-11-20T00:00:00Z") as server:
            for path in ("/livez", "/readyz"):
                self.assertEqual(server.request("GET", path, token=False)[0], 200)
            status, problem = server.request("GET", "/metrics", token=False)
            self.assertEqual((status, problem["code"]), (401, "auth.missing"))
            secret = server.api("POST", "/tokens", {"name": "prometheus", "role": "viewer"})["secret"]
            status, text = server.request("GET", "/metrics", headers={"Authorization": f"Bearer {secret}"}, token=False)
            self.assertEqual(status, 200)
            self.assertIn("dandori_ready 1\n", text)
            server.apply("""
name: timed
triggers: {every: {cron: '*/10 * * * *', timezone: UTC}}
jobs:
  good: {run: 'true'}
  bad:  {run: 'exit 3', depends_on: [good]}
""")
            server.api("POST", "/test-clock", {"advance": "10m"})
            server.wait_run("timed%231")
            until(lambda: self.read(server).get('dandori_runs_total{state="failed",trigger="schedule"}') == 1, "the run counts")
            values = self.read(server)
            self.assertEqual(values['dandori_attempts_total{type="shell",state="succeeded"}'], 1)
            self.assertEqual(values['dandori_attempts_total{type="shell",state="failed"}'], 1)
            self.assertEqual(values["dandori_start_delay_seconds_count"], 1)
            self.assertEqual(values['dandori_start_delay_seconds_bucket{le="+Inf"}'], 1)
            self.assertEqual(values['dandori_agent_up{agent="local"}'], 1)
            for name in ("dandori_loop_seconds_count", "dandori_commit_seconds_count", "dandori_store_bytes", "dandori_ready"):
                self.assertGreater(values[name], 0, name)
            for name in ("dandori_attempts_unknown_total", "dandori_outbox_pending", "dandori_sse_clients"):
                self.assertEqual(values[name], 0, name)
            self.assertEqual(len([name for name in values if name.startswith("dandori_build_info{version=")]), 1)
            self.assertFalse([name for name in values if "timed" in name], "no labels by workflow")

    def test_the_log_has_a_line_a_fact(self):
        """The server's log is JSON, one line a fact, with run, job and attempt"""
        with Server() as server:
            server.apply("{name: fails, jobs: {a: {run: 'exit 3'}}}")
            run = server.start_run("fails")["id"]
            server.wait_run(run)
            until(lambda: '"run.ended"' in server.log_text(), "the end is logged")
            lines = [json.loads(line) for line in server.log_text().splitlines() if line.startswith("{")]
            ended = [line for line in lines if line["event"] == "job.ended"]
            self.assertEqual(len(ended), 1)
            self.assertEqual({name: ended[0][name] for name in ("level", "run", "run_name", "job", "attempt", "exit_code")},
                             {"level": "warning", "run": run, "run_name": "fails#1", "job": "a", "attempt": "1", "exit_code": "3"})
            self.assertEqual([line["level"] for line in lines if line["event"] == "run.ended"], ["warning"])


class Traces(unittest.TestCase):
    def setUp(self):
        self.collector = Collector()
        self.addCleanup(self.collector.close)

    def test_spans_of_a_run(self):
        """A collector gets one span per run, job and attempt, each within the one above, with times and status [MON-11]"""
        with Server("--otlp-endpoint", self.collector.url) as server:
            server.apply("""
name: traced
jobs:
  a: {run: 'echo $TRACEPARENT'}
  b: {run: 'exit 3', retry: {max: 1, interval: 1ms}, depends_on: [a]}
  c: {run: 'true', depends_on: [b]}
""")
            run = server.start_run("traced")["id"]
            server.wait_run(run)
            until(lambda: len(self.collector.spans) >= 7, "all spans have arrived")
            spans = self.collector.spans
            self.assertEqual(sorted(span["name"] for span in spans),
                             ["RUN traced", "a", "a attempt 1", "b", "b attempt 1", "b attempt 2", "c"])
            self.assertEqual({span["traceId"] for span in spans}, {run.replace("-", "")})
            self.assertEqual(len({span["spanId"] for span in spans}), 7)
            top = self.collector.named("RUN traced")
            self.assertNotIn("parentSpanId", top)
            for job in "abc":
                self.assertEqual(self.collector.named(job)["parentSpanId"], top["spanId"])
            for job, number in (("a", 1), ("b", 1), ("b", 2)):
                attempt = self.collector.named(f"{job} attempt {number}")
                self.assertEqual(attempt["parentSpanId"], self.collector.named(job)["spanId"])
                self.assertLessEqual(int(attempt["startTimeUnixNano"]), int(attempt["endTimeUnixNano"]))
            for span in spans:
                self.assertGreaterEqual(int(span["startTimeUnixNano"]), int(top["startTimeUnixNano"]))
                self.assertLessEqual(int(span["endTimeUnixNano"]), int(top["endTimeUnixNano"]))
            self.assertEqual({span["name"] for span in spans if span["status"].get("code") == 2},
                             {"RUN traced", "b", "b attempt 1", "b attempt 2"})
            self.assertEqual(attributes(top)["cicd.pipeline.name"], "traced")
            self.assertEqual(attributes(top)["cicd.pipeline.run.id"], run)
            self.assertEqual(attributes(top)["cicd.pipeline.result"], "failure")
            self.assertEqual(attributes(self.collector.named("c"))["cicd.pipeline.task.run.result"], "skip")
            failed = attributes(self.collector.named("b attempt 2"))
            self.assertEqual((failed["process.exit.code"], failed["error.type"], failed["cicd.worker.name"]), ("3", "exit", "local"))
            self.assertEqual(self.collector.requests[0][0], "/v1/traces")
            handed = server.cli("logs", "traced#1/a").stdout.strip().split("-")
            self.assertEqual(handed[1:3], [run.replace("-", ""), self.collector.named("a attempt 1")["spanId"]])

    def test_a_run_goes_on_in_the_trace_that_started_it(self):
        """`traceparent` at a start: the run's spans and its jobs belong to that trace, over a restart and a rerun; one that
        is not sampled is not sent, one that is broken begins a new trace"""
        trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        with Server("--otlp-endpoint", self.collector.url) as server:
            server.apply("{name: traced, jobs: {a: {run: 'echo $TRACEPARENT'}}}")

            def start(text):
                run = server.api("POST", "/runs", {"workflow": "traced"}, {"traceparent": text})["id"]
                server.wait_run(run)
                return server.api("GET", f"/runs/{run}")["trace_id"], server.cli("logs", f"{run}/a").stdout.strip()

            found, handed = start(f"00-{trace}-{parent}-01")
            self.assertEqual(found, trace)
            until(lambda: len(self.collector.spans) >= 3, "all spans have arrived")
            self.assertEqual({span["traceId"] for span in self.collector.spans}, {trace})
            self.assertEqual(self.collector.named("RUN traced")["parentSpanId"], parent)
            self.assertEqual(handed, f"00-{trace}-{self.collector.named('a attempt 1')['spanId']}-01")

            found, handed = start(f"00-{trace}-{parent}-00")  # not sampled
            self.assertEqual((found, handed[:36], handed[-3:]), (trace, f"00-{trace}-", "-00"))
            found, handed = start("00-nothing")
            self.assertNotEqual(found, trace)
            self.assertEqual(handed.split("-")[1], found)
            until(lambda: len(self.collector.spans) >= 6, "the spans of the last one have arrived")
            self.assertEqual([span["traceId"] for span in self.collector.spans], [trace] * 3 + [found] * 3)

            server.kill()
            server.start()
            server.cli("rerun", "traced#1", "--from", "start", "--wait")
            until(lambda: len(self.collector.spans) >= 9, "the spans of the rerun have arrived")
            self.assertEqual({span["traceId"] for span in self.collector.spans[6:]}, {trace})

    def test_a_run_over_a_restart_keeps_its_trace(self):
        """The trace of a run is kept: over kill -9 of the server and for a rerun"""
        with Server("--otlp-endpoint", self.collector.url) as server:
            gate = server.folder / "gate"
            server.apply(f"name: kept\njobs:\n  a: {{run: 'while [ ! -e {gate} ]; do sleep 0.05; done; exit 1'}}\n")
            run = server.start_run("kept")["id"]
            server.wait_job(run, "a", "running")
            server.kill()
            server.start()
            gate.touch()
            server.wait_run(run)
            server.cli("rerun", "kept#1", "--wait", check=10)
            until(lambda: len(self.collector.spans) >= 6, "all spans have arrived")
            self.assertEqual({span["traceId"] for span in self.collector.spans}, {run.replace("-", "")})
            self.assertEqual(len({span["spanId"] for span in self.collector.spans}), 6)
            self.assertEqual(sorted(span["name"] for span in self.collector.spans),
                             ["RUN kept"] * 2 + ["a"] * 2 + ["a attempt 1", "a attempt 2"])

    def test_a_collector_that_is_away_holds_nothing_up(self):
        """A collector that does not answer holds nothing up; when it is back, what waited is sent"""
        self.collector.broken = True
        with Server("--otlp-endpoint", self.collector.url) as server:
            server.apply("{name: goes_on, jobs: {a: {run: 'true'}}}")
            self.assertEqual(server.wait_run(server.start_run("goes_on")["id"])["state"], "succeeded")
            until(lambda: self.collector.requests, "it was asked")
            self.collector.broken = False
            until(lambda: len(self.collector.spans) == 3, "the spans come late")
            self.assertIn('"traces.not_sent"', server.log_text())

    def test_without_collector_nothing_is_sent(self):
        """Without an endpoint nothing leaves the server"""
        with Server() as server:
            server.apply("{name: alone, jobs: {a: {run: 'true'}}}")
            server.wait_run(server.start_run("alone")["id"])
        self.assertEqual(self.collector.requests, [])


if __name__ == "__main__":
    run_and_report()
