#!/usr/bin/env python3
"""Calendars and schedules with the real server: what a preview says is what happens, and every dropped date has a
reason. Time is the test clock's."""
import json
import unittest
from datetime import datetime, timedelta

from harness import Problem, Server, run_and_report

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


class Calendars(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server("--timezone", "Asia/Tokyo", "--test-clock", NOW))
        cls.server.apply(BANK + shifted("third_skip", "skip") + shifted("third_previous", "previous") +
                         shifted("third_next", "next") + shifted("third_run", "run") +
                         shifted("third_near", "next", ", max_shift: 2d"))

    def days(self, workflow: str, first: str, last: str) -> dict:
        answer = self.server.api("GET", f"/workflows/{workflow}/schedule?from={first}&until={last}")
        self.assertEqual([answer["from"], answer["until"]], [first, last])
        return {day["date"]: day for day in answer["items"]}

    def test_a_closed_day_has_no_run_and_says_why(self):
        """A calendar is made, a workflow bound to it: its closed day has no run, with the rule as reason [CAL-01]"""
        days = self.days("third_skip", "2026-05-01", "2026-05-07")
        third = days["2026-05-03"]
        self.assertFalse(third["calendar"]["open"])
        self.assertEqual([third["calendar"]["calendar"], third["calendar"]["rule"], third["calendar"]["title"]],
                         ["jpbank", 1, "憲法記念日"])
        [dropped] = third["runs"]
        self.assertEqual([dropped["state"], dropped["reason"], dropped["origin"]],
                         ["bypassed", "closed_day", "2026-05-03T09:00:00"])
        self.assertEqual([step["code"] for step in dropped["trace"]][:3], ["named", "closed", "skip"])
        plan = self.server.api("GET", "/plan?date=2026-05-03")["items"]
        rows = {row["workflow"]: [row["state"], row["reason"]] for row in plan}
        self.assertEqual(rows["third_skip"], ["bypassed", "closed_day"])
        listed = self.server.cli("plan", "list", "--date", "2026-05-03").stdout
        self.assertRegex(listed, "third_skip.*closed day")

    def test_shift_of_closed_days(self):
        """Four workflows, one closed Sunday: previous, next, skip, run; a chain of closed days is limited [CAL-03]"""
        starts = {}
        for name in ("third_skip", "third_previous", "third_next", "third_run", "third_near"):
            found = self.server.api(
                "GET", f"/workflows/{name}/preview?n=10&from=2026-05-01T00:00:00Z&to=2026-05-31T00:00:00Z")
            starts[name] = [(line["business_date"], line["local"][:16]) for line in found["items"]]
        self.assertEqual(starts, {
            "third_skip": [],
            "third_previous": [("2026-05-01", "2026-05-01T09:00")],
            "third_next": [("2026-05-07", "2026-05-07T09:00")],
            "third_run": [("2026-05-03", "2026-05-03T09:00")],
            "third_near": [],
        })
        [dropped] = self.days("third_near", "2026-05-03", "2026-05-03")["2026-05-03"]["runs"]
        self.assertEqual([dropped["state"], dropped["reason"]], ["bypassed", "max_shift"])

    def test_the_next_start_of_a_list_is_a_start(self):
        """Lists name the next start, not a date that is dropped before it [CAL-03]"""
        listed = {item["name"]: item["next_start"] for item in self.server.api("GET", "/workflows")["items"]}
        self.assertEqual(listed["third_skip"], "2026-06-03T00:00:00Z")
        self.assertEqual(listed["third_previous"], "2026-05-01T00:00:00Z")
        self.assertEqual(self.server.api("GET", "/workflows/third_skip")["next"][0]["at"], "2026-06-03T00:00:00Z")

    def test_a_change_counts_at_once(self):
        """A new revision of a calendar, from a date on, counts in plan and lists at once [CAL-01]"""
        server = self.enterContext(Server("--timezone", "Asia/Tokyo", "--test-clock", NOW))
        text = BANK + shifted("third_next", "next")
        server.apply(text)
        self.assertRegex(server.cli("workflow", "list").stdout, "third_next .* 2026-05-07 09:00:00")
        server.apply(text.replace("timezone: Asia/Tokyo\n",
                                  "timezone: Asia/Tokyo\neffective_from: \"2026-05-04\"\n", 1)
                     .replace("rules:\n", "rules:\n  - {closed: \"2026-05-07\"}\n", 1))
        [listed] = server.api("GET", "/workflows")["items"]
        self.assertEqual(listed["next_start"], "2026-05-08T00:00:00Z")
        detail = server.api("GET", "/calendars/jpbank")
        self.assertEqual([(each["revision"], each["effective_from"]) for each in detail["revisions"]],
                         [(2, "2026-05-04"), (1, None)])
        server.api("POST", "/test-clock", {"to": "2026-05-07T01:00:00Z"})
        self.assertEqual(server.api("GET", "/runs")["items"], [])
        server.api("POST", "/test-clock", {"to": "2026-05-08T00:00:00Z"})
        [run] = server.api("GET", "/runs")["items"]
        self.assertEqual([run["business_date"], run["nominal"]], ["2026-05-08", "2026-05-03T09:00:00"])

    def test_why_not_on_the_third(self):
        """Why a workflow does not start on a day is told from its rules, in both languages [CAL-01]"""
        english = self.server.cli("why", "workflow", "third_next", "--on", "2026-05-03").stdout
        self.assertIn("moved to 2026-05-07", english)
        self.assertIn("2026-05-03 is closed (Constitution Memorial Day, rule 1 of jpbank)", english)
        japanese = self.server.cli("why", "workflow", "third_next", "--on", "2026-05-03", lang="ja").stdout
        self.assertIn("2026-05-03 は休業日(憲法記念日、jpbank の規則 1)", japanese)
        self.assertIn("次の運用日 2026-05-07 へ移動 (4 日)", japanese)
        self.assertIn("次の起動日: 2026-05-07", japanese)
        no_rule = self.server.cli("why", "third_next", "--on", "2026-05-08", lang="ja").stdout
        self.assertIn("この日を対象とする規則がありません", no_rule)
        answer = self.server.api("GET", "/workflows/third_skip/why?date=2026-05-03")
        self.assertEqual(answer["triggers"][0]["plan"]["dropped"][0]["reason"], "closed_day")
        self.server.cli("why", "workflow", "third_nxt", "--on", "2026-05-03", check=3)

    def test_days_of_a_calendar(self):
        """Open and closed days with the rule behind each, and a warning past the verified year [CAL-01]"""
        answer = self.server.api("GET", "/calendars/jpbank/days?from=2026-05-01&until=2026-05-07")
        self.assertEqual("".join("OC"[not day["open"]] for day in answer["items"]), "OCCCCCO")
        self.assertEqual(answer["items"][5]["reason"]["title"], "振替休日 (憲法記念日)")
        self.assertEqual(answer["items"][0]["month"],
                         {"year": 2026, "month": 5, "first": "2026-05-01", "last": "2026-05-31"})
        self.assertEqual(answer["warnings"], [])
        later = self.server.api("GET", "/calendars/jpbank/days?from=2049-01-01&until=2049-01-07")
        self.assertEqual(later["warnings"][0]["code"], "calendar.not_verified")
        preview = self.server.api("GET", "/workflows/third_next/preview?n=1&from=2049-01-01T00:00:00Z")
        self.assertEqual(preview["warnings"], later["warnings"])
        listed = {item["name"]: item for item in self.server.api("GET", "/calendars")["items"]}
        self.assertEqual(listed["jpbank"]["verified_until"], later["warnings"][0]["verified_until"])
        self.assertEqual(listed["jpbank"]["used_by_count"], 5)
        detail = self.server.api("GET", "/calendars/jpbank")
        self.assertEqual(detail["used_by"]["workflows"][0], "third_near")
        self.assertIn("銀行営業日", detail["source"])
        with self.assertRaises(Problem) as refused:
            self.server.api("GET", "/calendars/jpbank/days?from=2026-01-01&until=2029-01-01")
        self.assertEqual([refused.exception.status, refused.exception.body["code"]], [422, "request.bad_parameter"])
        with self.assertRaises(Problem) as unknown:
            self.server.api("GET", "/calendars/jpbnk")
        self.assertEqual([unknown.exception.status, unknown.exception.body["code"]], [404, "calendar.unknown"])

    def test_what_a_change_would_do(self):
        """Before a calendar is saved: the days it changes, and the starts it removes and moves [CAL-03]"""
        change = BANK.replace("rules:\n", "rules:\n  - {closed: \"2026-06-03\", title: 創立記念日}\n")
        answer = self.server.api("POST", "/calendars:diff", {"source": change})
        self.assertEqual([(day["date"], day["open"], day["after"]["title"]) for day in answer["days"]],
                         [("2026-06-03", False, "創立記念日")])
        self.assertEqual([answer["added"], answer["removed"], answer["moved"], answer["calendars"]],
                         [0, 1, 3, ["jpbank"]])
        told = {item["workflow"]: item for item in answer["items"]}
        self.assertEqual([told["third_skip"]["change"], told["third_skip"]["reason"]], ["removed", "closed_day"])
        self.assertEqual(told["third_previous"]["after"]["business_date"], "2026-06-02")
        self.assertEqual(told["third_next"]["after"]["business_date"], "2026-06-04")
        unchanged = self.server.api("POST", "/calendars:diff", {"files": [{"name": "a.yaml", "text": BANK}], "days": 30})
        self.assertEqual([unchanged["items"], unchanged["days"], unchanged["calendars"]], [[], [], []])
        status, problem = self.server.request("POST", "/api/v1/calendars:diff", {"source": "kind: Calendar\nname: 1\n"})
        self.assertEqual([status, problem["problems"][0]["file"]], [422, "source"])
        changes = self.server.api("POST", "/workflows:diff", {"files": [{"name": "a.yaml", "text": change}]})
        self.assertEqual([(item["kind"], item["name"], item["action"]) for item in changes["items"]],
                         [("Calendar", "jpbank", "changed")])
        self.assertEqual(changes["items"][0]["changes"][0]["subject"], "rule")


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

    def test_every_ten_minutes(self):
        """A cycle of ten minutes makes six runs in an hour, at :00, :10 … as previewed [TRG-02]"""
        with Server("--timezone", "Asia/Tokyo", "--test-clock", NOW) as server:
            server.apply("""{name: every_ten, triggers: {t: {type: schedule, every: 10m}}, jobs: {a: {type: noop}}}""")
            found = server.api("GET", "/workflows/every_ten/preview?n=6&from=2026-04-25T01:00:00Z")
            self.assertEqual([line["at"][11:16] for line in found["items"]],
                             ["01:00", "01:10", "01:20", "01:30", "01:40", "01:50"])
            for line in found["items"]:
                server.api("POST", "/test-clock", {"to": line["at"]})
            server.api("POST", "/test-clock", {"to": "2026-04-25T01:59:59Z"})
            runs = server.api("GET", "/runs?workflow=every_ten&limit=100")["items"]
            self.assertEqual(sorted(run["scheduled_for"][11:16] for run in runs if run["scheduled_for"][11:13] == "01"),
                             ["01:00", "01:10", "01:20", "01:30", "01:40", "01:50"])

    def test_the_interval_counts_from_the_end(self):
        """The next start of `every … from_end` is told while nothing runs: ten minutes after the end [TRG-23]"""
        with Server("--timezone", "Asia/Tokyo", "--test-clock", NOW) as server:
            server.apply("{name: from_end, triggers: {t: {type: schedule, every: 10m, from_end: true}},"
                         " jobs: {a: {type: noop}}}")
            server.api("POST", "/test-clock", {"to": "2026-04-25T00:05:00Z"})
            [run] = server.api("GET", "/runs?workflow=from_end")["items"]
            ended = datetime.fromisoformat(server.wait_run(run["id"])["ended_at"])
            [listed] = server.api("GET", "/workflows")["items"]
            self.assertEqual(datetime.fromisoformat(listed["next_start"]) - ended, timedelta(minutes=10))

    def test_fifty_starts_before_applying(self):
        """`schedule preview -n 50` without a server is what the server does later [CAL-09]"""
        text = BANK + """---
name: previewed
overlap: {policy: parallel, max: 100}
triggers:
  daily: {type: schedule, days: every_day, times: ["07:30", "25:00"], calendar: jpbank, on_closed_day: next, offset: {days: 1, count: open_days}}
  close: {type: schedule, days: {open_day: last}, time: "20:00", calendar: jpbank, jitter: 5m}
  yearly: {type: schedule, days: {weekday: {mon: 2}}, time: "12:00", calendar: jpbank, exclude: {dates: ["2026-05-11"]}}
jobs: {a: {type: noop}}
"""
        with Server("--timezone", "Asia/Tokyo", "--test-clock", NOW) as server:
            file = server.folder / "previewed.yaml"
            file.write_text(text)
            out = server.cli("schedule", "preview", file, "-n", "50", "--from", NOW, "--tz", "Asia/Tokyo",
                             "-o", "json").stdout
            preview = [(line["at"], line["business_date"], line["nominal"]) for line in json.loads(out)["items"]]
            self.assertEqual(len(preview), 50)
            server.apply(text)
            listed = server.api("GET", f"/workflows/previewed/preview?n=50&from={NOW}")["items"]
            self.assertEqual([(line["at"], line["business_date"], line["nominal"]) for line in listed], preview)
            for at, _, _ in preview:
                server.api("POST", "/test-clock", {"to": at})
            runs = server.api("GET", "/runs?workflow=previewed&limit=100")["items"]
            started = sorted((run["scheduled_for"], run["business_date"], run["nominal"]) for run in runs)
            self.assertEqual(started, sorted(preview))

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
            later = server.cli("schedule", "preview", first, second, "-n", "1", "--from", "2040-01-01", lang="ja")
            self.assertIn("祝日は 2027-12-31 までしか公表されていません", later.stderr)
            mixed = server.cli("schedule", "preview", first, "no_file_of_this_name", check=2)
            self.assertIn("is no file", mixed.stderr)

    def test_workflows_of_the_files_exclude_each_other(self):
        """A date on which another workflow is planned has a row, no run and the reason [CAL-13]"""
        text = """name: daily
triggers: {t: {type: schedule, days: every_day, time: "20:00", exclude: {workflows: [month_end]}}}
jobs: {a: {type: noop}}
---
name: month_end
triggers: {t: {type: schedule, days: {day: last}, time: "21:00"}}
jobs: {a: {type: noop}}
"""
        with Server("--timezone", "Asia/Tokyo", "--test-clock", "2026-04-29T15:00:00Z") as server:
            file = server.folder / "both.yaml"
            file.write_text(text)
            out = server.cli("schedule", "preview", file, "-n", "1", "--from", "2026-04-30", "--tz", "Asia/Tokyo",
                             "--why", "-o", "jsonl").stdout
            lines = [json.loads(line) for line in out.splitlines()]
            self.assertEqual([lines[0]["nominal"], lines[0]["dropped"]], ["2026-04-30T20:00:00", "excluded_workflow"])
            server.apply(text)
            [row] = server.api("GET", "/workflows/daily/schedule?from=2026-04-30&until=2026-04-30")["items"][0]["runs"]
            self.assertEqual([row["state"], row["reason"]], ["bypassed", "excluded_workflow"])
            server.api("POST", "/test-clock", {"to": "2026-04-30T14:00:00Z"})
            [row] = server.api("GET", "/workflows/daily/schedule?from=2026-04-30&until=2026-04-30")["items"][0]["runs"]
            self.assertEqual([row["state"], row["reason"], row["run"]], ["bypassed", "excluded_workflow", None])
            self.assertEqual(row["trace"][-1]["code"], "excluded_workflow")
            [started] = server.api("GET", "/workflows/month_end/schedule?from=2026-04-30&until=2026-04-30")["items"][0]["runs"]
            self.assertEqual(started["state"], "started")


if __name__ == "__main__":
    run_and_report()
