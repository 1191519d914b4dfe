#!/usr/bin/env python3
"""Business dates with the real server: values that runs work for, their moves, and who follows them."""
import unittest

from harness import Follower, Problem, Server, run_and_report, until

DATES = """kind: Calendar
name: jpbank
timezone: Asia/Tokyo
rules:
  - {closed: {holidays: japan}}
  - {closed: {weekdays: [sat, sun]}}
---
kind: BusinessDate
name: batch
title: バッチ日付
calendar: jpbank
advance: job
start: 2026-05-01
---
kind: BusinessDate
name: online
calendar: jpbank
advance: {at: "27:00"}
start: 2026-05-01
---
name: daily
business_date: batch
jobs:
  show: {run: [sh, -c, 'echo day=$BIZ_YMD']}
---
name: roll
business_date: batch
jobs:
  advance: {type: business_date, with: {name: batch}}
"""
NOW = "2026-05-01T03:00:00Z"


class BusinessDates(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--timezone", "Asia/Tokyo", "--test-clock", NOW))
        self.server.apply(DATES)

    def value(self, name: str = "batch") -> str:
        return self.server.api("GET", f"/business-dates/{name}")["value"]

    def test_programs_outside_follow(self):
        """GET shows the new value at once, and each move is one event, in order [BIZ-07]"""
        follower = Follower(self.server, "business-dates")
        self.addCleanup(follower.close)
        moved = self.server.api("POST", "/business-dates/batch:move", {"step": "next", "reason": "test"})
        self.assertEqual([moved["from"], moved["to"]], ["2026-05-01", "2026-05-07"])
        self.assertEqual(self.value(), "2026-05-07")
        event = follower.next()
        self.assertEqual(event["kind"], "business_date.moved")
        self.assertEqual([event["body"][key] for key in ("business_date", "from", "to", "how")],
                         ["batch", "2026-05-01", "2026-05-07", "hand"])
        run = self.server.start_run("roll")
        self.assertEqual(self.server.wait_run(run["id"])["state"], "succeeded")
        event = follower.next()
        self.assertEqual([event["body"]["to"], event["body"]["how"]], ["2026-05-08", "job"])
        self.server.api("POST", "/test-clock", {"to": "2026-05-01T18:00:00Z"})  # 27:00 of 05-01 in Tokyo
        event = follower.next()
        self.assertEqual([event["body"]["business_date"], event["body"]["to"], event["body"]["how"]],
                         ["online", "2026-05-07", "clock"])
        values = {each["name"]: each["value"] for each in self.server.api("GET", "/server")["business_dates"]}
        self.assertEqual(values, {"batch": "2026-05-08", "online": "2026-05-07"})

    def test_a_job_run_twice_moves_once(self):
        """A job of type business_date run twice: one move, 05-01 to 05-07; later runs see it [BIZ-08] [BIZ-02]"""
        first = self.server.start_run("roll")
        self.assertEqual(self.server.wait_run(first["id"])["state"], "succeeded")
        self.assertEqual(self.value(), "2026-05-07")
        self.server.cli("rerun", first["name"], "--from", "start", "--wait")
        self.assertEqual(self.value(), "2026-05-07")
        run = self.server.start_run("daily")
        self.assertEqual(self.server.wait_run(run["id"])["business_date"], "2026-05-07")

    def test_override_reaches_the_process(self):
        """`run --business-date` puts BIZ_YMD into the process and stands in the audit log [BIZ-05]"""
        self.server.cli("run", "daily", "--business-date", "2026-03-31", "--reason", "again for March", "--wait")
        self.assertIn("day=20260331", self.server.cli("logs", "daily#1/show").stdout)
        self.server.cli("run", "daily", "--wait")
        self.assertIn("day=20260501", self.server.cli("logs", "daily#2/show").stdout)
        lines = self.server.api("GET", "/audit?action=run.business_date")["items"]
        self.assertEqual([[line["target"], line["before"], line["after"], line["actor"]["reason"]] for line in lines],
                         [["daily#1", {"business_date": "2026-05-01"}, {"business_date": "2026-03-31"},
                           "again for March"]])

    def test_moved_by_hand(self):
        """By hand: shown before, refused without a reason, undone by the date before; history says who and why"""
        preview = self.server.api("POST", "/business-dates/batch:move", {"to": "2026-05-11", "dry_run": True})
        self.assertEqual(preview["business_dates"],
                         [{"business_date": "batch", "from": "2026-05-01", "to": "2026-05-11"}])
        self.assertEqual(self.value(), "2026-05-01")
        with self.assertRaises(Problem) as refused:
            self.server.api("POST", "/business-dates/batch:move", {"step": "next"})
        self.assertEqual([refused.exception.status, refused.exception.body["code"]], [422, "operation.reason_needed"])
        shown = self.server.cli("business-date", "move", "batch", "--to", "2026-05-11", "--dry-run", lang="ja").stdout
        self.assertIn("業務日付 batch: 2026-05-01 → 2026-05-11", shown)
        moved = self.server.cli("business-date", "move", "batch", "--next", "--reason", "closed early", "--yes").stdout
        self.assertIn("batch: 2026-05-01 → 2026-05-07", moved)
        self.server.cli("business-date", "move", "batch", "--back", "--reason", "too soon", "--yes")
        self.assertEqual(self.value(), "2026-05-01")
        moves = self.server.api("GET", "/business-dates/batch/moves?limit=2")
        self.assertEqual([(move["number"], move["from"], move["to"], move["how"], move["reason"])
                          for move in moves["items"]],
                         [(3, "2026-05-07", "2026-05-01", "hand", "too soon"),
                          (2, "2026-05-01", "2026-05-07", "hand", "closed early")])
        rest = self.server.api("GET", f"/business-dates/batch/moves?cursor={moves['next_cursor']}")
        self.assertEqual([(move["number"], move["from"], move["how"]) for move in rest["items"]], [(1, None, "created")])
        with self.assertRaises(Problem) as unknown:
            self.server.api("GET", "/business-dates/batsch")
        self.assertEqual([unknown.exception.status, unknown.exception.body["code"]], [404, "business_date.unknown"])

    def test_a_planned_run_waits_for_its_date(self):
        """Its date is not the stored one: it waits, over a kill of the server too; force or the date lets it go [BIZ-09]"""
        self.server.apply("""name: nightly
business_date: batch
triggers:
  t: {type: schedule, time: "20:00", calendar: jpbank}
jobs:
  show: {run: [sh, -c, 'echo day=$BIZ_YMD']}
""")
        self.server.api("POST", "/business-dates/batch:move", {"step": "back", "reason": "a day late"})
        self.server.api("POST", "/test-clock", {"to": "2026-05-01T11:00:00Z"})
        run = self.wait_for_run("nightly#1")
        self.assertEqual([run["state"], run["business_date"], run["waits_for"]],
                         ["queued", "2026-05-01", "business_date_behind"])
        self.server.kill()
        self.server.start()
        why = self.server.cli("why", "nightly#1", lang="ja").stdout
        self.assertIn("2026-05-01 の実行ですが、業務日付 batch は 2026-04-30 です", why)
        self.server.cli("force", "nightly#1", "--reason", "it may go")
        self.assertEqual(self.server.wait_run("nightly%231")["state"], "succeeded")
        self.assertIn("day=20260501", self.server.cli("logs", "nightly#1/show").stdout)
        self.server.api("POST", "/test-clock", {"to": "2026-05-07T11:00:00Z"})
        self.assertEqual(self.wait_for_run("nightly#2")["state"], "queued")
        self.server.api("POST", "/business-dates/batch:move", {"to": "2026-05-07", "reason": "caught up"})
        self.assertEqual(self.server.wait_run("nightly%232")["state"], "succeeded")
        why = self.server.cli("why", "workflow", "nightly", "--on", "2026-05-03").stdout
        self.assertIn("2026-05-03", why)

    def wait_for_run(self, name: str) -> dict:
        workflow = name.partition("#")[0]
        until(lambda: name in [run["name"] for run in self.server.api("GET", f"/runs?workflow={workflow}")["items"]], name)
        return self.server.api("GET", f"/runs/{name.replace('#', '%23')}")

    def test_what_comes_next_and_who_reads(self):
        """One date: next move with its condition, workflows, unfinished runs, history; the list is the same"""
        batch = self.server.api("GET", "/business-dates/batch")
        self.assertEqual(batch["next"], {"date": "2026-05-07", "how": "job", "at": None, "after": []})
        self.assertEqual([batch["workflows"], batch["moved_by"]], [["daily", "roll"], ["roll/advance"]])
        self.assertEqual([batch["previous"], batch["unfinished_count"]], ["2026-04-30", 0])
        online = self.server.api("GET", "/business-dates/online")
        self.assertEqual([online["next"]["how"], online["next"]["at"]], ["clock", "2026-05-01T18:00:00Z"])
        listed = self.server.api("GET", "/business-dates")["items"]
        self.assertEqual([(each["name"], each["value"]) for each in listed],
                         [("batch", "2026-05-01"), ("online", "2026-05-01")])
        table = self.server.cli("business-date", "list").stdout
        self.assertRegex(table, r"online +2026-05-01 +2026-05-07 +at 2026-05-02 03:00:00")
        self.assertIn("daily, roll", self.server.cli("business-date", "get", "batch").stdout)
        self.assertEqual(self.server.cli("business-date", "get", "batch", "-o", "name").stdout.strip(), "2026-05-01")


if __name__ == "__main__":
    run_and_report()
