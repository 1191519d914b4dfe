#!/usr/bin/env python3
"""Agents with data folders of their own: two of one name, one that is gone for good, one whose folder is removed."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from harness import BIN, PATIENCE, Server, run_and_report, until


class Agent:
    """`with Agent(server, "a", "web"):` an agent of that name with its own data folder, on the server's socket."""

    def __init__(self, server, folder, name):
        self.data = server.folder / folder
        self.data.mkdir()
        (self.data / "agent.sock").symlink_to(server.data / "agent.sock")
        self.log_path = server.folder / f"{folder}.log"
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen([BIN, "agent", "--data", self.data, "--name", name], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, env=server.environment())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def told(self, word):
        return word in self.log_path.read_text(errors="replace")

    def events(self):
        lines = self.log_path.read_text(errors="replace").splitlines()
        return [json.loads(line).get("event") for line in lines if line.startswith("{")]


class Agents(unittest.TestCase):
    def pipe_job(self, server, on_lost="hold"):
        """A running job of the agent `web` that ends when something is written into its pipe."""
        pipe = server.folder / "pipe"
        os.mkfifo(pipe)
        server.apply(f"name: far\njobs:\n  a: {{run: 'read x < {pipe}', agent: web, on_lost: {on_lost}}}\n")
        run = server.start_run("far")["id"]
        server.wait_job(run, "a", "running")
        return run, pipe

    def test_a_second_agent_of_a_name_waits(self):
        """A second agent of one name is refused and says why; the first one's job is neither lost nor run again"""
        with Server() as server, Agent(server, "first", "web"):
            run, pipe = self.pipe_job(server, "rerun")
            with Agent(server, "second", "web") as second:
                until(lambda: second.told("agent.name_taken"), "the second agent says why it waits")
                server.kill()
                server.start()
                pipe.write_text("on\n")
                found = server.wait_run(run)
                self.assertEqual((found["state"], len(found["jobs"][0]["attempts"])), ("succeeded", 1))

    def test_a_host_gone_for_good_is_given_up_by_confirm(self):
        """The attempts of an agent that is gone for good are given up by confirm; then the new agent has the name"""
        with Server() as server:
            with Agent(server, "first", "web") as first:
                run, pipe = self.pipe_job(server)
                self.assertIn("[run.nothing_to_confirm]", server.cli("confirm", "far#1", check=5).stderr)
                first.process.kill()
            with Agent(server, "second", "web") as second:
                until(lambda: second.told("attempts of far#1 are not over"), "the second agent names the run")
                server.cli("confirm", "far#1", "--reason", "the host was installed anew")
                found = server.wait_run(run)
                self.assertEqual((found["state"], found["jobs"][0]["attempts"][0]["state"]), ("failed", "lost"))
                until(lambda: "session.opened" in second.events(), "the second agent has the name")
                pipe.unlink()  # lets go of the first one's job
                again = server.apply("name: again\njobs: {a: {run: 'true', agent: web}}\n") and server.start_run("again")
                self.assertEqual(server.wait_run(again["id"])["state"], "succeeded")
            pid = server.api("GET", f"/runs/{run}/jobs/a")["attempts"][0]["pid"]
            os.kill(pid, signal.SIGKILL)  # the job of the lost host

    def test_an_agent_whose_folder_is_removed_ends(self):
        """An agent whose data folder is removed goes on until its job has ended, takes no other, and ends"""
        with Server() as server, Agent(server, "first", "web") as first:
            run, pipe = self.pipe_job(server)
            shutil.rmtree(first.data)
            until(lambda: "agent.folder_gone" in first.events(), "the agent sees that its folder is gone")
            self.assertIsNone(first.process.poll())
            pipe.write_text("on\n")
            self.assertEqual(server.wait_run(run)["state"], "succeeded")
            self.assertEqual(first.process.wait(PATIENCE), 0)
            self.assertEqual(first.events()[-1], "agent.ended")


if __name__ == "__main__":
    run_and_report()
