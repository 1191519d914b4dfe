#!/usr/bin/env python3
"""Runs the tests of one group and prints a line each; the last line is `N passed, N failed`.

quick: house rules, the unit tests of every room, short simulations, end-to-end stories with the real binary.
long:  sanitizer and g++ builds, longer simulations, kill loops and fuzzing (each can be run alone by ./dev test).
Results go to build/results/*.xml (JUnit), where ./dev rows reads which acceptance rows are green.
"""
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "results"
BIN = ROOT / "build" / "release" / "bin"


def counts(report: Path) -> tuple[int, int]:
    """Passed and failed cases of a JUnit file; a file that is missing or empty counts as one failure."""
    try:
        cases = list(xml.parse(report).getroot().iter("testcase"))
    except (OSError, xml.ParseError):
        return 0, 1
    bad = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    return len(cases) - bad, bad


def doctest(program: Path, name: str) -> tuple[int, int]:
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    run = subprocess.run([program, "--reporters=junit", f"--out={report}"], cwd=ROOT, timeout=900,
                         capture_output=True, text=True, errors="replace")
    passed, failed = counts(report)
    if run.returncode != 0 or failed:
        plain = subprocess.run([program, "--no-colors"], cwd=ROOT, capture_output=True, text=True,
                               errors="replace", timeout=900)
        print(plain.stdout[-6000:], plain.stderr[-3000:], run.stderr[-2000:], sep="\n")
        failed = max(failed, 1)
    return passed, failed


def python(script: Path, name: str) -> tuple[int, int]:
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    env = os.environ | {"DANDORI_TEST_REPORT": str(report)}
    run = subprocess.run([sys.executable, script], cwd=ROOT, env=env, capture_output=True, text=True,
                         errors="replace", timeout=900)
    passed, failed = counts(report)
    if run.returncode != 0 or failed:
        print(run.stdout[-8000:], run.stderr[-8000:], sep="\n")
        failed = max(failed, 1)
    return passed, failed


def command(arguments: list[str], timeout: int) -> tuple[int, int]:
    run = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=timeout)
    lines = (run.stdout + run.stderr).strip().splitlines()
    print("   ", lines[-1] if lines else "(no output)")
    if run.returncode != 0:
        print("\n".join(lines[-60:]))
        return 0, 1
    return 1, 0


def quick():
    for program in sorted(BIN.glob("*_test")) + sorted(BIN.glob("store_conformance")):
        yield program.name, lambda p=program: doctest(p, p.name)
    yield "house", lambda: python(ROOT / "tests/house/house_test.py", "house")
    if (BIN / "dandori_simulate").exists():
        yield "simulate", lambda: command([str(BIN / "dandori_simulate"), "--seeds", "400"], 600)
    for script in sorted((ROOT / "tests/e2e").glob("*_test.py")):
        yield script.stem, lambda s=script: python(s, s.stem)


def dev(*arguments: str, timeout: int):
    return lambda: command([str(ROOT / "dev"), *arguments], timeout)


def sanitized(preset: str):
    """Builds and runs every unit test under a preset of its own."""
    def run() -> tuple[int, int]:
        subprocess.run([ROOT / "dev", "build", preset, "dandori_tests"], cwd=ROOT, check=True, timeout=2400)
        total = [0, 0]
        for program in sorted((ROOT / "build" / preset / "bin").glob("*_test")):
            passed, failed = doctest(program, f"{preset}-{program.name}")
            total[0] += passed
            total[1] += failed
        return total[0], total[1]
    return run


def long():
    yield "gcc", sanitized("gcc")
    yield "asan", sanitized("asan")
    yield "tsan", sanitized("tsan")
    yield "crash-points", dev("test", "store", "--crash-points", timeout=1800)
    yield "sim", dev("sim", "--seconds", "300", timeout=900)
    yield "kill", dev("test", "kill", "--runs", "1000", "--seed", "1", timeout=1800)
    yield "fuzz", dev("test", "fuzz", "--seconds", "60", timeout=1800)
    yield "fresh", dev("test", "fresh", timeout=2400)


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    group = quick if sys.argv[1:] in ([], ["quick"]) else long
    passed = failed = 0
    for name, run in group():
        begin = time.monotonic()
        try:
            good, bad = run()
        except (subprocess.SubprocessError, OSError) as error:
            print(f"    {error}")
            good, bad = 0, 1
        passed, failed = passed + good, failed + bad
        print(f"{'FAILED' if bad else 'ok':7} {name:32} {good:5} passed {bad:4} failed {time.monotonic() - begin:7.1f} s",
              flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
