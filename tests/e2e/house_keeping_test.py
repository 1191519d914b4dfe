#!/usr/bin/env python3
"""What keeps a server in order: signals, and an audit log that shows whoever altered it."""
import signal
import sqlite3
import unittest

from harness import Server, run_and_report


class HouseKeeping(unittest.TestCase):
    def test_hangup_goes_on_and_terminate_ends(self):
        """A terminal that goes does not end a server; SIGTERM does, in order"""
        with Server() as server:
            server.process.send_signal(signal.SIGHUP)
            self.assertEqual(server.request("GET", "/readyz")[0], 200)
            self.assertIsNone(server.process.poll())
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(60), 0)

    def test_audit_verify(self):
        """The audit log is whole, and an altered or missing line is named"""
        with Server() as server:
            for number in range(3):
                server.apply(f"{{name: w{number}, jobs: {{a: {{type: noop}}}}}}")
            self.assertIn("whole: 3 lines", server.cli("audit", "verify").stdout)
            server.stop()
            database = sqlite3.connect(server.data / "dandori.db")
            database.execute("UPDATE audit SET action='nothing' WHERE seq=2")
            database.commit()
            server.start()
            told = server.cli("audit", "verify", check=1)
            self.assertIn("line 2 of the audit log does not follow", told.stderr)
            self.assertIn("[audit.broken]", told.stderr)
            server.stop()
            database.execute("DELETE FROM audit")
            database.commit()
            database.close()
            server.start()
            self.assertIn("no lines, and 3 were written", server.cli("audit", "verify", check=1).stderr)


if __name__ == "__main__":
    run_and_report()
