#!/usr/bin/env python3
"""Random clock expressions, read by dandori and by programs that people know: systemd and croniter.

What differs on purpose is listed in docs/concepts/schedules.md, "Compared with other programs". The seed is printed;
DANDORI_SEED=N repeats it."""
import json
import os
import random
import subprocess
import sys
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

import expressions

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from report import run_and_report  # noqa: E402

BIN = Path(os.environ.get("DANDORI_BIN", ROOT / "build/release/bin/dandori")).parent
SEED = int(os.environ.get("DANDORI_SEED") or random.SystemRandom().randrange(10**6))
COUNT = 1000
FIRES = 6
# Debian's own Python, which has Debian's croniter.
DEBIAN_PYTHON = "/usr/bin/python3"
CRONITER = """
import json, sys
from datetime import datetime, timezone
from croniter import croniter
after, fires, expressions = json.load(sys.stdin)
def ask(expression, day_or):
    try:
        asked = croniter(expression, datetime.fromtimestamp(after, timezone.utc), day_or=day_or)
        return [int(asked.get_next(datetime).timestamp()) for _ in range(fires)]
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
json.dump([ask(*each) for each in expressions], sys.stdout)
"""


def ours(form, lines, after):
    """Next starts of each (expression, zone); a string is the code of an error."""
    text = "".join(f"{form}\t{expression}\t{zone}\t{after}\t{FIRES}\n" for expression, zone in lines)
    done = subprocess.run([BIN / "dandori_next_fires"], input=text, capture_output=True, text=True, check=True, timeout=300)
    answers = [line if "." in line else [int(part) for part in line.split()] for line in done.stdout.splitlines()]
    assert len(answers) == len(lines), done.stderr
    return answers


def systemd(texts, after, zone):
    """The same by systemd-analyze, which names instants in UTC beside those of its zone."""
    base = datetime.fromtimestamp(after, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    done = subprocess.run(["systemd-analyze", "calendar", f"--iterations={FIRES}", f"--base-time={base}", "--", *texts],
                          env={"TZ": zone, "LC_ALL": "C", "PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=300)
    answers = []
    for block in done.stdout.split("\n\n"):  # one of each expression
        found = []
        for line in block.splitlines():
            key, _, value = line.strip().partition(": ")
            if key == "(in UTC)":
                found[-1] = value
            elif (key == "Next elapse" or key.startswith("Iter. #")) and value != "never":
                found.append(value)
        if block.strip():
            answers.append([int(datetime.strptime(value, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=timezone.utc).timestamp())
                            for value in found])
    if len(answers) != len(texts) or done.returncode != 0:
        raise AssertionError(f"systemd-analyze answered {len(answers)} of {len(texts)}: {done.stderr}")
    return answers


def croniter(questions, after):
    done = subprocess.run([DEBIAN_PYTHON, "-c", CRONITER], input=json.dumps([after, FIRES, questions]), capture_output=True,
                          text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def has_both_days(expression):
    """Whether croniter takes either day for enough where cron, by its manual, wants both: a field that starts with *
    restricts nothing there, also as */2."""
    _, _, of_month, _, of_week = expression.split()
    return "*" not in (of_month, of_week) and (of_month[0] == "*" or of_week[0] == "*")


def missing(mine, theirs):
    """Instants that only ours has, up to the last of theirs; None: theirs has others."""
    if set(theirs) - set(mine) != {at for at in theirs if at > mine[-1]}:
        return None
    return [datetime.fromtimestamp(at, timezone.utc) for at in mine if at not in theirs and at < theirs[-1]]


def is_explained_by_systemd(after, expression, mine, theirs):
    """systemd may leave out starts in January that come after a step which leads out of the year before; dandori looks
    41 years ahead, and not beyond 2100."""
    if mine == theirs[:len(mine)] and len(mine) < len(theirs):
        before = datetime.fromtimestamp([after, *mine][-1], timezone.utc)
        following = datetime.fromtimestamp(theirs[len(mine)], timezone.utc)
        return following.year > 2100 or following.year - before.year >= 41
    left_out = missing(mine, theirs) if mine and theirs else None
    return left_out is not None and "/" in expression and all(at.month == 1 for at in left_out)


def is_explained_by_croniter(expression, mine, theirs):
    """What croniter does not see: a start in the first days of a month after a shorter one, when the next day of its
    list did not exist there; and the weekdays beside a day that none of the months has."""
    _, _, of_month, _, of_week = expression.split()
    if isinstance(theirs, str):
        both = of_month[0] != "*" and of_week[0] != "*"
        return theirs.startswith("CroniterBadDateError") and (mine == "cron.never" or both)
    left_out = missing(mine, theirs)
    return left_out is not None and of_month != "*" and \
        all(at.day <= 3 and (at - timedelta(days=at.day)).day < 31 for at in left_out)


class Differential(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(f"{SEED} {self.id().rsplit('.', 1)[-1]}")
        print(f"DANDORI_SEED={SEED}")
        # The first second of a year: at others systemd may leave out the next start of an expression with a step.
        self.after = int(datetime(self.rng.randint(2024, 2034), 1, 1, tzinfo=timezone.utc).timestamp())

    def compare(self, names, mine, theirs, explained):
        self.assertEqual(len(mine), len(theirs))
        wrong = [f"{name!r} after {self.after}: ours {ours}, theirs {other}"
                 for name, ours, other in zip(names, mine, theirs) if ours != other and not explained(name, ours, other)]
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(names)} differ; DANDORI_SEED={SEED}")

    def test_on_calendar_means_what_systemd_says(self):
        """[TRG-24] 1,000 random OnCalendar expressions fire as systemd-analyze says"""
        texts = [expressions.on_calendar(self.rng, ["UTC", "Asia/Tokyo"]) for _ in range(COUNT)]
        mine = ours("on_calendar", [(text, "UTC") for text in texts], self.after)
        theirs = [answer for i in range(0, COUNT, 200) for answer in systemd(texts[i:i + 200], self.after, "UTC")]
        never = [name for name, answer in zip(texts, mine) if answer == "on_calendar.never"]
        mine = [[] if answer == "on_calendar.never" else answer for answer in mine]
        self.compare(texts, mine, theirs, lambda *each: is_explained_by_systemd(self.after, *each))
        odd = [text for text, ours, other in zip(texts, mine, theirs) if ours != other]
        print(f"{COUNT} expressions, {sum(map(len, theirs))} starts, {len(never)} that never come; explained: {odd}")

    def test_cron_means_what_croniter_says(self):
        """[TRG-01] 1,000 random cron expressions fire as croniter says"""
        texts = [expressions.cron(self.rng) for _ in range(COUNT)]
        mine = ours("cron", [(text, "UTC") for text in texts], self.after)
        theirs = croniter([(text, not has_both_days(text)) for text in texts], self.after)
        self.compare(texts, mine, theirs, is_explained_by_croniter)
        odd = [text for text, ours, other in zip(texts, mine, theirs) if ours != other]
        print(f"{COUNT} expressions, {sum(map(has_both_days, texts))} where both days must match; explained: {odd}")


if __name__ == "__main__":
    run_and_report()
