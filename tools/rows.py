#!/usr/bin/env python3
"""Prints a line an acceptance row: id, the tests that name it as `[ID]`, and `green` or what is missing.

Green: at least one test names the row and every test that names it passed in the last ./dev test.
"""
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"\b([A-Z]{2,3}-\d{2})\b")


def rows() -> dict[str, str]:
    found = {}
    for line in (ROOT / "docs/acceptance.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) >= 4 and ROW.fullmatch(cells[1]):
            found[cells[1]] = cells[2]
    return found


def results() -> dict[str, list[tuple[str, bool]]]:
    """Row → (test, passed), from the names of the cases in the JUnit files."""
    by_row: dict[str, list[tuple[str, bool]]] = {}
    for report in sorted((ROOT / "build/results").glob("*.xml")):
        try:
            cases = xml.parse(report).getroot().iter("testcase")
        except xml.ParseError:
            continue
        for case in cases:
            name = case.get("name", "")
            good = case.find("failure") is None and case.find("error") is None
            for bracket in re.findall(r"\[([A-Z0-9, -]+)\]", name):
                for row in ROW.findall(bracket):
                    by_row.setdefault(row, []).append((f"{report.stem}: {name}", good))
    return by_row


def main() -> int:
    tests = results()
    if not (ROOT / "build/results").is_dir():
        print("no results yet: run ./dev test first", file=sys.stderr)
    green = 0
    for row in rows():
        named = tests.get(row, [])
        if not named:
            print(f"{row}  no test yet")
            continue
        failed = [name for name, good in named if not good]
        green += not failed
        print(f"{row}  {'green' if not failed else 'failed: ' + failed[0]}  ({'; '.join(name for name, _ in named)})")
    print(f"{green} of {len(rows())} rows are green")
    return 0


if __name__ == "__main__":
    sys.exit(main())
