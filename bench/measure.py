"""What bench/workloads.py measures with: anchors, the server's processes, definitions, rows of the result."""
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "build/release/bin"
BIN = Path(os.environ.setdefault("DANDORI_BIN", str(BUILT / "dandori"))).parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import PATIENCE, Follower, Server  # noqa: E402

CORES = os.cpu_count() or 1
TICKS = os.sysconf("SC_CLK_TCK")
ENDED = {"succeeded", "warning", "failed", "killed", "interrupted", "not_run"}


# ---- rows


@dataclass
class Row:
    """One figure: the rounds' values beside the rounds' anchors. `must` reads `ratio >= 0.65` or `value <= 80`."""
    id: str
    metric: str
    unit: str
    must: str = ""
    anchor_name: str = ""
    values: list = field(default_factory=list)
    anchors: list = field(default_factory=list)

    def add(self, value: float, anchor: float | None = None):
        self.values.append(value)
        if anchor is not None:
            self.anchors.append(anchor)

    def ratio(self) -> float | None:
        """Median of the rounds' own ratios: value and anchor of one round saw the same machine."""
        pairs = [value / anchor for value, anchor in zip(self.values, self.anchors) if anchor]
        return statistics.median(pairs) if pairs else None

    def holds(self) -> bool | None:
        if not self.must or not self.values:
            return None
        what, sign, bound = self.must.split()
        measured = self.ratio() if what == "ratio" else statistics.median(self.values)
        if measured is None:
            return None
        return measured >= float(bound) if sign == ">=" else measured <= float(bound)

    def to_json(self) -> dict:
        ratio = self.ratio()
        return {"id": self.id, "metric": self.metric, "value": digits(statistics.median(self.values)),
                "unit": self.unit, "min": digits(min(self.values)), "max": digits(max(self.values)),
                "anchor": digits(statistics.median(self.anchors)) if self.anchors else None,
                "ratio": None if ratio is None else digits(ratio), "must": self.must or None, "holds": self.holds()}


def digits(value: float) -> float:
    """Four digits that count."""
    return float(f"{value:.4g}") if abs(value) < 1000 else round(value)


def quantile(values: list, fraction: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * fraction))]


# ---- anchors


