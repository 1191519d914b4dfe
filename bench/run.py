#!/usr/bin/env python3
"""./dev bench [--quick] [--json FILE] [ID…]: every figure beside its anchor, as a table and as JSON lines.

A real server with its real agent and runners, durable SQLite, the public API; see bench/README.md. It reports and
never asserts: exit 1 only when a workload could not be run."""
import argparse
import json
import sys
import time
import traceback

from measure import BIN, Row, digits
from workloads import GROUPS, Settings

IDS = sorted({name for _, names in GROUPS for name in names})


def parse():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", metavar="FILE", help="JSON lines go there (- for stdout)")
    parser.add_argument("--quick", action="store_true", help="small sizes, under three minutes; figures are rough")
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"only these: {' '.join(IDS)}")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.ids if name not in IDS]
    if unknown:
        parser.error(f"unknown id {unknown[0]}; known: {' '.join(IDS)}")
    return arguments


def text_of(value) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def line_of(row: Row) -> list[str]:
    made = row.to_json()
    beside = "-" if made["anchor"] is None else f"{text_of(made['anchor'])} {row.anchor_name}"
    holds = {True: "yes", False: "NO", None: "-"}[made["holds"]]
    return [row.id, row.metric, f"{text_of(made['value'])} {row.unit}",
            f"{text_of(made['min'])} .. {text_of(made['max'])}", beside,
            "-" if made["ratio"] is None else f"{digits(made['ratio']):.3g}", row.must or "-", holds]


def print_table(rows: list[Row]):
    lines = [["id", "metric", "median", "range", "anchor", "ratio", "must", "holds"], *map(line_of, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main() -> int:
    arguments = parse()
    settings = Settings(arguments.quick)
    target = sys.stdout if arguments.json == "-" else open(arguments.json, "w") if arguments.json else None
    rows, failed = [], 0
    begin = time.monotonic()
    print(f"programs: {BIN}", file=sys.stderr)
    for group, names in GROUPS:
        if arguments.ids and not set(names) & set(arguments.ids):
            continue
        since = time.monotonic()
        try:
            made = group(settings)
        except Exception:  # one workload that fails leaves the others their figures
            traceback.print_exc()
            failed += 1
            continue
        print(f"{group.__name__}: {time.monotonic() - since:.0f} s", file=sys.stderr)
        made = [row for row in made if row.values and (not arguments.ids or row.id in arguments.ids)]
        rows += made
        for row in made:
            if target:
                print(json.dumps(row.to_json()), file=target, flush=True)
    if target is not sys.stdout:
        print_table(rows)
    musts = [row.holds() for row in rows if row.holds() is not None]
    print(f"{sum(musts)} of {len(musts)} musts hold, {failed} workloads failed, {time.monotonic() - begin:.0f} s",
          file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
