#!/usr/bin/env python3
"""Calendars on the command line: holidays in, days out, what a change does; without a server, and the same with one."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import BIN, Server, run_and_report

BUSINESS = """kind: Calendar
name: jp_business
timezone: Asia/Tokyo
rules:
  - {open: "2026-11-22", title: 棚卸}
  - {closed: {holidays: japan}}
  - {closed: {weekdays: [sat, sun]}}
  - {closed: {dates: ["12-31", "01-02", "01-03"]}, title: 年末年始}
"""
WORKFLOWS = """---
name: close
triggers: {nightly: {type: schedule, time: "20:00", days: every_day, calendar: jp_business}}
jobs: {a: {type: noop}}
---
name: pay
triggers: {monthly: {type: schedule, time: "09:00", days: {day: 25}, calendar: jp_business, on_closed_day: previous}}
jobs: {a: {type: noop}}
"""
CABINET_OFFICE = """国民の祝日・休日月日,国民の祝日・休日名称
1955/1/1,元日
2026/5/3,憲法記念日
2026/5/4,みどりの日
2026/5/5,こどもの日
2026/5/6,休日
2026/9/22,休日
"""


class Calendars(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def dandori(self, *arguments, check=0, lang="en", text=True):
        run = subprocess.run([BIN, "--lang", lang, "--tz", "Asia/Tokyo", *map(str, arguments)], cwd=self.folder,
                             capture_output=True, text=text, timeout=60, env=os.environ | {"LC_ALL": "C.UTF-8"})
        self.assertEqual(run.returncode, check, f"{arguments}\n{run.stdout}\n{run.stderr}")
        return run

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def days(self, target, *arguments):
        answer = json.loads(self.dandori("calendar", "days", target, *arguments, "-o", "json").stdout)
        return {item["date"]: item for item in answer["items"]}

    def test_cabinet_office(self):
        """the Cabinet Office's list becomes a calendar: 振替休日 and 国民の休日 are closed [CAL-10]"""
        (self.folder / "syukujitsu.csv").write_bytes(CABINET_OFFICE.replace("\n", "\r\n").encode("cp932"))
        said = self.dandori("calendar", "import", "syukujitsu.csv", "--name", "holidays", "--out", "holidays.yaml")
        self.assertEqual(said.stderr.splitlines(), ["5 days, 2026-05-03 to 2026-09-22",
                                                    "1 days before or after were left out"])
        self.dandori("validate", "holidays.yaml")
        found = self.days("holidays.yaml", "--year", 2026)
        closed = {date: item["reason"]["title"] for date, item in found.items() if not item["open"]}
        self.assertEqual(closed, {"2026-05-03": "憲法記念日", "2026-05-04": "みどりの日", "2026-05-05": "こどもの日",
                                  "2026-05-06": "休日", "2026-09-22": "休日"})
        again = self.dandori("calendar", "import", "syukujitsu.csv", "--out", "holidays.yaml", check=5)
        self.assertIn("[cli.exists]", again.stderr)
        self.dandori("calendar", "import", "syukujitsu.csv", "--out", "holidays.yaml", "--yes")
        self.dandori("calendar", "import", "syukujitsu.csv", "--name", "Bad Name", check=2)
        self.dandori("calendar", "import", "nowhere.csv", check=3)

    def test_what_goes_out_comes_back(self):
        """a calendar's days as iCalendar and CSV, imported again, are the same days [CAL-10]"""
        self.write("jp.yaml", BUSINESS)
        for form in ("ics", "csv"):
            for what in ((), ("--open",)):
                with self.subTest(form=form, what=what):
                    self.dandori("calendar", "export", "jp.yaml", "--format", form, *what, "--from", "2026-01-01",
                                 "--until", "2027-12-31", "--out", f"days.{form}", "--yes")
                    self.dandori("calendar", "import", f"days.{form}", *what, "--out", "back.yaml", "--yes")
                    back = self.write("back.yaml", (self.folder / "back.yaml").read_text() +
                                      ("  - {closed: {months: [1,2,3,4,5,6,7,8,9,10,11,12]}}\n" if what else ""))
                    before = self.days("jp.yaml", "--from", "2026-01-01", "--until", "2027-12-31")
                    after = self.days(back, "--from", "2026-01-01", "--until", "2027-12-31")
                    self.assertEqual({d: i["open"] for d, i in before.items()}, {d: i["open"] for d, i in after.items()})
        self.assertIn("RRULE:FREQ=WEEKLY;BYDAY=SU,SA;UNTIL=2027", (self.folder / "days.ics").read_text() +
                      self.dandori("calendar", "export", "jp.yaml", "--from", "2026-01-01", "--until", "2027-12-31").stdout)
        exported = self.dandori("calendar", "export", "jp.yaml", "--format", "yaml").stdout
        self.assertEqual(self.days(self.write("again.yaml", exported), "--year", 2026), self.days("jp.yaml", "--year", 2026))

    def test_days(self):
        """days as months for people, with the rule behind each day, past the announced years with a warning"""
        self.write("jp.yaml", BUSINESS)
        grid = self.dandori("calendar", "days", "jp.yaml", "--from", "2026-05-01", "--until", "2026-05-09").stdout
        self.assertEqual(grid.splitlines()[:4], ["May 2026", "Su Mo Tu We Th Fr Sa", "                1  2*",
                                                 " 3* 4* 5* 6* 7  8  9*"])
        japanese = self.dandori("calendar", "days", "jp.yaml", "--from", "2026-11-21", "--until", "2026-11-23", "--why",
                                lang="ja").stdout.splitlines()
        self.assertEqual([line.split() for line in japanese[1:]],
                         [["2026-11-21", "土", "休業日", "jp_business", "3", "曜日"],
                          ["2026-11-22", "日", "運用日", "jp_business", "1", "日付:", "棚卸"],
                          ["2026-11-23", "月", "休業日", "jp_business", "2", "祝日:", "勤労感謝の日"]])
        self.assertEqual(len(self.days("jp.yaml", "--year", 2028)), 366)
        self.assertIn("2027-12-31", self.dandori("calendar", "days", "jp.yaml", "--year", 2028).stderr)
        self.assertEqual(self.dandori("calendar", "days", "jp.yaml", "--year", 2027).stderr, "")
        self.assertIn("[calendar.bad_range]", self.dandori("calendar", "days", "jp.yaml", "--from", "2027-01-02", "--until",
                                                           "2027-01-01", check=2).stderr)
        self.write("two.yaml", BUSINESS + "---\nkind: Calendar\nname: shop\nextends: jp_business\n")
        self.assertIn("jp_business, shop", self.dandori("calendar", "days", "two.yaml", check=2).stderr)
        self.assertFalse(self.days("two.yaml", "--name", "shop", "--year", 2026)["2026-05-06"]["open"])
        self.assertIn("[calendar.unknown]", self.dandori("calendar", "days", "two.yaml", "--name", "x", check=3).stderr)
        self.write("lost.yaml", "kind: Calendar\nname: a\nextends: nowhere\n")
        self.assertIn("[calendar.unknown]", self.dandori("calendar", "days", "lost.yaml", check=6).stderr)

    def test_what_a_change_does(self):
        """a changed calendar lists the starts that it adds, removes and moves, before it is applied [CAL-03]"""
        self.write("now.yaml", BUSINESS + WORKFLOWS)
        self.write("new.yaml", BUSINESS.replace("rules:\n", "effective_from: \"2026-12-01\"\nrules:\n"
                                                "  - {closed: \"2026-12-25\", title: 創立記念日}\n"))
        diff = json.loads(self.dandori("calendar", "diff", "new.yaml", "--against", "now.yaml", "--from", "2026-11-28",
                                       "-o", "json").stdout)
        self.assertEqual((diff["added"], diff["removed"], diff["moved"]), (0, 1, 1))
        moved, removed = diff["items"]
        self.assertEqual((moved["workflow"], moved["before"]["local"], moved["after"]["local"]),
                         ("pay", "2026-12-25T09:00:00+09:00", "2026-12-24T09:00:00+09:00"))
        self.assertEqual((removed["workflow"], removed["after"], removed["reason"]), ("close", None, "closed_day"))
        said = self.dandori("calendar", "diff", "new.yaml", "--against", "now.yaml", "--from", "2026-11-28", lang="ja")
        self.assertIn("移動 1 件", said.stderr)
        same = self.dandori("calendar", "diff", "now.yaml", "--against", "now.yaml", "--from", "2026-11-28")
        self.assertEqual((same.stdout, same.stderr), ("", "no start changes in 400 days from 2026-11-28\n"))

    def test_files_and_server_say_the_same(self):
        """days, export and diff by name of the server are what the files alone give [CAL-10, CAL-03]"""
        with Server("--timezone", "Asia/Tokyo") as server:
            self.write("shop.yaml", BUSINESS + WORKFLOWS + "---\nkind: Calendar\nname: shop\nextends: jp_business\n"
                       "rules: [{closed: {dates: {\"2026-06-10\": 棚卸}}}]\n")
            server.cli("apply", self.folder / "shop.yaml")
            self.assertEqual(server.cli("calendar", "list", "-o", "name").stdout.split(), ["jp_business", "shop"])
            self.assertIn("extends: jp_business", server.cli("calendar", "get", "shop").stdout)
            span = ("--from", "2026-06-01", "--until", "2026-12-31")
            there = json.loads(server.cli("calendar", "days", "shop", *span, "-o", "json").stdout)
            here = json.loads(self.dandori("calendar", "days", "shop.yaml", "--name", "shop", *span, "-o", "json").stdout)
            self.assertEqual(there["items"], here["items"])
            self.assertEqual(there["items"][9]["reason"]["title"], "棚卸")
            out = [server.cli("calendar", "export", "shop", "--format", "csv", *span).stdout,
                   self.dandori("calendar", "export", "shop.yaml", "--name", "shop", "--format", "csv", *span).stdout]
            self.assertEqual(out[0], out[1])
            self.write("new.yaml", BUSINESS.replace("rules:\n", "rules:\n  - {closed: \"2026-12-25\", title: 創立記念日}\n"))
            there = json.loads(server.cli("calendar", "diff", self.folder / "new.yaml", "--from", "2026-11-28", "-o", "json").stdout)
            here = json.loads(self.dandori("calendar", "diff", "new.yaml", "--against", "shop.yaml", "--from", "2026-11-28",
                                           "-o", "json").stdout)
            self.assertEqual((there["items"], there["removed"], there["moved"]), (here["items"], 1, 1))
            self.assertIn("[calendar.unknown]", server.cli("calendar", "days", "nowhere", check=3).stderr)


if __name__ == "__main__":
    run_and_report()
