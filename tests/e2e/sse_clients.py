#!/usr/bin/env python3
"""Many clients follow the events of a run with many jobs, while the server is killed and started again.

Last line: clients C, jobs J, seconds S, events E, missed 0, doubled 0, disordered 0, resumed R
  missed      events of a client's topics that it did not get; a passing state of a job that a newer one of the same job
              has replaced is none
  doubled     events that a client got twice, also over reconnects
  disordered  events that came after a later one
Exit 0 only when the three are 0. The truth is read from the store at the end.
"""
import argparse
import asyncio
import http.client
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import ROOT, Server  # noqa: E402

PASSING = {"job.started", "job.retry"}


class Client(asyncio.Protocol):
    """One client: reads, remembers what it got, and comes back by the last id when it is cut."""

    def __init__(self, crowd, topics: str):
        self.crowd, self.topics = crowd, topics
        self.got: list[int] = []
        self.last = crowd.begin
        self.buffer = b""
        self.connects = 0
        self.resets = 0
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""
        self.connects += 1
        transport.write(f"GET /api/v1/events?topics={self.topics} HTTP/1.0\r\nHost: x\r\n"
                        f"Authorization: Bearer {self.crowd.token}\r\nLast-Event-ID: {self.last}\r\n\r\n".encode())

    def data_received(self, data):
        *events, self.buffer = (self.buffer + data).split(b"\n\n")
        for event in events:
            self.take(event.split(b"\r\n\r\n")[-1])

    def take(self, event: bytes):
        if not event.startswith(b"id: "):
            return
        lines = event.split(b"\n", 2)
        self.last = int(lines[0][4:])
        kind = lines[1][7:].decode()
        if kind == "reset":
            self.resets += 1
            return
        self.got.append(self.last)
        if self is self.crowd.clients[0]:
            self.crowd.watch(kind, self.last)
        if self.last >= self.crowd.goal:
            self.crowd.arrived(self)

    def connection_lost(self, _):
        if not self.crowd.over:
            asyncio.ensure_future(self.crowd.connect(self))


class Crowd:
    """All clients. The first follows everything: by what it sees the story goes on."""

    def __init__(self, server: Server, begin: int, topics: list[str]):
        self.server, self.begin, self.token = server, begin, server.token()
        self.clients = [Client(self, topic) for topic in topics]
        self.goal = 1 << 62  # sequence number of the run's end
        self.over = False
        self.up = asyncio.Event()  # the server listens
        self.up.set()
        self.there: set[int] = set()
        self.all_there = asyncio.Event()
        self.jobs_ended = 0
        self.progress = asyncio.Condition()

    def watch(self, kind: str, seq: int):
        if kind == "job.ended":
            self.jobs_ended += 1
        elif kind == "run.ended":
            self.set_goal(seq)
        if kind.endswith(".ended"):
            asyncio.ensure_future(self.tell())

    async def tell(self):
        async with self.progress:
            self.progress.notify_all()

    async def wait_jobs(self, count: int):
        """Until so many jobs have ended, or the run has."""
        async with self.progress:
            await self.progress.wait_for(lambda: self.jobs_ended >= count or self.goal < 1 << 62)

    def arrived(self, client):
        self.there.add(id(client))
        if len(self.there) == len(self.clients):
            self.all_there.set()

    def set_goal(self, seq: int):
        self.goal = seq
        for client in self.clients:
            if client.last >= seq:
                self.arrived(client)

    async def connect(self, client):
        while not self.over:
            await self.up.wait()
            try:
                await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", self.server.port)
                return
            except OSError:
                pass  # killed in this moment: once more when it is up

    async def restart(self):
        self.up.clear()
        await asyncio.to_thread(restart, self.server)
        self.up.set()


def workflow(jobs: int, command: str) -> str:
    lines = "\n".join(f"  j{number:05}: {{{command}}}" for number in range(jobs))
    return f"name: crowd\njobs:\n{lines}\n"


