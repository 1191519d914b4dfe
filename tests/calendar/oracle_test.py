#!/usr/bin/env python3
"""What the program plans, compared with the oracle: a plain day-by-day scan of its own (oracle.py).

The seed of the random ones is printed; DANDORI_SEED=N repeats it, DANDORI_PAIRS=N takes more than 200."""
import json
import os
import random
import subprocess
import sys
import unittest
from datetime import datetime, timezone
from pathlib import Path

import cases
import worlds

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from report import run_and_report  # noqa: E402

BIN = Path(os.environ.get("DANDORI_BIN", ROOT / "build/release/bin/dandori")).parent
SEED = int(os.environ.get("DANDORI_SEED") or random.SystemRandom().randrange(10**6))
PAIRS = int(os.environ.get("DANDORI_PAIRS") or 200)


def planned(questions):
    """What dandori_plan_starts answers for each (documents, from, to), as the lines of the cases."""
    def instant(seconds):
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    asked = "".join(json.dumps({"texts": [json.dumps(each, ensure_ascii=False) for each in documents], "from": instant(begin), "to": instant(end)}) + "\n"
                    for documents, begin, end in questions)
    done = subprocess.run([BIN / "dandori_plan_starts"], input=asked, capture_output=True, text=True, check=True, timeout=600)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), done.stderr
    return [sorted(cases.line(row["workflow"], row) for row in answer["starts"]) if "starts" in answer
            else answer["problems"] for answer in answers]


def difference(wanted, found):
    return "\n".join([*(f"  only the oracle: {line}" for line in wanted if line not in found)][:12] +
                     [*(f"  only dandori:    {line}" for line in found if line not in wanted)][:12])


class Oracle(unittest.TestCase):
    maxDiff = None

    def test_worked_cases(self):
        """[CAL-02] [CAL-03] [CAL-04] [CAL-05] [CAL-06] a hundred worked cases plan what the oracle worked out"""
        known = json.loads(cases.FILE.read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(known), 100)
        found = planned([(each["documents"], *cases.window(each["documents"], each["from"], each["to"])[1:]) for each in known])
        wrong = [f"{each['title']}:\n{difference(each['expected'], answer)}"
                 for each, answer in zip(known, found) if each["expected"] != answer]
        self.assertEqual(len(wrong), 0, "\n".join(wrong[:10]))
        print(f"{len(known)} cases, {sum(len(each['expected']) for each in known)} occurrences")

    def test_cases_are_those_of_the_script(self):
        """the checked-in cases are what the oracle computes today"""
        self.assertEqual(json.loads(cases.FILE.read_text(encoding="utf-8")), cases.computed(),
                         "run tests/calendar/cases.py --write and look at what has changed")

    def test_random_pairs(self):
        """[TRG-03] [TRG-04] [CAL-01] 200 random calendars and schedules plan what a scan of each day finds"""
        print(f"DANDORI_SEED={SEED}")
        questions, wanted = [], []
        for number in range(PAIRS):
            documents, begin, end = worlds.world(random.Random(f"{SEED} {number}"))
            questions.append((documents, *cases.window(documents, begin.isoformat(), end.isoformat())[1:]))
            wanted.append(cases.expected(documents, begin.isoformat(), end.isoformat()))
        found = planned(questions)
        wrong = []
        for number, (question, expected, answer) in enumerate(zip(questions, wanted, found)):
            if expected != answer:
                text = "\n".join(f"    {json.dumps(document)}" for document in question[0])
                wrong.append(f"pair {number} of DANDORI_SEED={SEED}:\n{text}\n{difference(expected, answer)}")
        self.assertEqual(len(wrong), 0, f"{len(wrong)} of {PAIRS} differ; DANDORI_SEED={SEED}\n" + "\n".join(wrong[:5]))
        dropped = sum(line.count(" ") == 4 for lines in wanted for line in lines)
        print(f"{PAIRS} pairs, {sum(map(len, wanted))} occurrences, {dropped} of them dropped")


if __name__ == "__main__":
    run_and_report()
