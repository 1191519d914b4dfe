"""The workloads of the bench. Each takes the bench's settings and yields rows; values and anchors alternate."""
import http.client
import json
import os
import shutil
import statistics
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path

from measure import (BIN, BUILT, CORES, NOOP, TRUE, Follower, Make, Row, Server, anchor, apply_all, chain, fan, flat,
                     hops_ms, instant, job_ends, last_seq, load, memory_mb, newest, parallel, pause, process_cpu,
                     pss_mb, quantile, run_name, run_to_end, scratch, spawn_limit, thread_cpu, took, wait_agent)


class Settings:
    """How much of everything."""

    def __init__(self, quick: bool):
        self.quick = quick
        self.rounds = 3
        self.spawn_rounds = 3 if quick else 5  # where spawns fill every core, rounds differ most
        self.jobs = 2000 if quick else 10_000
        self.links = 200 if quick else 1000
        self.fan = 1000 if quick else 5000
        self.wide_fan = 5000 if quick else 50_000
        self.noops = 5000 if quick else 50_000
        self.schedules = 200 if quick else 1000
        self.queued = 1000 if quick else 10_000
        self.submissions = 5000 if quick else 40_000
        self.live = 5000 if quick else 100_000
        self.anchor_jobs = 1000 if quick else 5000
        self.commits = 300 if quick else 3000
        self.busy_links = 100 if quick else 300
        self.get_seconds = 2 if quick else 5
        self.stored_schedules = 50_000 if quick else 1_000_000
        self.due_schedules = 1000 if quick else 10_000
        self.idle_seconds = 3 if quick else 10
        self.date_moves = 20 if quick else 200
        self.workflows = 1000 if quick else 10_000
        self.history = 100_000 if quick else 1_000_000

    def each_round(self):
        return range(self.rounds)

    def each_spawn_round(self):
        return range(self.spawn_rounds)


def warm_up(server: Server):
    """Connects the agent and starts the runners of all its slots."""
    wait_agent(server)
    apply_all(server, [flat("warm_up", 64 * CORES)])
    run_to_end(server, "warm_up", 0.02)


# ---- independent jobs: G1, G1c, G1d, G1r


def independent_jobs(settings: Settings) -> list[Row]:
    jobs = settings.jobs
    limit = Row("G1", f"{jobs} independent jobs", "jobs/s", "ratio >= 0.65", "spawn and wait")
    make = Row("G1", f"{jobs} independent jobs", "jobs/s", "", "make -j")
    slow_disk = Row("G1c", "the same, 2 ms added to each sync", "jobs/s", "ratio >= 0.9", "G1")
    engine = Row("G1d", "engine's CPU a job", "us", "value <= 80", "")
    parts = {name: Row("G1d", f"CPU a job: {name}", "us", "", "") for name in ("server, all threads", "agent")}
    by_http = Row("G1r", f"{jobs} one-job runs by HTTP", "jobs/s", "ratio >= 0.8", "G1")
    with scratch() as folder, Server() as fast, Server("--sync-delay-us", "2000") as slow:
        maker = Make(Path(folder))
        maker.choose(settings.anchor_jobs)
        lanes = [parallel(f"lane{i}", 1000, f"  only: {TRUE}\n") for i in range(16)]
        for server in (fast, slow):
            warm_up(server)
            apply_all(server, [flat("wide", jobs), *lanes])
        for _ in settings.each_spawn_round():
            bare = spawn_limit(settings.anchor_jobs)
            made = jobs / maker.independent(jobs)
            before, server_before, agent_before = cpu_of(fast)
            ours = jobs / took(run_to_end(fast, "wide")[0])
            after, server_after, agent_after = cpu_of(fast)
            limit.add(ours, bare)
            make.add(ours, made)
            if "engine" in after:
                engine.add((after["engine"] - before["engine"]) / jobs * 1e6)
            parts["server, all threads"].add((server_after - server_before) / jobs * 1e6)
            parts["agent"].add((agent_after - agent_before) / jobs * 1e6)
            slow_disk.add(jobs / took(run_to_end(slow, "wide")[0]), ours)
            names = [f"lane{i}" for i in range(16)]
            done = load(fast, "finish", last_seq(fast), jobs, *names)
            by_http.add(jobs / done["seconds"], ours)
    return [limit, make, slow_disk, engine, *parts.values(), by_http]


