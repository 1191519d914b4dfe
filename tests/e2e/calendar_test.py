#!/usr/bin/env python3
"""Calendars and schedules with the real server: what a preview says is what happens, and every dropped date has a
reason. Time is the test clock's."""
import json
import unittest

from harness import Server, run_and_report

BANK = """kind: Calendar
name: jpbank
title: 銀行営業日
timezone: Asia/Tokyo
rules:
  - {closed: {holidays: japan}}
  - {closed: {weekdays: [sat, sun]}}
  - {closed: {dates: ["12-31", "01-02", "01-03"]}}
"""

# Four workflows on every 3rd of a month: in May 2026 a Sunday, and the two days after it are closed too.
THIRD = """
---
name: {name}
triggers:
  third: {{type: schedule, days: {{day: 3}}, time: "09:00", calendar: jpbank, on_closed_day: {rule}{more}}}
jobs: {{a: {{type: noop}}}}
"""

NOW = "2026-04-25T00:00:00Z"


def shifted(name: str, rule: str, more: str = "") -> str:
    return THIRD.format(name=name, rule=rule, more=more)


class Previews(unittest.TestCase):
    UNION = BANK + """---
name: union
triggers:
  cron:  {type: schedule, cron: "0 9 * * 1-5", timezone: Asia/Tokyo}
  once:  {type: once, at: "2026-04-27T09:00", timezone: Asia/Tokyo}
  month: {type: schedule, days: {open_day: last}, time: "20:00", calendar: jpbank, on_closed_day: previous}
  dated: {type: schedule, days: every_day, time: "07:00", timezone: Asia/Tokyo, valid: {from: "2026-05-02", until: "2026-05-04"}}
jobs: {a: {type: noop}}
"""

    def test_union_of_several_schedules(self):
        """Several schedules of one workflow: the preview is their union, the same minute counts once [TRG-03]"""
        with Server("--timezone", "Asia/Tokyo", "--test-clock", NOW) as server:
            file = server.folder / "union.yaml"
            file.write_text(self.UNION)
            out = server.cli("schedule", "preview", file, "-n", "9", "--from", NOW, "-o", "json").stdout
            lines = [(line["local"][:16], line["triggers"]) for line in json.loads(out)["items"]]
            self.assertEqual(lines[:5], [
                ("2026-04-27T09:00", ["cron", "once"]), ("2026-04-28T09:00", ["cron"]),
                ("2026-04-29T09:00", ["cron"]), ("2026-04-30T09:00", ["cron"]), ("2026-04-30T20:00", ["month"])])
            self.assertEqual(lines[5:], [
                ("2026-05-01T09:00", ["cron"]), ("2026-05-02T07:00", ["dated"]), ("2026-05-03T07:00", ["dated"]),
                ("2026-05-04T07:00", ["dated"])])

    def test_every_form_starts_when_worked_out_by_hand(self):
        """Forms of day rules and of EventBridge, each with its next start [TRG-02]"""
        with Server("--timezone", "Asia/Tokyo", "--test-clock", NOW) as server:
            server.apply("""{name: every_ten, triggers: {t: {type: schedule, every: 10m}}, jobs: {a: {type: noop}}}""")
            found = server.api("GET", "/workflows/every_ten/preview?n=6&from=2026-04-25T01:00:00Z")
            self.assertEqual([line["at"][11:16] for line in found["items"]],
                             ["01:00", "01:10", "01:20", "01:30", "01:40", "01:50"])
            server.api("POST", "/test-clock", {"to": "2026-04-25T01:00:00Z"})
            before = len(server.api("GET", "/runs?workflow=every_ten")["items"])
            server.api("POST", "/test-clock", {"to": "2026-04-25T01:59:59Z"})
            after = len(server.api("GET", "/runs?workflow=every_ten&limit=100")["items"])
            self.assertEqual(after - before, 5)

    def test_steps_in_both_languages(self):
        """Dropped dates and the steps from rule to start are shown in the reader's language [CAL-09]"""
        with Server("--timezone", "Asia/Tokyo", "--test-clock", NOW) as server:
            first, second = server.folder / "bank.yaml", server.folder / "third.yaml"
            first.write_text(BANK)
            second.write_text(shifted("third_skip", "skip") + shifted("other", "next"))
            arguments = ("schedule", "preview", first, second, "-n", "1", "--from", "2026-05-01", "--tz", "Asia/Tokyo",
                         "--why")
            english = server.cli(*arguments).stdout
            self.assertIn("no start: a closed day", english)
            self.assertIn("2026-05-03 is named by the rule day: 3", english)
            japanese = server.cli(*arguments, lang="ja").stdout
            self.assertIn("起動しない: 休業日", japanese)
            self.assertIn("2026-05-03 は休業日(憲法記念日、jpbank の規則 1)", japanese)
            mixed = server.cli("schedule", "preview", first, "no_file_of_this_name", check=2)
            self.assertIn("is no file", mixed.stderr)


if __name__ == "__main__":
    run_and_report()
