#!/usr/bin/env python3
"""Shows that the simulator finds bugs: breaks the engine in five ways, one at a time, in a copy of the source.

Each mutation must be caught by some seed. Prints `mutation NAME: caught by seed S: message`; ends with 1 if one
is not caught or can no longer be applied.

usage: mutations.py [--seeds N] [NAME…]
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = ROOT / "build" / "mutants" / "tree"
LEFT_OUT = {".git", "build", ".dandori", "evidence", "node_modules", "dandori"}

# name: [(file, text as it is, text instead), …]
MUTATIONS = {
    "retry_twice": [
        ("src/engine/state.cpp", "state.tries > rule->tries_max", "state.tries > rule->tries_max + 1"),
    ],
    "forget_acknowledgement": [
        ("src/engine/on_attempt_ended.cpp", "if (attempt == nullptr) return send_ack(turn, {}, event.attempt);",
         "if (attempt == nullptr) return;"),
        ("src/engine/on_attempt_ended.cpp", "  send_ack(turn, attempt->agent, event.attempt);\n", ""),
    ],
    "start_before_condition": [
        ("src/engine/job_state.cpp", "return open == 0 ? Verdict::start : Verdict::not_yet;",
         "return open <= 1 ? Verdict::start : Verdict::not_yet;"),
    ],
    "slot_not_given_back": [
        ("src/engine/attempts.cpp", "agent->second.live.erase(attempt.sequence);", "(void)agent;"),
    ],
    "lost_timer": [
        ("src/engine/attempts.cpp", "  set_timer(turn.state, run, index, (turn.now.steady + *wait).us);\n", ""),
    ],
}


def copy_tree():
    """The source as it is now; unchanged files keep their times, so that little is built again."""
    wanted = set()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in LEFT_OUT]
        for name in files:
            source = pathlib.Path(folder) / name
            if source.is_symlink() or name in LEFT_OUT:
                continue
            relative = source.relative_to(ROOT)
            wanted.add(relative)
            put(TREE / relative, source.read_bytes(), source)
    for folder, folders, files in os.walk(TREE):
        folders[:] = [f for f in folders if f not in LEFT_OUT]
        for name in files:
            path = pathlib.Path(folder) / name
            if path.relative_to(TREE) not in wanted:
                path.unlink()


def put(path, content, source=None):
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if source is not None:
        shutil.copymode(source, path)


def mutate(name):
    """The copy with the mutation in it, all else as in the source."""
    for file in {file for edits in MUTATIONS.values() for file, _, _ in edits}:
        text = (ROOT / file).read_text()
        for where, old, new in MUTATIONS[name]:
            if where != file:
                continue
            if text.count(old) != 1:
                sys.exit(f"mutation {name}: cannot be applied: {file} does not hold exactly once: {old.strip()}")
            text = text.replace(old, new)
        put(TREE / file, text.encode())


def build():
    environment = dict(os.environ, CCACHE_BASEDIR=str(TREE), CCACHE_NOHASHDIR="1")
    folder = TREE / "build" / "release"
    for command in (
        ["cmake", "--preset", "release", "-DDANDORI_COROUTINES=OFF"],
        ["ninja", "-C", str(folder), "--quiet", "dandori_simulate"],
    ):
        done = subprocess.run(command, cwd=TREE, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return folder / "bin" / "dandori_simulate"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3000)
    parser.add_argument("names", nargs="*", metavar="NAME", default=[])
    options = parser.parse_args()
    unknown = set(options.names) - set(MUTATIONS)
    if unknown:
        sys.exit(f"no such mutation: {', '.join(sorted(unknown))} (there are {', '.join(MUTATIONS)})")
    copy_tree()
    missed = 0
    for name in options.names or MUTATIONS:
        mutate(name)
        program = build()
        done = subprocess.run([program, "--seeds", str(options.seeds), "--until-failure"], capture_output=True, text=True)
        caught = re.search(r"^seed (\d+): (.*)", done.stdout, re.MULTILINE)
        if caught:
            print(f"mutation {name}: caught by seed {caught[1]}: {caught[2]}", flush=True)
        else:
            missed += 1
            print(f"mutation {name}: NOT caught by {options.seeds} seeds", flush=True)
    print(f"{len(options.names or MUTATIONS)} mutations, {missed} not caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