def cpu_of(server: Server) -> tuple[dict, float, float]:
    threads = thread_cpu(server.process.pid)
    agent = server.agent_pid()
    return threads, sum(threads.values()), process_cpu(agent) if agent else 0.0


# ---- no-op jobs: G1n, G2n


def noop_jobs(settings: Settings) -> list[Row]:
    rate = Row("G1n", f"{settings.noops} no-op jobs", "jobs/s", "value >= 16000", "SQLite commits/s")
    hop = Row("G2n", f"hop of a chain of {settings.links} no-op jobs", "us", "ratio <= 3", "SQLite commit p50")
    with scratch() as folder, Server() as server:
        warm_up(server)
        apply_all(server, [flat("noops", settings.noops, NOOP)])
        apply_all(server, [chain("noop_chain", settings.links, "type: noop")])
        for _ in settings.each_round():
            commit = anchor("commit", folder, settings.commits)
            rate.add(settings.noops / run_to_end(server, "noops", 0.02)[1], commit["per_second"])
            hop.add(run_to_end(server, "noop_chain", 0.005)[1] / settings.links * 1e6, commit["p50_us"])
    return [rate, hop]


# ---- chain and fan: G2, G3


def chain_hops(settings: Settings) -> list[Row]:
    middle = Row("G2", f"hop p50 of a chain of {settings.links}", "ms", "ratio <= 2", "make p50")
    tail = Row("G2", f"hop p99 of a chain of {settings.links}", "ms", "ratio <= 4", "make p99")
    with scratch() as folder, Server() as server:
        maker = Make(Path(folder))
        warm_up(server)
        apply_all(server, [chain("links", settings.links)])
        for _ in settings.each_round():
            made = maker.hops(settings.links)
            ours = hops_ms(server, "links", settings.links)
            middle.add(quantile(ours, 0.5), quantile(made, 0.5))
            tail.add(quantile(ours, 0.99), quantile(made, 0.99))
    return [middle, tail]


def fans(settings: Settings) -> list[Row]:
    small, wide = settings.fan, settings.wide_fan
    beside_make = Row("G3", f"1 -> {small} -> 1", "s", "ratio <= 1.6", "make -j")
    growth = Row("G3", f"time a job, 1 -> {wide} -> 1", "us", "ratio <= 1.2", f"the same of {small}")
    with scratch() as folder, Server() as server:
        maker = Make(Path(folder))
        maker.choose(settings.anchor_jobs)
        warm_up(server)
        apply_all(server, [fan("fan", small)])
        apply_all(server, [fan("wide_fan", wide)])
        for _ in settings.each_round():
            made = maker.fan(small)
            seconds = took(run_to_end(server, "fan")[0])
            beside_make.add(seconds, made)
            growth.add(took(run_to_end(server, "wide_fan")[0]) / wide * 1e6, seconds / small * 1e6)
    return [beside_make, growth]


# ---- schedules: G4


def schedules(settings: Settings) -> list[Row]:
    count = settings.schedules
    first = Row("G4", f"{count} schedules of one second: first start late by", "ms", "value <= 30", "")
    last = Row("G4", f"{count} schedules of one second: p99 late by", "ms", "ratio <= 1.6", "spawn-bound time")
    early = Row("G4", "started before its time", "runs", "value <= 0", "")
    with Server("--timezone", "UTC") as server:
        warm_up(server)
        wait = apply_schedules(server, count, 3600)  # shows how long that takes
        for _ in settings.each_spawn_round():
            limit = spawn_limit(settings.anchor_jobs)
            due = int(time.time() + 2 * wait + 4)
            apply_schedules(server, count, due - time.time())
            pause(due - time.time() + 1)
            late = [start - due for start in starts(server, count, due)]
            first.add(min(late) * 1000)
            last.add(quantile(late, 0.99) * 1000, count / limit * 1000)
            early.add(sum(1 for one in late if one < 0))
    return [first, last, early]


