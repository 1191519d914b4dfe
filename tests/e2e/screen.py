"""A terminal for tests: a pty with a program in it, and what its screen shows.

Knows the control sequences that dandori writes; any other is an error of the test, so that none goes unseen."""
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

from harness import PATIENCE

SEQUENCE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])")


def width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """The cells of a terminal. `alternate` is true while the program has the whole screen."""

    def __init__(self, rows: int, columns: int):
        self.rows, self.columns = rows, columns
        self.cells = self.blank()
        self.saved = None
        self.row = self.column = 0
        self.alternate, self.cursor, self.wrap = False, True, True
        self.pending = ""

    def blank(self):
        return [[" "] * self.columns for _ in range(self.rows)]

    def resize(self, rows: int, columns: int):
        old = self.cells
        self.rows, self.columns = rows, columns
        self.cells = self.blank()
        for row, line in zip(self.cells, old):
            row[: min(columns, len(line))] = line[:columns]
        self.row, self.column = min(self.row, rows - 1), min(self.column, columns - 1)

    def lines(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.cells]

    def text(self) -> str:
        return "\n".join(self.lines())

    def feed(self, text: str):
        text = self.pending + text
        self.pending = ""
        at = 0
        while at < len(text):
            character = text[at]
            if character == "\x1b":
                found = SEQUENCE.match(text, at)
                if not found:
                    if len(text) - at < 12 and re.fullmatch(r"\x1b(\[\??[\d;]*)?", text[at:]):
                        self.pending = text[at:]
                        return
                    raise AssertionError(f"unknown sequence {text[at:at + 12]!r}")
                self.control(*found.groups())
                at = found.end()
                continue
            self.put(character)
            at += 1

    def put(self, character: str):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            if self.row == self.rows - 1:
                self.cells = self.cells[1:] + [[" "] * self.columns]
            else:
                self.row += 1
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character >= " ":
            self.write(character)

    def write(self, character: str):
        size = width(character)
        if size == 0:
            return
        if self.column + size > self.columns:
            if not self.wrap:
                self.column = self.columns - size
            else:
                self.put("\r")
                self.put("\n")
        self.cells[self.row][self.column] = character
        if size == 2:
            self.cells[self.row][self.column + 1] = ""
        self.column += size

    def control(self, private: str, numbers: str, kind: str):
        number = int(numbers.split(";")[0] or 0) if numbers else 0
        if private:
            is_on = kind == "h"
            if number == 1049 and is_on != self.alternate:
                self.alternate = is_on
                if is_on:
                    self.saved, self.cells = (self.cells, self.row, self.column), self.blank()
                else:
                    self.cells, self.row, self.column = self.saved
            elif number == 25:
                self.cursor = is_on
            elif number == 7:
                self.wrap = is_on
            elif number != 1049:
                raise AssertionError(f"unknown mode {number}")
        elif kind == "m":
            pass
        elif kind == "H":
            self.row = self.column = 0
        elif kind == "A":
            self.row = max(0, self.row - max(1, number))
        elif kind == "J":
            if number == 0:
                self.cells[self.row][self.column:] = [" "] * (self.columns - self.column)
            for row in range(0 if number == 2 else self.row + 1, self.rows):
                self.cells[row] = [" "] * self.columns
        elif kind == "K":
            begin = 0 if number == 2 else self.column
            self.cells[self.row][begin:] = [" "] * (self.columns - begin)
        else:
            raise AssertionError(f"unknown sequence {kind}")


class InTerminal:
    """`with InTerminal([program, …], rows, columns) as it:` and then wait_for(), type(), resize()."""

    def __init__(self, command, rows=24, columns=80, cwd=None, env=None):
        self.screen = Screen(rows, columns)
        self.command, self.cwd = [str(word) for word in command], cwd
        self.env = {"TERM": "xterm-256color"} | (env or {})
        self.log = b""

    def __enter__(self):
        self.master, self.slave = pty.openpty()
        self.set_size()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(self.command, stdin=self.slave, stdout=self.slave, stderr=self.slave, cwd=self.cwd,
                                        env=self.env, start_new_session=True,
                                        preexec_fn=self.prepare)
        return self

    @staticmethod
    def prepare():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        # Ignored where the tests themselves run in the background or under nohup.
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def set_size(self):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", self.screen.rows, self.screen.columns, 0, 0))

    def resize(self, rows: int, columns: int):
        self.screen.resize(rows, columns)
        self.set_size()

    def type(self, keys: str):
        os.write(self.master, keys.encode())

    def read(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError as error:
            if error.errno == errno.EIO:
                return False
            raise
        self.log += data
        self.decoder = getattr(self, "decoder", None) or __import__("codecs").getincrementaldecoder("utf-8")("replace")
        self.screen.feed(self.decoder.decode(data))
        return bool(data)

    def wait_for(self, condition, what: str):
        """Reads until the screen fulfils the condition (a text, or a function of the screen)."""
        test = (lambda screen: condition in screen.text()) if isinstance(condition, str) else condition
        deadline = time.monotonic() + PATIENCE
        while not test(self.screen):
            if time.monotonic() > deadline:
                raise AssertionError(f"never seen: {what}\n{self.screen.text()}")
            if not self.read(0.2) and self.process.poll() is not None and not self.read(0):
                if test(self.screen):
                    return
                raise AssertionError(f"ended before: {what}\n{self.screen.text()}")

    def wait_end(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            self.read(0.05)
            if time.monotonic() > deadline:
                raise AssertionError("did not end\n" + self.screen.text())
        while self.read(0):
            pass
        return self.process.returncode

    def is_restored(self) -> bool:
        """The terminal is as it was before the program: screen, cursor, wrapping, line discipline."""
        now = termios.tcgetattr(self.slave)
        return (not self.screen.alternate and self.screen.cursor and self.screen.wrap
                and now[:4] == self.before[:4] and now[6] == self.before[6])