def anchor(*arguments) -> dict:
    run = subprocess.run([BIN / "bench_anchors", *map(str, arguments)], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def spawn_limit(jobs: int) -> float:
    """Jobs/s of bare spawn-and-wait: the better of one and two processes, two in flight a core."""
    return anchor("spawn", jobs)["per_second"]


class Make:
    """`make -j` on makefiles of the same shape; -j is what serves make best here."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.jobs = 2 * CORES

    def choose(self, targets: int):
        times = {}
        for jobs in (2 * CORES, 8 * CORES):
            self.jobs = jobs
            times[jobs] = self.independent(targets)
        self.jobs = min(times, key=times.get)

    def run(self, text: str) -> float:
        """Seconds."""
        file = self.folder / "Makefile"
        file.write_text(text)
        begin = time.perf_counter()
        subprocess.run(["make", "-srR", "-f", file, f"-j{self.jobs}"], cwd=self.folder, check=True)
        return time.perf_counter() - begin

    def independent(self, targets: int) -> float:
        names = " ".join(f"j{i}" for i in range(targets))
        return self.run(f".PHONY: all {names}\nall: {names}\n{names}:\n\t@/bin/true\n")

    def fan(self, targets: int) -> float:
        names = " ".join(f"j{i}" for i in range(targets))
        return self.run(f".PHONY: last first {names}\nlast: {names}\n\t@/bin/true\n{names}: first\n\t@/bin/true\n"
                        "first:\n\t@/bin/true\n")

    def hops(self, targets: int) -> list[float]:
        """Milliseconds between the recipes of a chain."""
        stamps = self.folder / "stamps"
        stamps.unlink(missing_ok=True)
        lines = [f"all: j{targets - 1}\n.PHONY: all {' '.join(f'j{i}' for i in range(targets))}\n"]
        for i in range(targets):
            lines.append(f"j{i}: {f'j{i - 1}' if i else ''}\n\t@{BIN / 'bench_stamp'} {stamps}\n")
        self.run("".join(lines))
        raw = stamps.read_bytes()
        times = struct.unpack(f"{len(raw) // 8}q", raw)
        return [(b - a) / 1000 for a, b in zip(times, times[1:])]


# ---- processes


def thread_cpu(pid: int) -> dict[str, float]:
    """CPU seconds by name of thread."""
    spent: dict[str, float] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            spent[name] = spent.get(name, 0.0) + task_seconds(task)
        except OSError:
            continue  # it has just ended
    return spent


def task_seconds(task: Path) -> float:
    try:
        ran = int((task / "schedstat").read_text().split()[0])
        if ran:
            return ran / 1e9
    except (OSError, ValueError, IndexError):
        pass
    fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def process_cpu(pid: int) -> float:
    return sum(thread_cpu(pid).values())


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *descendants(child)]
    return found


def pss_mb(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1)) / 1024


def memory_mb(server: Server) -> float:
    """Of the server, its agent and the agent's runners, shared pages counted once."""
    agent = server.agent_pid()
    pids = [server.process.pid] + ([agent, *descendants(agent)] if agent else [])
    return sum(pss_mb(pid) for pid in pids)


# ---- the server


TRUE = "{run: [/bin/true]}"
NOOP = "{type: noop}"


def flat(name: str, jobs: int, job: str = TRUE, head: str = "") -> str:
    return f"name: {name}\n{head}jobs:\n" + "".join(f"  j{i}: {job}\n" for i in range(jobs))


def chain(name: str, jobs: int, body: str = "run: [/bin/true]", head: str = "") -> str:
    lines = [f"  j0: {{{body}}}\n"] + [f"  j{i}: {{{body}, depends_on: [j{i - 1}]}}\n" for i in range(1, jobs)]
    return f"name: {name}\n{head}jobs:\n" + "".join(lines)


def fan(name: str, jobs: int) -> str:
    middle = "".join(f"  j{i}: {{run: [/bin/true], depends_on: [first]}}\n" for i in range(jobs))
    names = ", ".join(f"j{i}" for i in range(jobs))
    return (f"name: {name}\njobs:\n  first: {TRUE}\n{middle}  last: {{run: [/bin/true], depends_on: [{names}]}}\n")


def parallel(name: str, runs: int, jobs: str, queue: int = 1_000_000) -> str:
    return f"name: {name}\noverlap: {{policy: parallel, max: {runs}, max_queue: {queue}}}\njobs:\n{jobs}"


def instant(text: str) -> float:
    """Seconds since the epoch of an instant of the API."""
    whole, _, part = text.rstrip("Z").partition(".")
    seconds = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    return seconds + (float(f"0.{part}") if part else 0.0)


def pause(seconds: float):
    """Between two looks at something that has no event a bench could follow without adding load."""
    time.sleep(seconds)


def apply_all(server: Server, texts: list[str]):
    server.api("POST", "/workflows:apply",
               {"files": [{"name": f"{i}.yaml", "text": text} for i, text in enumerate(texts)]})


def wait_agent(server: Server):
    deadline = time.monotonic() + PATIENCE
    while not any(agent["connected"] for agent in server.api("GET", "/agents")["items"]):
        if time.monotonic() > deadline:
            raise AssertionError("the agent did not connect")
        pause(0.005)


def newest(server: Server, workflow: str) -> dict:
    return server.api("GET", f"/runs?workflow={workflow}&limit=1")["items"][0]


def run_to_end(server: Server, workflow: str, look_every: float = 0.1, seconds_max: float = 300) -> tuple[dict, float]:
    """The ended run, and the seconds from before the request until its end was seen.

    It looks at one row of the list ten times a second: events of every job would be load of their own."""
    begin = time.perf_counter()
    started = server.start_run(workflow)
    while True:
        pause(look_every)
        run = newest(server, workflow)
        seconds = time.perf_counter() - begin
        if run["id"] == started["id"] and run["state"] in ENDED:
            break
        if seconds > seconds_max:
            raise AssertionError(f"{workflow}: {run['state']} after {seconds:.0f} s")
    if run["state"] != "succeeded":
        raise AssertionError(f"{workflow}: the run ended {run['state']}")
    return run, seconds


def took(run: dict) -> float:
    return instant(run["ended_at"]) - instant(run["started_at"])


def run_name(run: dict) -> str:
    return f"{run['workflow']}%23{run['number']}"


def job_ends(server: Server, run: dict) -> dict[str, float]:
    whole = server.api("GET", f"/runs/{run_name(run)}")
    return {job["job"]: instant(job["ended_at"]) for job in whole["jobs"]}


def hops_ms(server: Server, workflow: str, jobs: int) -> list[float]:
    """Milliseconds from end to end along the chain."""
    run, _ = run_to_end(server, workflow)
    ends = job_ends(server, run)
    return [(ends[f"j{i + 1}"] - ends[f"j{i}"]) * 1000 for i in range(jobs - 1)]


def last_seq(server: Server) -> int:
    """Sequence number of the newest journal line: that of a run that has just ended."""
    apply_all(server, [flat("marker", 1, NOOP)])
    run, _ = run_to_end(server, "marker", 0.01)
    for line in server.events(run_name(run)):
        if line["kind"] == "run.ended":
            return line["seq"]
    raise AssertionError("the events of the run ended before it did")


def real_time(process: "subprocess.Popen | None" = None):
    """For measuring clients: under load they should not measure their own wait for a core."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass


def load(server: Server, what: str, *arguments, first: bool = False) -> dict:
    command = [BIN / "bench_load", what, f"http://127.0.0.1:{server.port}", server.data / "admin.token",
               *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, preexec_fn=real_time if first else None)
    if run.returncode != 0:
        raise AssertionError(f"bench_load {what}: {run.stdout}{run.stderr}")
    return json.loads(run.stdout)


def scratch() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="dandori-bench-")
