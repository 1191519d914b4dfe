#!/usr/bin/env python3
"""Runs the tests of one group and prints a line each; the last line is `N passed, N failed`.

quick: house rules, the unit tests of every room and of the UI, short simulations, schedules compared with other programs
       and with an oracle, end-to-end stories with the real binary, by API, command line and browser.
long:  g++ 12, AddressSanitizer with UBSan and ThreadSanitizer (unit tests; stories with the real program),
       every crash point of the store, five minutes of simulation, a kill loop, 200 followers of 10,000 jobs, a log of a
       gigabyte, a minute of each fuzzer, schemathesis on the API, every operation and page in a real
       browser, and the README in a fresh system. About an hour on two cores; each can be run alone by ./dev test.
       Names as arguments choose some: tools/run_tests.py long asan tsan
Results go to build/results/*.xml (JUnit), where ./dev rows reads which acceptance rows are green.
"""
import os
import shutil
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


def doctest(program: Path, name: str, timeout: int = 900) -> tuple[int, int]:
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    run = subprocess.run([program, "--reporters=junit", f"--out={report}"], cwd=ROOT, timeout=timeout,
                         capture_output=True, text=True, errors="replace")
    passed, failed = counts(report)
    if run.returncode != 0 or failed:
        plain = subprocess.run([program, "--no-colors"], cwd=ROOT, capture_output=True, text=True,
                               errors="replace", timeout=900)
        print(plain.stdout[-6000:], plain.stderr[-3000:], run.stderr[-2000:], sep="\n")
        failed = max(failed, 1)
    return passed, failed


def python(script: Path, name: str, more: dict[str, str] = {}) -> tuple[int, int]:
    """A test script; `more`: what it finds in its environment besides ours."""
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    env = os.environ | {"DANDORI_TEST_REPORT": str(report)} | more
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


def npm(script: str, name: str, timeout: int):
    """A script of web/package.json that writes build/results/NAME.xml."""
    def run() -> tuple[int, int]:
        report = RESULTS / f"{name}.xml"
        report.unlink(missing_ok=True)
        done = subprocess.run([ROOT / "tools/build_web", "run", script], cwd=ROOT, capture_output=True, text=True,
                              errors="replace", timeout=timeout)
        passed, failed = counts(report)
        if done.returncode != 0 or failed:
            print(done.stdout[-8000:], done.stderr[-4000:], sep="\n")
            failed = max(failed, 1)
        return passed, failed
    return run


def quick():
    for program in sorted(BIN.glob("*_test")) + sorted(BIN.glob("store_conformance")):
        yield program.name, lambda p=program: doctest(p, p.name)
    yield "house", lambda: python(ROOT / "tests/house/house_test.py", "house")
    yield "holidays", lambda: python(ROOT / "tests/house/holidays_test.py", "holidays")
    yield "web-check", lambda: command([str(ROOT / "tools/build_web"), "run", "check"], 900)
    yield "web", npm("test", "web", 900)
    if (BIN / "dandori_simulate").exists():
        yield "simulate", lambda: command([str(BIN / "dandori_simulate"), "--seeds", "400"], 600)
    for script in sorted((ROOT / "tests/calendar").glob("*_test.py")):
        yield script.stem, lambda s=script: python(s, s.stem)
    for script in sorted((ROOT / "tests/e2e").glob("*_test.py")):
        yield script.stem, lambda s=script: python(s, s.stem, {"DANDORI_CHECK_CONTRACT": "1"})
    yield "ui", npm("e2e", "ui", 900)


def dev(*arguments: str, timeout: int):
    return lambda: command([str(ROOT / "dev"), *arguments], timeout)


def under(preset: str, *targets: str, stories: tuple[str, ...] = ()):
    """Builds these targets under a preset, runs its unit tests, and end-to-end stories with its program."""
    def run() -> tuple[int, int]:
        subprocess.run([ROOT / "dev", "build", preset, *targets], cwd=ROOT, check=True, timeout=2400)
        folder = ROOT / "build" / preset / "bin"
        wanted = {program.name for program in folder.iterdir()}
        if "dandori_tests" not in targets:
            wanted &= set(targets)
        total = [0, 0]
        for name in sorted(wanted):
            if name.endswith("_test") or name == "store_conformance":
                passed, failed = doctest(folder / name, f"{preset}-{name}", 1800)
                print(f"    {name}: {passed} passed, {failed} failed", flush=True)
                total = [total[0] + passed, total[1] + failed]
        found = ROOT / "build" / preset / "found"  # what a sanitizer says about servers and agents
        shutil.rmtree(found, ignore_errors=True)
        found.mkdir()
        environment = {f"{tool}_OPTIONS": f"log_path={found}/report" for tool in ("ASAN", "UBSAN", "TSAN")}
        for story in stories:
            passed, failed = python(ROOT / f"tests/e2e/{story}.py", f"{preset}-{story}",
                                    environment | {"DANDORI_BIN": str(folder / "dandori")})
            for report in sorted(found.iterdir()):
                print(report.read_text(errors="replace")[:6000])
                failed += 1
                report.rename(found.with_suffix(f".{story}.{report.name}"))
            print(f"    {story}: {passed} passed, {failed} failed", flush=True)
            total = [total[0] + passed, total[1] + failed]
        return total[0], total[1]
    return run


# The rooms with threads; the others have nothing that a second thread could touch.
THREADED = ("dandori_base_test", "dandori_http_test", "dandori_keeper_test", "dandori_runtime_test",
            "dandori_cli_test", "store_conformance")


def long():
    yield "gcc", under("gcc", "dandori_tests")
    yield "asan", under("asan", "dandori", "dandori_tests", stories=("main_job_test", "start_test", "survive_test"))
    yield "tsan", under("tsan", "dandori", *THREADED, stories=("main_job_test", "start_test"))
    yield "crash-points", dev("test", "store", "--crash-points", timeout=1800)
    yield "sim", dev("sim", "--seconds", "300", timeout=900)
    yield "kill", dev("test", "kill", "--runs", "1000", "--seed", "1", timeout=1800)
    yield "sse", dev("test", "sse", "--resume", timeout=1200)
    yield "big-log", dev("test", "big-log", timeout=600)
    yield "fuzz", dev("test", "fuzz", "--seconds", "60", timeout=1800)
    yield "api", dev("test", "api", "--seconds", "120", timeout=1200)
    yield "ui-long", npm("e2e:long", "ui-long", 3000)
    yield "fresh", dev("test", "fresh", "--story-only", timeout=2400)


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    groups = {"quick": quick, "long": long}
    arguments = sys.argv[1:] or ["quick"]
    if arguments[0] not in groups:
        print(f"unknown group {arguments[0]}: quick or long", file=sys.stderr)
        return 2
    passed = failed = 0
    for name, run in groups[arguments[0]]():
        if arguments[1:] and name not in arguments[1:]:
            continue
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