# ---- very many schedules: G4b


HOLDER_TRIGGERS = 190


def many_schedules(settings: Settings) -> list[Row]:
    stored, due = settings.stored_schedules, settings.due_schedules
    idle = Row("G4b", f"{stored:,} schedules: CPU of the idle server, of a core", "%", "value <= 1")
    memory = Row("G4b", f"{stored:,} schedules: memory of the server (PSS)", "MB")
    api = Row("G4b", f"API p99 while {due:,} schedules are due at once", "ms", "value <= 50", "quiet")
    with Server("--timezone", "UTC") as server:
        warm_up(server)
        apply_in_parts(server, [holder(i) for i in range(stored // HOLDER_TRIGGERS)])
        wait = apply_schedules(server, due, 86_400)
        paths = ["/api/v1/runs?limit=20", "/api/v1/agents"]
        for _ in settings.each_round():
            pause(2)
            before = process_cpu(server.process.pid)
            pause(settings.idle_seconds)
            idle.add((process_cpu(server.process.pid) - before) / settings.idle_seconds * 100)
            memory.add(pss_mb(server.process.pid))
        for _ in settings.each_round():  # afterwards: ends and checkpoints of the due ones are not idle
            quiet = load(server, "get", settings.get_seconds, *paths, first=True)["p99_us"] / 1000
            at = int(time.time() + 2 * wait + 4)
            apply_schedules(server, due, at - time.time())
            pause(at - time.time() - 0.5)
            api.add(load(server, "get", settings.get_seconds, *paths, first=True)["p99_us"] / 1000, quiet)
            starts(server, 1, at)
    return [idle, memory, api]


def holder(index: int) -> str:
    """A workflow of many schedules, none of them due while the bench runs."""
    day = time.gmtime(time.time() + 40 * 86_400)
    triggers = "".join(f'  t{i}: {{cron: "{i % 60} {i % 24} {day.tm_mday} {day.tm_mon} *"}}\n' for i in range(HOLDER_TRIGGERS))
    return f"name: holder{index}\ntriggers:\n{triggers}jobs:\n  only: {{run: [/bin/true]}}\n"


def apply_in_parts(server: Server, texts: list[str], part: int = 20):
    for i in range(0, len(texts), part):
        apply_all(server, texts[i:i + part])


def apply_schedules(server: Server, count: int, from_now: float) -> float:
    """Seconds it took."""
    begin = time.time()
    at = datetime.fromtimestamp(round(begin + from_now), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    apply_all(server, [flat(f"due{i}", 1, TRUE, f'triggers: {{t: {{type: once, at: "{at}"}}}}\n') for i in range(count)])
    return time.time() - begin


def starts(server: Server, count: int, due: int) -> list[float]:
    """When the processes of the runs of that second started."""
    found = []
    for i in range(count):
        run = newest_of(server, f"due{i}", due)
        job = server.api("GET", f"/runs/{run_name(run)}")["jobs"][0]
        found.append(instant(job["attempts"][0]["started_at"]))
    return found


def newest_of(server: Server, workflow: str, due: int) -> dict:
    for _ in range(600):
        items = server.api("GET", f"/runs?workflow={workflow}&limit=1")["items"]
        if items and items[0]["ended_at"] and abs(instant(items[0]["scheduled_for"]) - due) < 0.5:
            return items[0]
        pause(0.1)
    raise AssertionError(f"{workflow} did not run at {due}")


# ---- memory, binary, start: G6


class NotStarted(Server):
    """Leaves the start to whoever measures it."""

    def __enter__(self):
        return self


def footprint(settings: Settings) -> list[Row]:
    memory = Row("G6", "idle memory of server and agent (PSS)", "MB", "value <= 40", "")
    binary = Row("G6", "binary, stripped", "MB", "value <= 40", "")
    start = Row("G6", "start in a new folder until /readyz answers 200", "ms", "value <= 150", "")
    for _ in settings.each_round():
        with NotStarted() as server:
            start.add(start_until_ready(server) * 1000)
            wait_agent(server)
            pause(1.5)
            memory.add(memory_mb(server))
    with scratch() as folder:
        subprocess.run(["strip", "-o", f"{folder}/dandori", BIN / "dandori"], check=True)
        binary.add(os.stat(f"{folder}/dandori").st_size / 1e6)
    return [memory, binary, start]


def start_until_ready(server: Server) -> float:
    """Starts it and asks /readyz until it answers 200; seconds. A port is kept from start to start."""
    begin = time.perf_counter()
    server.start(wait=server.port == 0)
    while not is_ready(server.port):
        if server.process.poll() is not None or time.perf_counter() - begin > 120:
            raise AssertionError("the server does not get ready")
        pause(0.001)
    return time.perf_counter() - begin


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


# ---- restart: G5b; memory of live runs: G6b


def restart(settings: Settings) -> list[Row]:
    ready = Row("G5b", f"kill -9 with {settings.queued} queued, 8 running: until ready", "ms", "value <= 300", "")
    with Server("--slots", "8", "--running-max", "8") as server:
        wait_agent(server)
        apply_all(server, [parallel("sleepers", 8, "  only: {run: [/bin/sleep, '600']}\n")])
        load(server, "submit", settings.queued + 8, "sleepers")
        wait_running(server, 8)
        for _ in settings.each_round():
            server.kill()
            ready.add(start_until_ready(server) * 1000)
            wait_running(server, 8)
        stop_sleepers(server)
    return [ready]


def wait_running(server: Server, count: int):
    for _ in range(600):
        live = sum(agent["live"] for agent in server.api("GET", "/agents")["items"] if agent["connected"])
        if live >= count:
            return
        pause(0.05)
    raise AssertionError(f"{count} jobs did not start")


def stop_sleepers(server: Server):
    """Kills what runs; the next runs get a definition that does nothing."""
    apply_all(server, [parallel("sleepers", 1000, f"  only: {NOOP}\n")])
    agent = server.agent_pid()
    server.stop()
    for pid in sleepers_under(agent):
        os.kill(pid, 15)


def sleepers_under(agent: int) -> list[int]:
    from measure import descendants
    return [pid for pid in descendants(agent) if Path(f"/proc/{pid}/comm").read_text() == "sleep\n"]


def live_runs(settings: Settings) -> list[Row]:
    live = settings.live
    memory = Row("G6b", f"memory with {live} live runs of 10 jobs (PSS)", "MB", "value <= 600", "")
    again = Row("G6b", "the same after a restart", "MB", "value <= 600", "")
    ready = Row("G5b", f"kill -9 with {live} live runs: until ready", "ms", "", "")
    dispatch = Row("G5b", f"kill -9 with {live} live runs: until the first start", "ms", "value <= 5000", "")
    lanes = max(1, -(-live // 1000))
    with Server() as server:
        warm_up(server)
        jobs = chain("x", 10, "run: [/bin/true], agent: elsewhere").split("jobs:\n")[1]
        apply_all(server, [parallel(f"lane{i}", 1000, jobs) for i in range(lanes)] + [flat("probe", 1)])
        load(server, "submit", live, *(f"lane{i}" for i in range(lanes)))
        memory.add(memory_mb(server))
        for _ in settings.each_round():
            server.kill()
            begin = time.time()
            ready.add(start_until_ready(server) * 1000)
            run, _ = run_to_end(server, "probe", 0.05)
            attempt = server.api("GET", f"/runs/{run_name(run)}")["jobs"][0]["attempts"][0]
            dispatch.add((instant(attempt["started_at"]) - begin) * 1000)
            again.add(memory_mb(server))
    return [memory, again, ready, dispatch]


# ---- submissions: G7b


def submissions(settings: Settings) -> list[Row]:
    rate = Row("G7b", f"{settings.submissions} runs submitted, queued, 64 connections", "runs/s", "value >= 8000",
               "SQLite commits/s")
    p99 = Row("G7b", "answer p99", "ms", "", "fdatasync p99")
    with scratch() as folder, Server() as server:
        warm_up(server)
        apply_all(server, [f"name: held\noverlap: {{policy: queue, max_queue: 10000000}}\n"
                           "jobs:\n  only: {run: [/bin/true], agent: elsewhere}\n"])
        load(server, "submit", 200, "held")
        for _ in settings.each_round():
            commit = anchor("commit", folder, settings.commits)
            sync = anchor("sync", folder, settings.commits)
            report = load(server, "submit", settings.submissions, "held")
            rate.add(report["per_second"], commit["per_second"])
            p99.add(report["p99_us"] / 1000, sync["p99_us"] / 1000)
    return [rate, p99]


# ---- busy cores: G8


def busy_cores(settings: Settings) -> list[Row]:
    hop = Row("G8", "hop p50 with all cores busy", "ms", "ratio <= 3", "quiet")
    api = Row("G8", "API p99 with all cores busy", "ms", "ratio <= 3", "quiet")
    with Server() as server:
        warm_up(server)
        apply_all(server, [chain("links", settings.busy_links),
                           flat("hogs", CORES, "{run: [/bin/sh, -c, 'while :; do :; done'], timeout: 10m}")])
        for _ in settings.each_round():
            quiet = one_look(server, settings)
            server.start_run("hogs")
            wait_running(server, CORES)
            busy = one_look(server, settings)
            hogs = newest(server, "hogs")
            server.api("POST", f"/runs/{run_name(hogs)}:kill", {})
            server.wait_run(run_name(hogs))
            hop.add(busy[0], quiet[0])
            api.add(busy[1], quiet[1])
    return [hop, api]


def one_look(server: Server, settings: Settings) -> tuple[float, float]:
    hops = quantile(hops_ms(server, "links", settings.busy_links), 0.5)
    paths = ["/api/v1/runs?limit=20", f"/api/v1/runs/{run_name(newest(server, 'warm_up'))}", "/api/v1/agents"]
    report = load(server, "get", settings.get_seconds, *paths, first=True)
    return hops, report["p99_us"] / 1000


# ---- the machine


# ---- lists over a long history: G11


HISTORY_WORKFLOWS = 100


def lists(settings: Settings) -> list[Row]:
    slowest = Row("G11", f"slowest list over {settings.history:,} runs of history", "ms", "value <= 200")
    rows = {}
    with Server() as server:
        apply_all(server, [f"name: past_{number:03}\ntitle: 日次 {number}\nfolder: sales/f{number % 10}\n"
                           "triggers: {t: {cron: '0 2 * * *'}}\njobs: {a: {type: noop}}\n"
                           for number in range(HISTORY_WORKFLOWS)])
        server.stop()
        subprocess.run([BUILT / "bench_history", server.data, str(settings.history)], check=True)
        server.start()
        day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
        far = server.api("GET", "/runs?limit=1&to=2000-01-01T00:00:00Z")["items"]
        assert not far
        page = server.api("GET", "/runs?limit=1000")
        calls = {"all": "/runs", "1000": "/runs?limit=1000", "next page": f"/runs?limit=1000&cursor={page['next_cursor']}",
                 "workflow": "/runs?workflow=past_007", "failed": "/runs?state=failed", "killed": "/runs?state=killed",
                 "day": f"/runs?date={day}", "failed of a day": f"/runs?date={day}&state=failed",
                 "failed of a workflow": "/runs?workflow=past_007&state=failed",
                 "text": "/runs?text=past_00", "folder": "/runs?folder=sales/f3", "no such text": "/runs?text=nothing",
                 "needs decision": "/runs?needs_decision=1", "workflows": "/workflows?limit=100",
                 "history": "/workflows/past_007/history?days=90"}
        for what in calls:
            rows[what] = Row("G11", f"list: {what}", "ms")
        for _ in settings.each_round():
            for what, path in calls.items():
                begin = time.perf_counter()
                server.api("GET", path)
                rows[what].add((time.perf_counter() - begin) * 1000)
            slowest.add(max(row.values[-1] for row in rows.values()))
    return [slowest, *rows.values()]


# ---- the future: G10


def future(settings: Settings) -> list[Row]:
    expand = Row("G10", f"expand {settings.workflows:,} workflows x 400 days", "ms", "value <= 1000")
    daily = Row("G10", "next start of a daily cron", "ns", "value <= 1000")
    weekdays = Row("G10", "next start, every 10 min on weekdays", "ns", "value <= 1000")
    for _ in settings.each_round():
        run = subprocess.run([BUILT / "calendar_bench", str(settings.workflows)], capture_output=True, text=True, check=True)
        made = json.loads(run.stdout)
        expand.add(made["expand_ms"])
        daily.add(made["next_daily_ns"])
        weekdays.add(made["next_weekdays_ns"])
    return [expand, daily, weekdays]


# ---- business dates: BIZ-07


def date_moves(settings: Settings) -> list[Row]:
    """From the request that moves a date until a program outside knows: by its events, and by GET."""
    event = Row("BIZ-07", "a moved business date: until its event is read", "ms", "value <= 1000")
    value = Row("BIZ-07", "until GET shows it", "ms", "value <= 1000")
    with Server() as server:
        server.apply("kind: BusinessDate\nname: batch\nadvance: job\nstart: 2026-05-01\n")
        follower = Follower(server, "business-dates")
        for _ in settings.each_round():
            event_ms, value_ms = [], []
            for _ in range(settings.date_moves):
                begin = time.perf_counter()
                to = server.api("POST", "/business-dates/batch:move", {"step": "next", "reason": "bench"})["to"]
                read = follower.next()["body"]["to"]
                event_ms.append((time.perf_counter() - begin) * 1000)
                shown = server.api("GET", "/business-dates/batch")["value"]
                value_ms.append((time.perf_counter() - begin) * 1000)
                assert to == read == shown, f"moved to {to}, the event says {read}, GET {shown}"
            event.add(max(event_ms))
            value.add(max(value_ms))
        follower.close()
    return [event, value]


def machine(settings: Settings) -> list[Row]:
    """What everything else stands beside."""
    spawn = Row("machine", "spawn and wait, bare", "jobs/s")
    sync = Row("machine", "fdatasync of 4 KiB, p50", "us")
    commit = Row("machine", "SQLite, one-row commits", "commits/s")
    make = Row("machine", "make -j, independent recipes", "jobs/s")
    with scratch() as folder:
        maker = Make(Path(folder))
        maker.choose(settings.anchor_jobs)
        for _ in settings.each_round():
            spawn.add(spawn_limit(settings.anchor_jobs))
            make.add(settings.anchor_jobs / maker.independent(settings.anchor_jobs))
            sync.add(anchor("sync", folder, settings.commits)["p50_us"])
            commit.add(anchor("commit", folder, settings.commits)["per_second"])
    return [spawn, make, sync, commit]


GROUPS = (
    (machine, ("machine",)),
    (independent_jobs, ("G1", "G1c", "G1d", "G1r")),
    (noop_jobs, ("G1n", "G2n")),
    (chain_hops, ("G2",)),
    (fans, ("G3",)),
    (schedules, ("G4",)),
    (restart, ("G5b",)),
    (footprint, ("G6",)),
    (live_runs, ("G6b", "G5b")),
    (submissions, ("G7b",)),
    (busy_cores, ("G8",)),
    (lists, ("G11",)),
    (many_schedules, ("G4b",)),
    (future, ("G10",)),
    (date_moves, ("BIZ-07",)),
)
