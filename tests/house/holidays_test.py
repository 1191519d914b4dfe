#!/usr/bin/env python3
"""The shipped table of Japanese holidays against the law, worked out anew (tools/holidays/check.py)."""
import sys
import unittest
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools/holidays")]
import check  # noqa: E402
from report import run_and_report  # noqa: E402


class Holidays(unittest.TestCase):
    def test_table_is_the_law(self):
        """the shipped Japanese holidays of 1970 to 2050 are those of the law, day by day and by name [CAL-10]"""
        self.assertEqual(check.differences(), [])
        self.assertGreater(len(check.table()), 1300)

    def test_the_check_sees_a_wrong_day(self):
        """a day that is wrong in the table is found"""
        whole = check.table
        try:
            check.table = lambda: {day: name for day, name in whole().items() if day != date(2026, 5, 6)}
            self.assertEqual(check.differences(),
                             ["2026-05-06: the law says 振替休日 (憲法記念日), the table no holiday"])
        finally:
            check.table = whole


if __name__ == "__main__":
    run_and_report()
