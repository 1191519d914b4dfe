#!/usr/bin/env python3
"""`dandori top` in a real terminal (a pty): several sizes, both languages, every key, and always put away cleanly."""
import os
import signal
import subprocess
import unittest

from harness import BIN, Server, run_and_report, until
from screen import InTerminal, width

FLOW = """
name: nightly_sales
title: 夜間の売上集計
overlap: {policy: parallel, max: 10}
jobs:
  load: {title: 取込, run: 'read line < %(pipe)s'}
  report: {title: 報告, run: 'true', depends_on: [load]}
"""
BROKEN = """
name: bank_transfer
title: 銀行振込
jobs:
  send: {title: 送信, run: 'echo "bank says no: account 4711 is closed"; exit 3'}
  book: {run: 'true', depends_on: [send]}
"""


class Top(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--timezone", "Asia/Tokyo"))
        self.pipe = self.server.folder / "pipe"
        os.mkfifo(self.pipe)
        self.server.apply(FLOW % {"pipe": self.pipe})
        self.server.apply(BROKEN)
        self.server.cli("run", "bank_transfer", "--wait", check=10)
        self.server.cli("run", "nightly_sales")
        self.server.wait_job("nightly_sales%231", "load", "running")
        self.addCleanup(self.release_if_waiting)

    def release(self):
        with open(self.pipe, "w") as pipe:
            pipe.write("go\n")

    def release_if_waiting(self):
        pipe = os.open(self.pipe, os.O_RDWR | os.O_NONBLOCK)
        os.write(pipe, b"go\n")
        os.close(pipe)

    def top(self, rows=24, columns=100, lang="en", **more):
        environment = {k: v for k, v in self.server.environment().items() if k != "NO_COLOR"} | more
        return InTerminal([BIN, "--data", self.server.data, "--lang", lang, "top"], rows, columns,
                          cwd=self.server.folder, env={"TERM": "xterm-256color"} | environment)

    def test_shows_what_runs_and_what_failed_in_every_size_and_language(self):
        """top shows counters, runs at work and failures, also in small terminals and in Japanese [MON-02]"""
        for lang, words in (("en", ["running", "failed"]), ("ja", ["実行中", "異常終了"])):
            for rows, columns in ((24, 80), (50, 200), (10, 60), (5, 40), (3, 20), (1, 10)):
                with self.subTest(lang=lang, rows=rows, columns=columns), self.top(rows, columns, lang) as top:
                    top.wait_for(lambda screen: screen.alternate and screen.lines()[-1] != "", "the foot of the screen")
                    if rows >= 10 and columns >= 60:
                        top.wait_for(lambda screen: all(name in screen.text() for name in
                                                        ["nightly_sales#1", "bank_transfer#1"]), "both runs")
                        for word in words:
                            self.assertIn(word, top.screen.text())
                    for line in top.screen.lines():
                        self.assertLessEqual(sum(map(width, line)), columns)
                    top.type("q")
                    self.assertEqual(top.wait_end(), 0)
                    self.assertTrue(top.is_restored())
        self.release()

    def test_follows_a_change_of_size(self):
        """A terminal that becomes larger or smaller is drawn anew at once"""
        with self.top(24, 100) as top:
            top.wait_for("nightly_sales#1", "the run")
            for rows, columns in ((40, 140), (12, 50), (24, 80)):
                top.resize(rows, columns)
                top.wait_for(lambda screen, r=rows: "q " in screen.lines()[r - 1] or "choose" in screen.lines()[r - 1],
                             f"the foot in row {rows}")
                for line in top.screen.lines():
                    self.assertLessEqual(sum(map(width, line)), columns)
            top.type("q")
            top.wait_end()
        self.release()

    def test_keys_open_a_run_its_why_and_its_log(self):
        """Arrows, Enter, Esc, / and ? as in the browser; the failed job shows the end of its log"""
        with self.top(30, 120) as top:
            top.wait_for("bank_transfer#1", "the failed run")
            top.type("/bank")
            top.wait_for(lambda screen: "nightly_sales" not in screen.text(), "only what was asked for")
            top.type("\r\r")
            top.wait_for("account 4711 is closed", "the end of the log of the failed job")
            top.type("\x1b[B")
            top.wait_for("can no longer come true", "why the second job did not run")
            top.type("\x1b[A\r")
            top.wait_for("end of the log", "the log")
            top.wait_for("account 4711 is closed", "its line")
            top.type("\x1b")
            top.wait_for("Enter log", "back at the run")
            top.type("\x1b")
            top.wait_for("nightly_sales#1", "back at the list")
            top.type("?")
            top.wait_for("PgUp", "the help")
            top.type("x")
            top.wait_for("nightly_sales#1", "the list")
            top.type("\x03")
            self.assertEqual(top.wait_end(), 0)
            self.assertTrue(top.is_restored())
        self.release()

    def test_reruns_the_failed_run_after_asking(self):
        """R asks, n does nothing, y reruns: seen in the audit log with its way (cli) [OPS-02]"""
        reruns = lambda: [line for line in self.server.api("GET", "/audit")["items"] if line["action"] == "run.rerun"]
        with self.top(30, 120) as top:
            top.wait_for("bank_transfer#1", "the failed run")
            top.type("/bank\rR")
            top.wait_for("Rerun bank_transfer#1", "the question")
            top.type("n")
            top.wait_for("nothing was done", "the answer")
            self.assertEqual(reruns(), [])
            top.type("R")
            top.wait_for("Rerun bank_transfer#1", "the question")
            top.type("y")
            until(lambda: len(reruns()) == 1, "one rerun in the audit log")
            self.assertEqual(reruns()[0]["actor"]["channel"], "cli")
            top.type("q")
            top.wait_end()
        self.release()

    def test_the_terminal_comes_back_whatever_ends_it(self):
        """SIGTERM, SIGINT, SIGHUP, SIGQUIT and a crash all restore the terminal; the signal is told to the parent"""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV):
            with self.subTest(signal=number.name), self.top() as top:
                top.wait_for("nightly_sales#1", "the run")
                self.assertTrue(top.screen.alternate)
                top.process.send_signal(number)
                self.assertEqual(top.wait_end(), -number)
                self.assertTrue(top.is_restored(), top.log[-200:])
        self.release()

    def test_goes_on_over_the_death_of_the_server(self):
        """The server is killed and started again: top says so, keeps the keyboard, and finds it again"""
        with self.top() as top:
            top.wait_for("nightly_sales#1", "the run")
            self.server.kill()
            top.wait_for("no answer, trying again", "that the server has gone")
            top.type("?")
            top.wait_for("PgUp", "the help, meanwhile")
            top.type("x")
            self.server.start()
            top.wait_for(lambda screen: "no answer" not in screen.text() and "nightly_sales#1" in screen.text(),
                         "the server is back")
            top.type("q")
            self.assertEqual(top.wait_end(), 0)
            self.assertTrue(top.is_restored())
        self.release()

    def test_ctrl_z_gives_the_shell_back(self):
        """Ctrl-Z restores the terminal and stops; fg draws the screen again"""
        with self.top() as top:
            top.wait_for("nightly_sales#1", "the run")
            top.type("\x1a")
            top.wait_for(lambda screen: not screen.alternate and top.is_restored(), "the screen of before")
            # The screen comes back before the process stops: a SIGCONT in between would be lost.
            stopped = os.waitid(os.P_PID, top.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            self.assertEqual(stopped.si_code, os.CLD_STOPPED)
            top.process.send_signal(signal.SIGCONT)
            top.wait_for(lambda screen: screen.alternate and "nightly_sales#1" in screen.text(), "the screen again")
            top.type("q")
            self.assertEqual(top.wait_end(), 0)
        self.release()

    def test_without_a_screen_it_writes_lines(self):
        """Over a pipe or a dumb terminal top falls back to lines of --watch"""
        with self.top(TERM="dumb") as top:
            top.wait_for("nightly_sales#1", "the run as a line")
            self.assertNotIn(b"\x1b", top.log)
            self.release()
            top.wait_for(lambda screen: screen.text().count("nightly_sales#1") == 2 and "succeeded" in screen.text(),
                         "a line for what has changed")
        environment = self.server.environment()
        piped = subprocess.Popen([BIN, "--data", self.server.data, "top"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, text=True, env=environment, cwd=self.server.folder)
        try:
            self.assertIn("RUN", piped.stdout.readline())
            self.assertIn("nightly_sales#1", piped.stdout.readline())
        finally:
            piped.terminate()
            piped.wait()
            piped.stdout.close()


if __name__ == "__main__":
    run_and_report()
