#!/usr/bin/env python3
"""The rules of the house that a compiler does not see: who may include whom, what pure rooms may call,
what documents must exist. Reads the dandori_module(…) lines of CMakeLists.txt, so there is no second list."""
import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from report import run_and_report  # noqa: E402

PURE = {"base", "model", "calendar", "expr", "spec", "engine", "flow", "asl", "rehearse", "link", "wire"}
GCC_ROOMS_EXEMPT = {"http", "api", "agent", "cli", "app"}
# What a pure room may not touch: clocks, randomness, threads, files, environment, sockets.
BANNED = re.compile(
    r"(system_clock|steady_clock|high_resolution_clock)::now|\bclock_gettime\b|\bgettimeofday\b|\btime\(nullptr\)|\bstd::random_device\b"
    r"|\bstd::(thread|jthread|async|mutex)\b|\b(getenv|setenv|fopen)\(|(?<!\w)::(open|socket|fork|read|write|system)\("
    r"|\bstd::[io]?fstream\b|\bstd::filesystem\b|<fcntl\.h>|<unistd\.h>|<sys/")
# Shells inside pure rooms, each with its reason.
BANNED_EXEMPT = {
    "base/queue.h": "a queue between threads; no rule lives in it",
    "base/log.cpp": "the front of the log; the sink is handed in by app",
    "calendar/zone.cpp": "loads tz data for app; the pure functions take the value",
    "calendar/zone_names.cpp": "lists zone names for hints",
}
UNORDERED_LOOP = re.compile(r"for\s*\([^;)]*:\s*\w*unordered")
GCC_BANNED = re.compile(r"\(\s*this\s+(const\s+)?auto|static\s+\w+\s+operator\(\)|#embed")


def modules() -> dict[str, set[str]]:
    direct = {}
    for path, rest in re.findall(r"^\s*dandori_module\((\S+)\s*([^)]*)\)", (ROOT / "CMakeLists.txt").read_text(), re.M):
        deps = re.search(r"DEPS\s+((?:(?!LIBS)\S+\s*)*)", rest)
        direct[path] = set(deps.group(1).split()) if deps else set()

    def close(path: str, seen: set[str]) -> set[str]:
        for dep in direct.get(path, set()):
            if dep not in seen:
                seen.add(dep)
                close(dep, seen)
        return seen

    return {path: close(path, set()) for path in direct}


def sources():
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in {".h", ".cpp"}:
            yield path, path.relative_to(ROOT / "src").as_posix()


def room_of(relative: str, rooms) -> str | None:
    best = None
    for room in rooms:
        if relative.startswith(room + "/") and (best is None or len(room) > len(best)):
            best = room
    return best


class House(unittest.TestCase):
    def test_a_room_includes_only_what_its_line_allows(self):
        rooms = modules()
        wrong = []
        for path, relative in sources():
            room = room_of(relative, rooms)
            if room is None:  # app: the composition root may use all
                continue
            for include in re.findall(r'#include "([^"]+)"', path.read_text(encoding="utf-8")):
                other = room_of(include, rooms)
                if other is None or other == room or other in rooms[room]:
                    continue
                wrong.append(f"{relative}: includes {include}, room {other} is not in the line of {room}")
        self.assertEqual(wrong, [])

    def test_pure_rooms_touch_no_clock_file_thread_or_environment(self):
        wrong = []
        for path, relative in sources():
            if relative.split("/")[0] not in PURE or relative.endswith("_test.cpp") or relative in BANNED_EXEMPT:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                code = re.sub(r'"(\\.|[^"\\])*"', '""', line.split("//")[0])
                if BANNED.search(code) or UNORDERED_LOOP.search(code):
                    wrong.append(f"{relative}:{number}: {line.strip()}")
        self.assertEqual(wrong, [])

    def test_rooms_that_gcc_builds_use_nothing_it_lacks(self):
        wrong = []
        for path, relative in sources():
            if relative.split("/")[0] in GCC_ROOMS_EXEMPT:
                continue
            if GCC_BANNED.search(path.read_text(encoding="utf-8")):
                wrong.append(relative)
        self.assertEqual(wrong, [])

    def test_every_error_code_has_a_page_in_both_languages(self):
        codes = set()
        code = re.compile(r'"((?:%s)\.[a-z0-9_]+)"' % "|".join(
            ["agent", "api", "auth", "bulk", "calendar", "cli", "config", "cron", "expr", "http", "id", "import", "job", "json", "keeper",
             "lint", "log", "mark", "operation", "param", "plan", "protocol", "request", "run", "server", "spec", "store", "time", "token", "workflow"]))
        for path, relative in sources():
            if relative.endswith("_test.cpp") or relative.startswith("sim/"):  # the virtual world's own
                continue
            text = path.read_text(encoding="utf-8")
            for match in re.finditer(r'(?:fail\(\s*|Error\{\s*(?:\.code\s*=\s*)?|\bcode\s*=\s*|problem\([^"]{0,60}|report\([^"]{0,60})"([a-z]+\.[a-z0-9_]+)"', text):
                if code.fullmatch(f'"{match.group(1)}"'):
                    codes.add(match.group(1))
        rules = (ROOT / "src/spec/lint.cpp").read_text(encoding="utf-8")
        codes |= {f"lint.{name}" for name in re.findall(r'^    \{"([a-z_]+)", Level::', rules, re.M)}
        self.assertGreater(len([c for c in codes if c.startswith("lint.")]), 5)
        missing = sorted(c for c in codes if not (ROOT / f"docs/errors/{c}.md").exists())
        self.assertEqual(missing, [])
        untranslated = [p.name for p in sorted((ROOT / "docs/errors").glob("*.md")) if "## 日本語" not in p.read_text(encoding="utf-8")]
        self.assertEqual(untranslated, [])

    def test_every_pair_of_user_pages_exists_in_both_languages(self):
        for english, japanese in [("README.md", "README.ja.md")]:
            self.assertTrue((ROOT / english).exists() and (ROOT / japanese).exists())


if __name__ == "__main__":
    run_and_report()
