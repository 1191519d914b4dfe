#!/usr/bin/env python3
"""Jobs outlive servers and agents; what cannot be known is said; harmful jobs do no harm."""
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from harness import ROOT, Server, run_and_report, until


class Survive(unittest.TestCase):
    def pipe_job(self, server, name, extra=""):
        """A job that ends when something is written into its pipe."""
        pipe = server.folder / f"{name}.pipe"
        os.mkfifo(pipe)
        server.apply(f"name: {name}\njobs:\n  a: {{run: 'echo begun; read x < {pipe}; echo done $x; exit 4', "
                     f"exit_codes: {{warning: [4]}}{extra}}}\n")
        run = server.start_run(name)["id"]
        server.wait_job(run, "a", "running")
        return run, pipe

    def finish(self, pipe):
        with open(pipe, "w") as writer:
            writer.write("it\n")

    def test_a_job_outlives_its_server(self):
        """kill -9 of the server: the job goes on, its end and log are kept"""
        with Server() as server:
            run, pipe = self.pipe_job(server, "alone")
            server.kill()
            self.finish(pipe)
            server.start()
            found = server.wait_run(run)
            self.assertEqual(found["state"], "warning")
            self.assertEqual(len(found["jobs"][0]["attempts"]), 1)
            self.assertEqual(server.cli("logs", "alone#1/a").stdout, "begun\ndone it\n")

    def test_a_job_outlives_server_and_agent(self):
        """kill -9 of both: the next agent adopts the job and reports its end"""
        with Server() as server:
            run, pipe = self.pipe_job(server, "both")
            server.kill()
            self.assertTrue(server.kill_agent())
            self.finish(pipe)
            server.start()
            found = server.wait_run(run)
            self.assertEqual((found["state"], len(found["jobs"][0]["attempts"])), ("warning", 1))
            self.assertEqual(server.cli("logs", "both#1/a").stdout, "begun\ndone it\n")

    def test_a_lost_runner_makes_the_job_unknown(self):
        """kill -9 of the runner: the fate of the job is unknown, it is held for a person, and confirm lets go on"""
        with Server() as server:
            run, _ = self.pipe_job(server, "lost")
            pid = server.api("GET", f"/runs/{run}/jobs/a")["attempts"][0]["pid"]
            runner = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            os.kill(runner, signal.SIGKILL)
            job = server.wait_job(run, "a", "unknown")
            self.assertEqual(job["attempts"][0]["state"], "lost")
            self.assertTrue(server.api("GET", f"/runs/{run}")["needs_decision"])
            until(lambda: not Path(f"/proc/{pid}").exists() or
                  Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z", "the orphan is killed")
            server.cli("confirm", "lost#1", "--reason", "looked at the host")
            self.assertIn(server.wait_run(run)["state"], ("failed", "warning"))

    def test_a_job_that_ignores_term_is_gone_after_grace(self):
        """TERM, grace, KILL: the job and its grandchildren are gone"""
        with Server() as server:
            pids = server.folder / "pids"
            server.apply(f"""
name: stubborn
jobs:
  a:
    run: |
      trap '' TERM
      sh -c 'trap "" TERM; echo $$ >> {pids}; while :; do sleep 1; done' &
      echo $$ >> {pids}
      while :; do sleep 1; done
    grace: 200ms
""")
            run = server.start_run("stubborn")["id"]
            until(lambda: pids.exists() and len(pids.read_text().split()) == 2, "both processes are up")
            server.cli("kill", "stubborn#1", "--yes", "--reason", "test")
            found = server.wait_run(run)
            self.assertEqual(found["state"], "killed")
            for pid in pids.read_text().split():
                self.assertFalse(Path(f"/proc/{pid}").exists() and
                                 Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z", pid)

    def test_a_timeout_ends_the_job_as_failed(self):
        """A job past its timeout is ended; the failure says timeout"""
        with Server() as server:
            server.apply("{name: slow, jobs: {a: {run: 'sleep 600', timeout: 300ms, grace: 100ms}}}")
            found = server.wait_run(server.start_run("slow")["id"])
            self.assertEqual((found["state"], found["jobs"][0]["attempts"][0]["failure"]), ("failed", "timeout"))

    def test_binary_and_large_output_do_no_harm(self):
        """Binary output comes back as it was; a log past its limit is cut and the drop counted; closed pipes do nothing"""
        with Server() as server:
            server.apply("""
name: noise
jobs:
  binary: {run: 'printf "\\000\\377\\n\\001"'}
  large:  {run: 'head -c 200000000 /dev/zero', log_limit: 1000000}
  closed: {run: 'exec >&- 2>&-; sleep 0.05'}
  left:   {run: 'sleep 3 & echo left'}
""")
            found = server.wait_run(server.start_run("noise")["id"])
            self.assertEqual(found["state"], "succeeded")
            status, _ = server.request("GET", "/api/v1/runs/noise%231/jobs/closed/logs")
            self.assertEqual(status, 200)
            log = subprocess.run([*self.command(server), "logs", "noise#1/binary"], capture_output=True)
            self.assertEqual(log.stdout, b"\x00\xff\n\x01")
            large = {job["job"]: job for job in found["jobs"]}["large"]["attempts"][0]
            self.assertEqual(large["log_bytes"], 200000000)
            self.assertGreater(large["log_dropped"], 0)

    def command(self, server):
        from harness import BIN
        return [str(BIN), "--data", str(server.data)]

    def test_a_second_server_is_refused(self):
        """A second server on the same data is refused and says who owns it"""
        with Server() as server:
            second = subprocess.run([*self.command(server)[:1], "server", "--data", server.data, "--listen", "127.0.0.1:0"],
                                    capture_output=True, text=True, timeout=30, env=server.environment())
            self.assertNotEqual(second.returncode, 0)
            self.assertIn("[store.owned]", second.stderr)
            self.assertIn(str(server.process.pid), second.stderr)

    def test_a_backup_taken_while_running_restores(self):
        """backup while running, restore into a new folder: runs and definitions are there"""
        with Server() as server:
            server.apply("{name: kept, jobs: {a: {type: noop}}}")
            server.wait_run(server.start_run("kept")["id"])
            copy = server.folder / "copy.db"
            server.cli("backup", copy)
            other = server.folder / "other"
            server.cli("restore", copy, data=other)
            with Server(data=other) as restored:
                self.assertEqual(restored.api("GET", "/runs/kept%231")["state"], "succeeded")

    def test_short_kill_loop(self):
        """Forty runs under kill -9 of server and agent: nothing lost, nothing doubled, nothing unknown"""
        loop = subprocess.run([sys.executable, ROOT / "tests/e2e/kill_loop.py", "--runs", "40", "--seed", "7"],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(loop.returncode, 0, loop.stdout + loop.stderr)
        self.assertIn("lost 0, doubled 0, unknown 0", loop.stdout)


if __name__ == "__main__":
    run_and_report()
