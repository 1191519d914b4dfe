#!/usr/bin/env python3
"""`dandori doctor`: each fault is really planted; it is found, named, and the remedy is said in both languages."""
import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import unittest
from contextlib import contextmanager
from pathlib import Path

from harness import BIN, Server, run_and_report, until

SMALL = 8 << 20


@contextmanager
def small_disk(folder: Path, options: str):
    """A file system of its own (tmpfs; mounting takes root)."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "dandori-test", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


class Doctor(unittest.TestCase):
    def doctor(self, server, *options, env=None, data=None, before=None):
        command = [BIN, "--data", str(data or server.data), "-o", "json", *options, "doctor"]
        run = subprocess.run(command, capture_output=True, text=True, cwd=server.folder, timeout=60,
                             env=server.environment() | (env or {}), preexec_fn=before)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        return {item["name"]: item for item in json.loads(run.stdout)["items"] if not item["ok"]}, run.returncode

    def finds(self, server, name: str, remedy_en: str, remedy_ja: str, **more):
        for lang, remedy in (("en", remedy_en), ("ja", remedy_ja)):
            with self.subTest(fault=name, lang=lang):
                found, code = self.doctor(server, "--lang", lang, **more)
                self.assertIn(name, found)
                self.assertIn(remedy, found[name]["remedy"])
                self.assertEqual(code, 1)

    def all_is_well(self, server, **more):
        found, code = self.doctor(server, **more)
        self.assertEqual((found, code), ({}, 0))

    def test_a_sound_server_has_no_fault(self):
        """Nothing planted, nothing found: exit code 0, also as a table in both languages"""
        with Server() as server:
            until(lambda: server.agent_pid() is not None, "the agent runs")
            until(lambda: server.api("GET", "/agents")["items"], "the agent has connected")
            self.all_is_well(server)
            self.assertIn("all is well", server.cli("doctor").stdout)
            self.assertIn("すべて正常です", server.cli("doctor", lang="ja").stdout)

    def test_rights_of_folder_and_token(self):
        """Fault 1 and 2: others may read the data folder, others may read the token"""
        with Server() as server:
            os.chmod(server.data, 0o755)
            self.finds(server, "data", f"chmod 0700 {server.data}", f"chmod 0700 {server.data}")
            os.chmod(server.data, 0o700)
            os.chmod(server.data / "admin.token", 0o644)
            self.finds(server, "token", "chmod 0600", "chmod 0600")
            os.chmod(server.data / "admin.token", 0o600)

    def test_dead_server_and_taken_port(self):
        """Fault 3 and 4: the process in server.json has gone; another program has the port it would listen on"""
        with Server() as server:
            server.kill()
            self.finds(server, "server_file", "start the server again", "起動し直して")
            with socket.socket() as other:
                other.bind(("127.0.0.1", 0))
                other.listen()
                taken = {"DANDORI_LISTEN": f"127.0.0.1:{other.getsockname()[1]}"}
                self.finds(server, "port", "another --listen HOST:PORT", "別の --listen HOST:PORT", env=taken)
            found, _ = self.doctor(server, env=taken)
            self.assertNotIn("port", found)
            # A pid that was given to another program since is no server.
            stale = json.loads((server.data / "server.json").read_text())
            other = subprocess.Popen(["sleep", "60"])
            try:
                (server.data / "server.json").write_text(json.dumps(stale | {"pid": other.pid}))
                self.finds(server, "server_file", "start the server again", "起動し直して")
            finally:
                other.kill()
                other.wait()
            server.start()

    def test_another_program_answers_in_its_place(self):
        """Fault 5: what answers at the server's address is something else"""
        with Server() as server, socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            known = json.loads((server.data / "server.json").read_text())
            port = other.getsockname()[1]
            (server.data / "server.json").write_text(json.dumps(known | {"url": f"http://127.0.0.1:{port}"}))
            import threading

            def answer():
                for _ in range(2):
                    peer, _address = other.accept()
                    with peer:
                        peer.recv(1000)
                        peer.sendall(b"220 mail.example.com ESMTP\r\n")
            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            self.finds(server, "reach", "another program seems to answer", "別のプログラム")
            thread.join(10)
            (server.data / "server.json").write_text(json.dumps(known))

    def test_full_disk_and_no_programs(self):
        """Fault 6 and 7: the disk is nearly full; the file system runs no programs (noexec)"""
        with Server() as server:
            for options, name, remedy in (
                    (f"size={SMALL},mode=700", "disk", ("make room", "空きを作って")),
                    ("size=512m,noexec,mode=700", "runner", ("mount it without noexec", "noexec を外して"))):
                with small_disk(server.folder / "disk", options) as disk:
                    (disk / "admin.token").write_text("x")
                    os.chmod(disk / "admin.token", 0o600)
                    self.finds(server, name, *remedy, data=disk)
                (server.folder / "disk").rmdir()

    def test_clock_off(self):
        """Fault 8: the server's clock is not this machine's"""
        with Server("--test-clock", "2026-01-01T00:00:00Z") as server:
            self.finds(server, "clock", "needs NTP", "時刻同期")

    def test_dead_agent(self):
        """Fault 9: the agent is gone and cannot be started again"""
        with Server() as server:
            until(lambda: server.api("GET", "/agents")["items"], "the agent has connected")
            until(lambda: server.agent_pid() is not None, "the agent runs")
            server.kill_agent()
            with open(server.data / "agent/lock", "r+") as lock:
                until(lambda: self.locked(lock), "the lock is free")
                # As long as somebody holds its lock the server starts no agent.
                until(lambda: not any(agent["connected"] for agent in server.api("GET", "/agents")["items"])
                      and server.agent_pid() is None, "the agent is gone")
                self.finds(server, "agent", "start the server's agent again", "エージェントを起動し直して")

    @staticmethod
    def locked(file) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False

    def test_newer_and_corrupt_store(self):
        """Fault 10 and 11: the store was written by a newer dandori; its pages are broken"""
        with Server() as server:
            server.apply("{name: a, jobs: {j: {type: noop}}}")
            server.stop()
            store = server.data / "dandori.db"
            kept = store.read_bytes()
            connection = sqlite3.connect(store)
            connection.execute("UPDATE schema_version SET version = 9999")
            connection.commit()
            connection.close()
            self.finds(server, "store", "newer version of dandori", "新しいバージョン")
            for path in server.data.glob("dandori.db*"):
                path.unlink()
            store.write_bytes(kept[:4096] + b"\xff" * 8192 + kept[12288:])
            self.finds(server, "store", "restore a backup", "バックアップを復元")
            store.write_bytes(b"this is no store at all, but long enough to be read as one" * 200)
            self.finds(server, "store", "", "")
            store.write_bytes(kept)
            found, _ = self.doctor(server)
            self.assertNotIn("store", found)
            server.start()

    def test_too_few_descriptors(self):
        """Fault 12: the server, or the shell it would be started from, has too few file descriptors"""
        with Server() as server:
            limits = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (100, limits[1]))
            self.finds(server, "files", "LimitNOFILE", "LimitNOFILE")
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, limits)
            server.stop()
            few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
            self.finds(server, "files", "LimitNOFILE", "LimitNOFILE", before=few)
            server.start()

    def test_runner_lost_or_not_executable(self):
        """Fault 13: the program that starts jobs is gone, or is no program any more"""
        with Server() as server:
            runner = server.data / "bin/dandori-exec"
            until(runner.exists, "the runner is there")
            os.chmod(runner, 0o600)
            self.finds(server, "runner", f"chmod 0755 {runner}", f"chmod 0755 {runner}")
            os.chmod(runner, 0o755)
            runner.rename(runner.with_suffix(".away"))
            self.finds(server, "runner", "start the agent again", "エージェントを起動し直す")
            runner.with_suffix(".away").rename(runner)

    def test_no_time_zone_data(self):
        """Fault 14: time zone data cannot be found"""
        with Server() as server:
            self.finds(server, "zones", "tzdata", "tzdata", env={"TZDIR": "/nonexistent"})

    def test_broken_configuration(self):
        """Fault 15: a configuration file names a key that does not exist"""
        with Server() as server:
            config = server.folder / "broken.yaml"
            config.write_text("listne: 127.0.0.1:7010\n")
            self.finds(server, "config", "mend the file", "ファイルを直して", env={"DANDORI_CONFIG": str(config)})

    def test_a_path_too_long_for_a_socket(self):
        """Fault 16: the data folder's path leaves no room for the agent's socket"""
        with Server() as server:
            deep = server.folder / ("d" * 60) / ("e" * 60)
            deep.mkdir(parents=True)
            os.chmod(deep, 0o700)
            self.finds(server, "socket", "shorter path", "短いパス", data=deep)
            shutil.rmtree(server.folder / ("d" * 60))


if __name__ == "__main__":
    run_and_report()
