#!/usr/bin/env python3
"""Kills server and agent with SIGKILL at random moments while jobs append to a ledger.

Last line: kills K, runs N, lost 0, doubled 0, unknown 0, longest recovery S s
  lost     accepted runs that did not end well, or attempts recorded without a ledger line
  doubled  ledger lines that stand twice: one attempt started more than once
  unknown  job runs that ended `unknown`
Exit 0 only when the three are 0 and there were enough kills (half as many as runs).
"""
import argparse
import collections
import http.client
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import ROOT, Problem, Server  # noqa: E402

WORKFLOW = """
name: ledger
overlap: {policy: parallel, max: 1000}
jobs:
  first:  {run: [/bin/sh, -c, 'echo "$DANDORI_RUN_ID $DANDORI_JOB $DANDORI_ATTEMPT" >> LEDGER']}
  second: {run: [/bin/sh, -c, 'echo "$DANDORI_RUN_ID $DANDORI_JOB $DANDORI_ATTEMPT" >> LEDGER; sleep 0.05'], depends_on: [first]}
  third:  {run: [/bin/sh, -c, 'echo "$DANDORI_RUN_ID $DANDORI_JOB $DANDORI_ATTEMPT" >> LEDGER'], depends_on: [second]}
"""


class Killer(threading.Thread):
    """Kills one of the two every few moments and starts the server again; the server brings its agent back."""

    def __init__(self, server: Server, seed: int):
        super().__init__(daemon=True)
        self.server, self.random = server, random.Random(seed)
        self.enough = threading.Event()
        self.lock = threading.Lock()
        self.kills, self.longest = 0, 0.0

    def run(self):
        while not self.enough.wait(self.random.uniform(0.02, 0.25)):
            if self.random.random() < 0.5:
                self.kills += self.server.kill_agent()
                continue
            begin = time.monotonic()
            self.server.kill()
            if self.random.random() < 0.2:  # both at once
                self.kills += self.server.kill_agent()
            self.server.start()
            self.kills += 1
            self.longest = max(self.longest, time.monotonic() - begin)


def submit(server: Server, number: int, seed: int) -> str:
    """Starts one run, as often as it takes to get an answer: the key makes it one run."""
    key = {"Idempotency-Key": f"kill-{seed}-{number}"}
    deadline = time.monotonic() + 60
    while True:
        try:
            return server.api("POST", "/runs", {"workflow": "ledger"}, key)["id"]
        except (OSError, http.client.HTTPException):
            pass
        except Problem as problem:
            if problem.status not in (429, 503):
                raise
        if time.monotonic() > deadline:
            raise AssertionError(f"no answer to start {number} for 60 s")
        threading.Event().wait(0.01)


def check(server: Server, runs: list[str], ledger: Path) -> tuple[int, int, int]:
    ended = [server.wait_run(run) for run in runs]
    lines = collections.Counter(ledger.read_text().splitlines())
    doubled = sum(count - 1 for count in lines.values())
    lost = unknown = 0
    for found in ended:
        if found["state"] != "succeeded":
            lost += 1
            print(f"{found['name']} ended {found['state']}", file=sys.stderr)
        for job in found["jobs"]:
            unknown += job["state"] == "unknown"
            for attempt in job["attempts"]:
                if f"{found['id']} {job['job']} {attempt['number']}" not in lines:
                    lost += 1
                    print(f"{found['name']}/{job['job']} attempt {attempt['number']} has no ledger line: {attempt}",
                          file=sys.stderr)
    return lost, doubled, unknown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="do nothing when this seed has passed already")
    options = parser.parse_args()
    evidence = ROOT / "evidence/kill.txt"
    done = f"seed {options.seed} runs {options.runs}: "
    if options.resume and evidence.exists() and done in evidence.read_text():
        print([line for line in evidence.read_text().splitlines() if line.startswith(done)][-1])
        return 0

    with Server() as server:
        ledger = server.folder / "ledger"
        ledger.touch()
        server.apply(WORKFLOW.replace("LEDGER", str(ledger)))
        killer = Killer(server, options.seed)
        killer.start()
        pace = random.Random(options.seed + 1)
        runs = []
        for number in range(options.runs):
            runs.append(submit(server, number, options.seed))
            if killer.kills < len(runs) / 1.9:  # keep enough work ahead for the kills that are still due
                threading.Event().wait(pace.uniform(0, 0.15))
        while killer.kills * 2 < options.runs and killer.is_alive():
            threading.Event().wait(0.05)
        killer.enough.set()
        killer.join()
        lost, doubled, unknown = check(server, runs, ledger)
        line = (f"kills {killer.kills}, runs {len(set(runs))}, lost {lost}, doubled {doubled}, unknown {unknown}, "
                f"longest recovery {killer.longest:.2f} s")
        if len(set(runs)) != options.runs:
            lost += 1
        good = lost == doubled == unknown == 0 and killer.kills * 2 >= options.runs
        if not good:
            server.keep = True  # for whoever looks for the cause
    if good:
        evidence.parent.mkdir(exist_ok=True)
        with evidence.open("a") as file:
            file.write(f"{done}{line}\n")
    print(line)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
