"""The real binary under test: a server with its agent in a folder of its own, on a free port of loopback.

Nothing here sleeps to wait for a state: readiness is a line of the server, ends of runs are events."""
import http.client
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from report import run_and_report  # noqa: E402,F401

BIN = Path(os.environ.get("DANDORI_BIN", ROOT / "build/release/bin/dandori"))
CHECK_CONTRACT = os.environ.get("DANDORI_CHECK_CONTRACT") == "1"  # every answer against schemas/openapi.yaml
PATIENCE = 60.0  # bound of every wait: a wait that long is a failure, not a pace


class Problem(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


class Server:
    """`with Server() as server:`; kill() and start() again on the same data as often as wanted."""

    def __init__(self, *options: str, data: Path | None = None):
        self.folder = Path(tempfile.mkdtemp(prefix="dandori-test-"))
        self.data = data or self.folder / "data"
        self.options = list(options)
        self.process = None
        self.port = 0
        self.log = open(self.folder / "server.log", "ab")
        self.contract = None  # of CHECK_CONTRACT, read at the first request
        self.keep = False  # the folder stays, for whoever looks for the cause

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.stop()
        self.stop_agent()
        self.end_jobs()
        self.log.close()
        if kind is None and not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"kept: {self.folder}", file=sys.stderr)

    def end_jobs(self):
        """Jobs outlive server and agent by design; those that still wait for a test that is over end here."""
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if Path(os.readlink(entry / "cwd")).is_relative_to(self.folder):
                    os.kill(int(entry.name), signal.SIGKILL)
            except (OSError, ProcessLookupError):
                continue  # it ended, or is not ours

    def start(self, wait: bool = True):
        self.process = subprocess.Popen(
            [BIN, "server", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, cwd=self.folder, env=self.environment())
        if wait:
            self.wait_ready()

    def wait_ready(self):
        """Reads the line `ready http://127.0.0.1:PORT`."""
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                self.log.write(line)
                self.log.flush()
                if line.startswith(b"ready "):
                    self.port = int(line.split(b":")[-1].split(b"/")[0])
                    return
        finally:
            timer.cancel()
        self.process.wait()
        raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log_text()[-3000:]}")

    def log_text(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def environment(self):
        keep = {name: value for name, value in os.environ.items() if not name.startswith("DANDORI_")}
        # The configuration and the kept servers of whoever runs the tests are no business of theirs.
        return keep | {"LC_ALL": "C.UTF-8", "NO_COLOR": "1", "XDG_CONFIG_HOME": str(self.folder / "config")}

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not stop on SIGTERM")
        if self.process:
            self.process.stdout.close()

    def agent_pid(self) -> int | None:
        """Pid of the agent that serves this data folder, or None."""
        try:
            pid = int((self.data / "agent/pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if self._is_our_agent(pid) else None

    def kill_agent(self) -> bool:
        pid = self.agent_pid()
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def started_agents(self) -> set[int]:
        """Pids of agents of this data folder that live: the one of record, and those that the server's log names
        (one that has just been started has no record yet)."""
        named = re.findall(r'"event":"agent.started".*?"pid":"(\d+)"', self.log_text())
        found = {int(pid) for pid in named if self._is_our_agent(int(pid))}
        recorded = self.agent_pid()
        return found | ({recorded} if recorded else set())

    def _is_our_agent(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return b"agent" in command and str(self.data).encode() in command

    def stop_agent(self):
        for pid in self.started_agents():
            try:
                fd = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            signal.pidfd_send_signal(fd, signal.SIGTERM)
            if not select.select([fd], [], [], 20)[0]:
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            os.close(fd)

    # ---- talking to it

    def token(self) -> str:
        return (self.data / "admin.token").read_text().strip()

    def request(self, method: str, path: str, body=None, headers=None, raw: bytes | None = None, token=True):
        """(status, parsed JSON or text)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        fields = {"Content-Type": "application/json"} | (headers or {})
        if token:
            fields["Authorization"] = f"Bearer {self.token()}"
        data = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        try:
            connection.request(method, path, data, fields)
        except (BrokenPipeError, ConnectionResetError):
            if connection.sock is None:  # it was the connecting that failed
                raise
            # Refused before it was sent whole: the answer is there already.
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        self.answered = answer.headers  # of the last request
        connection.close()
        if CHECK_CONTRACT:
            self.check_contract(method, path, answer, text)
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def check_contract(self, method: str, path: str, answer, text: str):
        if self.contract is None:
            from contract import Contract
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("GET", "/api/v1/openapi.json")
            self.contract = Contract(connection.getresponse().read().decode())
            connection.close()
        wrong = self.contract.problems(method, path, answer.status, answer.headers.get("Content-Type", ""), text)
        if wrong:
            raise AssertionError("not as schemas/openapi.yaml says:\n" + "\n".join(wrong))

    def api(self, method: str, path: str, body=None, headers=None):
        status, answer = self.request(method, "/api/v1" + path, body, headers)
        if status >= 300:
            raise Problem(status, answer)
        return answer

    def cli(self, *arguments: str, check: int | None = 0, lang: str = "en", stdin: str | None = None,
            data: Path | None = None):
        run = subprocess.run([BIN, "--data", data or self.data, "--lang", lang, *map(str, arguments)], capture_output=True,
                             text=True, timeout=PATIENCE * 2, cwd=self.folder, env=self.environment(), input=stdin)
        if check is not None and run.returncode != check:
            raise AssertionError(f"dandori {' '.join(map(str, arguments))}: exit {run.returncode}, not {check}\n"
                                 f"{run.stdout}\n{run.stderr}")
        return run

    def apply(self, text: str, name: str = "test.yaml"):
        return self.api("POST", "/workflows:apply", {"files": [{"name": name, "text": text}]})

    def start_run(self, workflow: str, **fields):
        return self.api("POST", "/runs", {"workflow": workflow} | fields)

    def events(self, run: str, after: int = 0):
        """Journal lines of the run, as they are committed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", f"/api/v1/runs/{run}/events?after={after}",
                           headers={"Authorization": f"Bearer {self.token()}"})
        answer = connection.getresponse()
        try:
            for line in answer:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
        finally:
            connection.close()

    def wait_run(self, run: str, *states: str):
        """The run once it has ended (or is in one of `states`)."""
        found = self.api("GET", f"/runs/{run}")
        if self._there(found, states):
            return found
        for _ in self.events(run):
            found = self.api("GET", f"/runs/{run}")
            if self._there(found, states):
                return found
        raise AssertionError(f"the events of {run} ended; it is {found['state']}")

    def wait_job(self, run: str, job: str, *states: str):
        """The job once it is in one of `states`."""
        for _ in self._now_and_events(run):
            found = self.api("GET", f"/runs/{run}/jobs/{job}")
            if found["state"] in states:
                return found
        raise AssertionError(f"{run}/{job} never came to {states}")

    def _now_and_events(self, run):
        yield None
        yield from self.events(run)

    @staticmethod
    def _there(run, states) -> bool:
        ended = {"succeeded", "warning", "failed", "killed", "interrupted", "not_run"}
        return run["state"] in (states or ended)


def until(condition, what: str):
    """Waits for a condition of the outside world that has no event, with a bound."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true in {PATIENCE} s: {what}")
        pause.wait(0.01)


class Follower:
    """The events of a topic, one after the other, as a program outside reads them."""

    def __init__(self, server: Server, topics: str):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        self.connection.request("GET", f"/api/v1/events?topics={topics}",
                                headers={"Authorization": f"Bearer {server.token()}"})
        self.answer = self.connection.getresponse()
        for line in self.answer:
            if line.startswith(b"event: ready"):
                break

    def next(self) -> dict:
        for line in self.answer:
            if line.startswith(b"data: {") and b'"kind"' in line:
                return json.loads(line[6:])
        raise AssertionError("the events ended")

    def close(self):
        self.connection.close()
