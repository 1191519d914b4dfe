#!/usr/bin/env python3
"""The main job from the command line: it fails, is seen, explained, mended, and rerun from the failed job."""
import json
import shutil
import unittest

from harness import ROOT, Server, run_and_report

BRANCHES = 3


class MainJob(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--timezone", "Asia/Tokyo"))
        self.sample = self.server.folder / "sample"
        shutil.copytree(ROOT / "examples/daily_close", self.sample)
        self.server.cli("variable", "set", "sample_dir", self.sample)
        self.server.cli("apply", self.sample / "daily_close.yaml")

    def jobs(self, run):
        return {job["job"]: job for job in self.server.api("GET", f"/runs/{run}")["jobs"]}

    def mend(self, log: str):
        """Does what a person does who reads the log: it names FILE:LINE, and that line is the broken one."""
        import re
        found = re.search(r"([\w./-]+\.csv)\D{1,12}(\d+)", log)
        self.assertIsNotNone(found, f"the log names no file and line:\n{log}")
        path = self.sample / "in" / found.group(1).split("/")[-1]
        lines = path.read_text(encoding="utf-8").splitlines()
        broken = lines[int(found.group(2)) - 1].split(",")
        good = lines[1 if int(found.group(2)) != 2 else 2].split(",")
        for column, (wrong, right) in enumerate(zip(broken, good)):
            if right.isdigit() and not wrong.isdigit():
                broken[column] = right
        lines[int(found.group(2)) - 1] = ",".join(broken + good[len(broken):])
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def test_fails_is_explained_mended_and_rerun(self):
        """The story of the main job: only what is missing runs again [FLW-02, OPS-02, SYS-09]"""
        cli = self.server.cli
        first = cli("run", "daily_close", "--wait", check=10)
        before = self.jobs("daily_close%231")
        failed = [name for name, job in before.items() if job["state"] == "failed"]
        self.assertEqual(len(failed), 1)
        self.assertIn(failed[0], first.stdout + first.stderr)

        listed = cli("runs", "-o", "json")
        self.assertEqual(json.loads(listed.stdout)["items"][0]["state"], "failed")
        self.assertIn("daily_close#1", cli("runs").stdout)
        self.assertIn(failed[0], cli("get", "daily_close#1").stdout)
        why = cli("why", "daily_close#1")
        self.assertIn(failed[0], why.stdout)
        self.assertIn("rerun daily_close#1", why.stdout)
        japanese = cli("why", "daily_close#1", lang="ja")
        self.assertIn("異常終了", japanese.stdout)
        waiting = [name for name, job in before.items() if job["state"] == "not_run"]
        self.assertTrue(waiting)
        self.assertIn(failed[0], cli("why", f"daily_close#1/{waiting[0]}").stdout)

        self.mend(cli("logs", f"daily_close#1/{failed[0]}").stdout)
        cli("rerun", "daily_close#1", "--from", "failed", "--wait")
        after = self.jobs("daily_close%231")
        self.assertEqual({job["state"] for job in after.values()}, {"succeeded"})
        for name, job in after.items():
            expected = 2 if name == failed[0] else 1
            self.assertEqual(len(job["attempts"]), expected, name)
        self.assertEqual(len([n for n in after if n.startswith("load_")]), BRANCHES)

    def test_rerun_whole(self):
        """A rerun from the start runs every job again with the same inputs and business date [OPS-01]"""
        cli = self.server.cli
        cli("run", "daily_close", "--business-date", "2026-03-31", "--wait", check=10)
        cli("rerun", "daily_close#1", "--from", "start", "--wait", check=10)
        run = self.server.api("GET", "/runs/daily_close%231")
        self.assertEqual(run["business_date"], "2026-03-31")
        first = [job for job in run["jobs"] if not job["depends_on"]]
        for job in first:
            self.assertEqual(len(job["attempts"]), 2, job["job"])


if __name__ == "__main__":
    run_and_report()
