#!/usr/bin/env python3
"""A log of a gigabyte: its tail, any line of it and a search answer in bounded time and memory of server and agent.

Last line: log M MB: tail T s, line T s, search T s, server M MB, agent M MB
Exit 0 only when all are within their bounds. Needs twice as much disk."""
import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import Server  # noqa: E402

TEXT = "a line of some length, again and again"
MEMORY_MAX = 200  # megabytes of each process, whatever the log's length
ANSWER_MAX = 5.0  # seconds for a tail or a line
SEARCH_MAX = 60.0  # seconds for all pages of a search through the whole log


def peak_megabytes(pid: int) -> int:
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def timed(ask):
    begin = time.monotonic()
    return ask(), time.monotonic() - begin


def search(server: Server, path: str, text: str) -> list[dict]:
    hits, cursor = [], ""
    while cursor is not None:
        page = server.api("GET", f"{path}/search?q={text}&cursor={cursor}")
        hits += page["items"]
        cursor = page["next_cursor"]
    return hits


def story(server: Server, size: int) -> tuple[str, list[str]]:
    server.apply(f"name: big\njobs:\n  a: {{run: 'yes \"{TEXT}\" | head -c {size}; echo; echo needle', "
                 f"log_limit: {size + 1_000_000}}}\n")
    run = server.start_run("big")["id"]
    server.wait_run(run)
    path = f"/runs/{run}/jobs/a/logs"
    number = size // (len(TEXT) + 1) * 9 // 10  # near the end
    tail, tail_s = timed(lambda: server.api("GET", path + "?tail=1"))
    lines, line_s = timed(lambda: server.api("GET", f"{path}/lines?from={number}&count=2"))
    hits, search_s = timed(lambda: search(server, path, "needle"))
    memory = [peak_megabytes(pid) for pid in (server.process.pid, server.agent_pid())]
    wrong = []
    if tail != "needle\n":
        wrong.append(f"the tail is {tail!r}")
    if lines["items"][0]["offset"] != (number - 1) * (len(TEXT) + 1):
        wrong.append(f"line {number} is at {lines['items'][0]}")
    if len(hits) != 1:
        wrong.append(f"{len(hits)} hits")
    if max(tail_s, line_s) > ANSWER_MAX or search_s > SEARCH_MAX:
        wrong.append(f"slower than {ANSWER_MAX} s, or {SEARCH_MAX} s for the search")
    if max(memory) > MEMORY_MAX:
        wrong.append(f"more than {MEMORY_MAX} MB")
    return (f"log {size // 1_000_000} MB: tail {tail_s:.2f} s, line {line_s:.2f} s, search {search_s:.1f} s, "
            f"server {memory[0]} MB, agent {memory[1]} MB"), wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    options = parser.parse_args()
    with Server() as server:
        line, wrong = story(server, options.megabytes * 1_000_000)
    for each in wrong:
        print(each)
    print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