def truth(server: Server, begin: int, goal: int) -> list[dict]:
    """What the store holds, by a client that comes when all is over."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", f"/api/v1/events?after={begin}", headers={"Authorization": f"Bearer {server.token()}"})
    lines = []
    for line in connection.getresponse():
        if line.startswith(b"data: "):
            lines.append(json.loads(line[6:]))
            if lines[-1]["seq"] >= goal:
                break
    connection.close()
    return lines


def judge(client: Client, lines: list[dict], run: str) -> tuple[int, int, int]:
    wanted = {"": lambda line: True,
              "runs": lambda line: line["kind"].startswith("run."),
              "workflow:crowd": lambda line: line["workflow"] == "crowd",
              f"run:{run}": lambda line: line["run"] == run}[client.topics]
    got = set(client.got)
    later = {}  # the last line of each job
    for line in lines:
        later[line["run"], line["job"]] = line["seq"]
    missed = sum(1 for line in lines if wanted(line) and line["seq"] not in got and
                 not (line["kind"] in PASSING and later[line["run"], line["job"]] > line["seq"]))
    doubled = len(client.got) - len(got)
    disordered = sum(1 for before, after in zip(client.got, client.got[1:]) if after < before)
    return missed + client.resets, doubled, disordered


async def story(server: Server, options) -> tuple[str, bool]:
    server.apply(workflow(options.jobs, options.job))
    begin = server.api("GET", "/doctor")["journal_seq"]
    started = time.monotonic()
    run = server.start_run("crowd")["id"]
    mix = ["", "", "runs", "workflow:crowd", f"run:{run}"]
    crowd = Crowd(server, begin, [mix[number % len(mix)] for number in range(options.clients)])
    await asyncio.gather(*(crowd.connect(client) for client in crowd.clients))

    async with asyncio.timeout(options.seconds_max):
        for number in range(options.restarts):
            await crowd.wait_jobs(options.jobs * (number + 1) // (options.restarts + 1))
            await crowd.restart()
            print(f"restart {number + 1}", file=sys.stderr)
        await crowd.all_there.wait()
    seconds = time.monotonic() - started
    clients = sum(1 for client in crowd.clients if client.transport and not client.transport.is_closing())
    metric = [line for line in server.request("GET", "/metrics")[1].splitlines() if line.startswith("dandori_sse_clients ")]
    crowd.over = True
    for client in crowd.clients:
        client.transport.abort()
    lines = truth(server, begin, crowd.goal)
    results = [judge(client, lines, run) for client in crowd.clients]
    missed, doubled, disordered = (sum(column) for column in zip(*results))
    resumed = sum(client.connects - 1 for client in crowd.clients)
    events = sum(len(client.got) for client in crowd.clients)
    print(f"{metric} of {clients} open; lines in the journal: {len(lines)}", file=sys.stderr)
    good = missed == doubled == disordered == 0 and metric == [f"dandori_sse_clients {clients}"]
    return (f"clients {options.clients}, jobs {options.jobs}, seconds {seconds:.0f}, events {events}, missed {missed}, "
            f"doubled {doubled}, disordered {disordered}, resumed {resumed}"), good


def restart(server: Server):
    server.kill()
    server.start()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--job", default="run: [sleep, '0.2']", help="what each job is")
    parser.add_argument("--running-max", type=int, default=7)
    parser.add_argument("--restarts", type=int, default=3, help="spread over the jobs")
    parser.add_argument("--seconds-max", type=float, default=900.0, help="a run that takes longer has failed")
    parser.add_argument("--resume", action="store_true", help="do nothing when this has passed already")
    options = parser.parse_args()
    evidence = ROOT / "evidence/sse.txt"
    done = f"clients {options.clients}, jobs {options.jobs}, "
    if options.resume and evidence.exists() and done in evidence.read_text():
        print([line for line in evidence.read_text().splitlines() if line.startswith(done)][-1])
        return 0
    with Server("--running-max", str(options.running_max), "--slots", str(options.running_max * 2)) as server:
        line, good = asyncio.run(story(server, options))
    if good:
        evidence.parent.mkdir(exist_ok=True)
        with open(evidence, "a") as file:
            file.write(line + "\n")
    print(line)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
