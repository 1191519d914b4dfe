#!/usr/bin/env python3
"""A full disk: commands are refused with a clear error, nothing accepted is lost, work goes on when there is room."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import Problem, Server, run_and_report, until

SIZE = 24 << 20


class SmallDisk:
    """A folder on a file system of SIZE bytes (tmpfs; mounting takes root)."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __enter__(self) -> Path:
        self.folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "dandori-test", self.folder], check=True)
        return self.folder

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.folder], check=True)


def fill(path: Path):
    """Writes until there is no room left."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            pass
        try:
            while True:
                file.write(b"\0" * 512)
        except OSError:
            pass


class DiskFull(unittest.TestCase):
    def test_nothing_accepted_is_lost_and_work_goes_on(self):
        """A disk that is full stops acceptance with store.full; what was accepted stays; room lets it go on"""
        server = Server()
        with SmallDisk(server.folder / "data") as data:
            server.data = data
            with server:
                server.apply("{name: small, overlap: {policy: parallel, max: 1000}, jobs: {a: {run: 'true'}}}")
                accepted = [server.wait_run(server.start_run("small")["id"])["id"] for _ in range(5)]
                fill(data / "filler")
                refused = 0
                for _ in range(2000):  # the write-ahead log may have some pages left
                    try:
                        accepted.append(server.start_run("small")["id"])
                    except Problem as problem:
                        self.assertIn(problem.status, (503, 507), problem.body)
                        if problem.body["code"] == "store.full":
                            self.assertTrue(problem.body["hint"])
                            refused += 1
                            break
                self.assertEqual(refused, 1, "the full disk was never told")
                self.assertTrue(server.process.poll() is None, "the server goes on")
                os.unlink(data / "filler")
                until(lambda: server.request("GET", "/readyz")[0] == 200, "ready again with room")
                later = server.start_run("small")["id"]
                for run in [*accepted, later]:
                    self.assertEqual(server.wait_run(run)["state"], "succeeded")
                listed = server.api("GET", "/runs?workflow=small&limit=1000")["items"]
                self.assertEqual({run["id"] for run in listed}, set(accepted) | {later})
                server.keep = True
        shutil.rmtree(server.folder, ignore_errors=True)


if __name__ == "__main__":
    run_and_report()
