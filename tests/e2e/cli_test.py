#!/usr/bin/env python3
"""The command line for a stranger: first minute without the repository, help, configuration, completion, manual, --watch."""
import json
import os
import re
import stat
import subprocess
import unittest
from pathlib import Path

from harness import BIN, ROOT, Server, run_and_report, until
from screen import InTerminal

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def dandori(server, *arguments, env=None, check=0, stdin=None):
    """As a person types it in the server's folder: nothing says where the server is."""
    run = subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, timeout=120, cwd=server.folder,
                         env=server.environment() | (env or {}), input=stdin)
    if run.returncode != check:
        raise AssertionError(f"{arguments}: exit {run.returncode}\n{run.stdout}\n{run.stderr}")
    return run


class FirstMinute(unittest.TestCase):
    def test_a_stranger_with_the_binary_alone_does_the_story(self):
        """init sample, apply, run --watch, why, mend, rerun: without the repository [FLW-02, OPS-02]"""
        with Server("--timezone", "Asia/Tokyo") as server:
            cli = server.cli
            said = cli("init", "sample")
            sample = server.folder / "daily_close"
            self.assertIn(str(sample), said.stdout)
            self.assertTrue(os.access(sample / "bin/check.sh", os.X_OK))
            for line in re.findall(r"^  \S+dandori (?:--data \S+ )?(apply .*)$", said.stderr, re.M):
                cli(*line.split())
            failed = cli("run", "daily_close", "--watch", check=10)
            self.assertIn("check_osaka", failed.stdout)
            self.assertIn("check_osaka", cli("why", "daily_close#1").stdout)
            csv = sample / "in/osaka.csv"
            csv.write_text(csv.read_text().replace("個", ""))
            cli("rerun", "daily_close#1", "--from", "failed", "--wait")
            self.assertTrue(list((sample / "out").glob("report_*.txt")))
            again = cli("init", "sample", check=5)
            self.assertIn("[cli.exists]", again.stderr)
            self.assertTrue(cli("init", "sample", server.folder / "a folder's").stdout)


class Help(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server())

    def commands(self, lang, *above):
        text = dandori(self.server, *above, "--help", "--lang", lang).stdout
        title = {"en": "\nCommands:\n", "ja": "\nコマンド:\n"}[lang]
        if title not in text:
            return text, []
        body = text.split(title)[1].split("\n\n")[0]
        return text, [line.split()[0] for line in body.splitlines() if re.match(r"  [a-z]", line)]

    def walk(self, lang, *above):
        text, names = self.commands(lang, *above)
        yield above, text
        for name in names:
            yield from self.walk(lang, *above, name)

    def test_every_command_has_help_in_both_languages(self):
        """--help of every command: all words of the library are replaced, Japanese is Japanese, lines fit"""
        english, japanese = dict(self.walk("en")), dict(self.walk("ja"))
        self.assertEqual(english.keys(), japanese.keys())
        self.assertGreater(len(english), 30)
        for path, text in japanese.items():
            with self.subTest(command=" ".join(path)):
                self.assertRegex(text.splitlines()[0], JAPANESE)
                self.assertIn("使い方: dandori " + " ".join(path), text)
                for word in ("Options", "Usage", "Positionals", "REQUIRED", "UINT", "Excludes"):
                    self.assertNotRegex(text, rf"\b{word}\b")
        for path, text in english.items():
            with self.subTest(command=" ".join(path)):
                self.assertNotRegex(text, JAPANESE)
                self.assertIn(("Usage: dandori " + " ".join(path)).strip(), text)
                for line in text.splitlines():
                    self.assertLess(len(line), 140)

    def test_manual_pages_are_made_from_the_same_texts(self):
        """man: a page for each command in both languages, which man can format without a warning"""
        names = self.commands("en")[1]
        for lang, folder in (("en", "man1"), ("ja", "ja/man1")):
            dandori(self.server, "man", "--dir", "pages", "--lang", lang)
            pages = self.server.folder / "pages" / folder
            self.assertEqual({page.name for page in pages.iterdir()},
                             {"dandori.1"} | {f"dandori-{name}.1" for name in names})
            for page in pages.iterdir():
                made = subprocess.run(["groff", "-man", "-K", "utf8", "-T", "utf8", "-ww", page], capture_output=True, text=True)
                self.assertEqual((made.returncode, made.stderr), (0, ""), page)
                self.assertIn({"en": "SYNOPSIS", "ja": "書式"}[lang], re.sub(".\\x08", "", made.stdout))
        self.assertIn(".SH SYNOPSIS", dandori(self.server, "man", "rerun").stdout)
        dandori(self.server, "man", "nonsense", check=2)


class Configuration(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--timezone", "Asia/Tokyo"))
        self.config = self.server.folder / "config/dandori/dandori.yaml"
        self.config.parent.mkdir(parents=True)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def effective(self, *flags, env=None):
        out = dandori(self.server, *flags, "config", "--effective", "--origin", "-o", "json", env=env).stdout
        return {item["key"]: item for item in json.loads(out)["items"]}

    def test_flags_environment_file_defaults(self):
        """Each source wins over the next, and config --effective --origin says which one it was"""
        self.assertEqual(self.effective()["listen"]["origin"], "default")
        self.config.write_text("# of this user\nlisten: 127.0.0.1:1111\ntz: UTC\n")
        found = self.effective()
        self.assertEqual((found["listen"]["value"], found["listen"]["origin"]), ("127.0.0.1:1111", f"{self.config}:2"))
        found = self.effective(env={"DANDORI_TZ": "Asia/Tokyo"})
        self.assertEqual((found["tz"]["value"], found["tz"]["origin"]), ("Asia/Tokyo", "DANDORI_TZ"))
        found = self.effective("--tz", "Europe/Paris", env={"DANDORI_TZ": "Asia/Tokyo"})
        self.assertEqual((found["tz"]["value"], found["tz"]["origin"]), ("Europe/Paris", "--tz"))
        for item in found.values():
            self.assertEqual(item["variable"], "DANDORI_" + item["key"].upper())
        for key in ("server", "data", "token_file", "format", "lang", "timezone", "slots", "running_max", "agent_name"):
            self.assertIn(key, found)

    def test_values_are_used_and_checked(self):
        """A form, language and zone from the configuration are used; a wrong value or key is told with its place"""
        self.server.apply("{name: a, jobs: {j: {type: noop}}}")
        asked = {"DANDORI_FORMAT": "name", "DANDORI_DATA": str(self.server.data)}
        self.assertEqual(dandori(self.server, "workflow", "list", env=asked).stdout, "a\n")
        self.config.write_text("lang: ja\nformat: tabel\n")
        refused = dandori(self.server, "--data", self.server.data, "runs", check=2)
        self.assertIn(f"{self.config}:2", refused.stderr)
        self.assertIn("[config.bad_value]", refused.stderr)
        self.config.write_text("lnag: ja\n")
        refused = dandori(self.server, "runs", check=2)
        self.assertIn("did you mean 'lang'?", refused.stderr)
        self.assertIn("config.unknown_key", dandori(self.server, "config", check=6).stderr)
        self.config.write_text("lang: ja\n")
        self.assertRegex(dandori(self.server, "--help").stdout, JAPANESE)

    def test_login_keeps_a_server(self):
        """login checks the token and keeps it for this user alone; context list, use, delete; the nearest server wins"""
        wrong = dandori(self.server, "login", self.url, stdin="nonsense\n", check=4)
        self.assertIn("[auth.", wrong.stderr)
        self.assertEqual(dandori(self.server, "runs", check=7).returncode, 7)
        dandori(self.server, "login", self.url, "--name", "night", stdin=self.server.token() + "\n")
        kept = self.server.folder / "config/dandori/contexts.json"
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        self.server.apply("{name: kept, jobs: {j: {type: noop}}}")
        self.assertEqual(dandori(self.server, "workflow", "list", "-o", "name").stdout, "kept\n")
        self.assertIn("* ", dandori(self.server, "context", "list").stdout)
        # doctor looks at the server that the other commands talk to, and not at what lies on this host.
        until(lambda: [agent for agent in self.server.api("GET", "/agents")["items"] if agent["connected"]], "the agent is there")
        self.assertIn(self.url, dandori(self.server, "doctor").stdout)
        (self.server.folder / ".dandori").mkdir()
        elsewhere = self.server.environment() | {"DANDORI_SERVER": self.url, "DANDORI_TOKEN": self.server.token()}
        asked = subprocess.run([BIN, "doctor", "-o", "json"], capture_output=True, text=True, env=elsewhere, cwd=self.server.folder)
        self.assertEqual((asked.returncode, json.loads(asked.stdout)["ok"]), (0, True), asked.stdout)
        named = self.server.environment() | {"DANDORI_CONTEXT": "night"}
        asked = subprocess.run([BIN, "doctor", "-o", "json"], capture_output=True, text=True, env=named, cwd=self.server.folder)
        self.assertEqual((asked.returncode, json.loads(asked.stdout)["ok"]), (0, True), asked.stdout)
        (self.server.folder / ".dandori").rmdir()
        self.assertEqual(dandori(self.server, "--context", "other", "runs", check=3).returncode, 3)
        # A data folder here or above is nearer than what was kept.
        (self.server.folder / ".dandori").mkdir()
        self.assertIn("[cli.no_server]", dandori(self.server, "runs", check=7).stderr)
        (self.server.folder / ".dandori").rmdir()
        os.chmod(kept, 0o644)
        self.assertIn("chmod 600", dandori(self.server, "runs", check=2).stderr)
        self.assertIn("他のユーザーが読めます", dandori(self.server, "--lang", "ja", "runs", check=2).stderr)
        os.chmod(kept, 0o600)
        dandori(self.server, "context", "delete", "night")
        self.assertEqual(dandori(self.server, "context", "use", "night", check=3).returncode, 3)
        self.assertEqual(dandori(self.server, "runs", check=7).returncode, 7)


class Reading(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--timezone", "Asia/Tokyo"))
        self.server.apply("{name: nightly, title: 夜間, jobs: {load: {type: noop}, report: {type: noop, depends_on: [load]}}}")

    def test_every_list_and_object_in_every_form(self):
        """-o table, wide, json, jsonl, yaml and name for every list and object"""
        self.server.cli("run", "nightly", "--wait")
        self.server.cli("variable", "set", "greeting", "こんにちは")
        until(lambda: self.server.api("GET", "/agents")["items"], "the agent has connected")
        for command in (["runs"], ["get", "nightly#1"], ["get", "nightly#1/load"], ["why", "nightly#1"],
                        ["workflow", "list"], ["workflow", "get", "nightly"], ["workflow", "revisions", "nightly"],
                        ["agent", "list"], ["agent", "get", "local"], ["variable", "list"], ["variable", "get", "greeting"],
                        ["plan", "list"], ["audit", "list"], ["audit", "get", "1"], ["schedule", "preview", "nightly"],
                        ["doctor"], ["version"], ["config", "--effective"], ["context", "list"]):
            for form in ("table", "wide", "json", "jsonl", "yaml", "name"):
                with self.subTest(command=" ".join(command), form=form):
                    out = self.server.cli(*command, "-o", form).stdout
                    if form == "json":
                        json.loads(out)
                    if form == "jsonl":
                        [json.loads(line) for line in out.splitlines()]

    def test_audit_lines_one_by_one_and_exported(self):
        """Each write has who, when, what and from where; an export is verified offline, an altered one is found [MON-12]"""
        self.server.cli("variable", "set", "rate", "1", "--reason", "quarter end")
        self.server.cli("variable", "set", "rate", "2")
        newest = self.server.api("GET", "/audit?limit=2")["items"]
        line = self.server.cli("audit", "get", newest[1]["seq"]).stdout
        for word in ("admin", "cli", "variable.", "quarter end", "127.0.0.1", newest[1]["hash"]):
            self.assertIn(word, line)
        self.server.cli("audit", "get", "99999", check=3)
        self.server.cli("audit", "export", "audit.jsonl")
        exported = self.server.folder / "audit.jsonl"
        self.assertEqual(len(exported.read_text().splitlines()), newest[0]["seq"])
        self.assertIn(newest[0]["hash"], self.server.cli("audit", "verify", "audit.jsonl").stdout)
        self.assertEqual(self.server.cli("audit", "export").stdout, exported.read_text())
        exported.write_text(exported.read_text().replace("quarter end", "quarter  end"))
        self.assertIn("[audit.broken]", self.server.cli("audit", "verify", "audit.jsonl", check=1).stderr)
        exported.write_text("nonsense\n")
        self.assertIn("audit.jsonl:1", self.server.cli("audit", "verify", "audit.jsonl", check=1).stderr)
        self.assertIn("監査ログの行ではありません", self.server.cli("audit", "verify", "audit.jsonl", check=1, lang="ja").stderr)

    def test_a_token_that_has_expired_is_shown_so(self):
        """A token past its time is listed as expired, in both languages"""
        with Server("--test-clock", "2026-11-20T00:00:00Z") as server:
            server.cli("token", "create", "guest", "--role", "viewer", "--expires", "1h")
            self.assertIn("valid", server.cli("token", "list").stdout)
            server.api("POST", "/test-clock", {"advance": "2h"})
            self.assertIn("expired", server.cli("token", "list").stdout)
            self.assertNotIn("valid", server.cli("token", "list").stdout)
            self.assertIn("期限切れ", server.cli("token", "list", lang="ja").stdout)

    def test_what_is_wrong_is_said_in_the_language_of_the_user(self):
        """Problems that the program itself finds, and those of many items, are told in Japanese as in English"""
        self.server.cli("apply", "-", stdin="{name: spoken, jobs: {j: {run: 'echo x'}}}")
        run = self.server.start_run("spoken")["id"]
        self.server.wait_run(run)
        self.assertIn("行の範囲ではありません", self.server.cli("logs", "spoken#1/j", "--lines", "x", check=2, lang="ja").stderr)
        (self.server.folder / "flat").write_text("")
        self.assertIn("書き込めません", self.server.cli("init", "sample", "flat/sub", check=1, lang="ja").stderr)
        told = self.server.cli("bulk", "confirm", "spoken#1", "spoken#1", "--yes", check=5, lang="ja").stdout
        page = (ROOT / "docs/errors/run.nothing_to_confirm.md").read_text().split("## 日本語")[1].split("\n")
        summary = next(line for line in page if line.strip())
        self.assertEqual(told.count(summary), 1)  # once, not for each

    def test_watch_writes_what_is_new(self):
        """--watch over a pipe writes new lines only; get RUN --watch ends with the run; a writing command refuses it"""
        watching = subprocess.Popen([BIN, "--data", self.server.data, "runs", "--watch", "-o", "jsonl"], text=True,
                                    stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=self.server.environment())
        try:
            self.server.cli("run", "nightly", "--wait")
            seen = []
            while not seen or seen[-1]["state"] != "succeeded":
                seen.append(json.loads(watching.stdout.readline()))
            self.assertEqual({run["name"] for run in seen}, {"nightly#1"})
            states = [run["version"] for run in seen]
            self.assertEqual(states, sorted(set(states)))
        finally:
            watching.terminate()
            watching.wait()
            watching.stdout.close()
        self.assertIn("nightly#1", self.server.cli("get", "nightly#1", "--watch").stdout)
        self.assertIn("[cli.usage]", self.server.cli("apply", "x.yaml", "--watch", check=2).stderr)
        self.server.cli("get", "nightly#7", "--watch", check=3)

    def test_watch_draws_a_terminal_again(self):
        """--watch on a terminal draws one screen again and again, also over a restart of the server"""
        with InTerminal([BIN, "--data", self.server.data, "--lang", "ja", "runs", "--watch"], 12, 60,
                        cwd=self.server.folder, env=self.server.environment() | {"TERM": "xterm"}) as it:
            it.wait_for("実行はありません", "an empty list")
            self.server.cli("run", "nightly", "--wait")
            it.wait_for(lambda screen: screen.lines()[1].startswith("nightly#1") and "正常終了" in screen.lines()[1], "the run")
            self.assertEqual(it.screen.text().count("nightly#1"), 1)
            self.server.kill()
            self.server.start()
            self.server.cli("run", "nightly", "--wait")
            it.wait_for(lambda screen: "nightly#2" in screen.lines()[1] and "nightly#1" in screen.lines()[2], "both runs")
            it.type("\x03")
            it.wait_end()
            self.assertTrue(it.screen.wrap)

    def test_widths_of_east_asian_characters(self):
        """Tables and carets line up by the width of characters; ambiguous ones by --ambiguous-width"""
        (self.server.folder / "wide.yaml").write_text("name: wide\ntitle: 日次→締め\njobs:\n"
                                                      "  a: {type: noop, title: '①→集計', depends_on: [b]}\n")
        before = "  a: {type: noop, title: '①→集計', depends_on: ["
        for width, column in (("1", len(before) + 2), ("2", len(before) + 4)):
            said = self.server.cli("validate", "wide.yaml", "--ambiguous-width", width, check=6).stderr
            lines = said.splitlines()
            self.assertIn(f"wide.yaml:4:{len(before) + 1}: ", lines[0])
            at = lines[1].index("│")
            self.assertEqual(len(lines[2][at + 2:]) - len(lines[2][at + 2:].lstrip()), column, said)


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.server.apply("{name: nightly_sales, title: 夜間, jobs: {load: {type: noop}, report: {type: noop, depends_on: [load]}}}")
        cls.server.apply("{name: nightly_stock, jobs: {a: {type: noop}}}")
        cls.server.cli("run", "nightly_sales", "--wait")
        cls.server.cli("variable", "set", "greeting", "x")

    def candidates(self, *words, data=True):
        near = ["--data", str(self.server.data)] if data else []
        out = dandori(self.server, "__complete", *near, *words).stdout
        return [line.split("\t")[0] for line in out.splitlines()]

    def test_names_come_from_the_commands_and_from_the_server(self):
        """Commands, options, their words, and names of workflows, runs and jobs as the server has them"""
        self.assertEqual(self.candidates("rer"), ["rerun"])
        self.assertEqual(self.candidates("workflow", "re"), ["revisions"])
        self.assertEqual(self.candidates("runs", "--wor"), ["--workflow"])
        self.assertEqual(self.candidates("runs", "--output", "js"), ["json", "jsonl"])
        self.assertEqual(self.candidates("-o", "y"), ["yaml"])
        self.assertEqual(self.candidates("run", "nightly_st"), ["nightly_stock"])
        self.assertEqual(self.candidates("runs", "--workflow", "nightly_sa"), ["nightly_sales"])
        self.assertEqual(self.candidates("runs", "--state", "su"), ["suspended", "succeeded"])
        self.assertEqual(self.candidates("get", ""), ["nightly_sales#1"])
        self.assertEqual(self.candidates("logs", "nightly_sales#1/l"), ["nightly_sales#1/load"])
        self.assertEqual(self.candidates("logs", "nightly_sales#1", "r"), ["report"])
        self.assertEqual(self.candidates("rerun", "nightly_sales#1", "--only", "l"), ["load"])
        self.assertIn("failed", self.candidates("rerun", "nightly_sales#1", "--from", ""))
        self.assertEqual(self.candidates("variable", "get", ""), ["greeting"])
        self.assertEqual(self.candidates("explain", "spec.unknown_j"), ["spec.unknown_job"])
        self.assertEqual(self.candidates("--tz", "Asia/Tok"), ["Asia/Tokyo"])
        self.assertEqual(self.candidates("apply", ""), [":files"])
        self.assertEqual(self.candidates("completion", "f"), ["fish"])
        self.assertEqual(self.candidates("man", "ver"), ["version"])

    def test_without_a_server_the_rest_still_works(self):
        """No server, or one that does not answer: no names, no error, no delay"""
        self.assertEqual(self.candidates("run", "", data=False), [])
        self.assertEqual(self.candidates("--server", "http://127.0.0.1:1", "run", "", data=False), [])
        self.assertEqual(self.candidates("nonsense", "x", data=False), [])

    def test_in_bash(self):
        """The script of bash completes in a real bash"""
        script = ('source <("$1" completion bash); shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dandori; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')

        def complete(*words):
            run = subprocess.run(["bash", "-c", script, "bash", BIN, BIN, "--data", self.server.data, *words],
                                 capture_output=True, text=True, env=self.server.environment(), cwd=self.server.folder)
            return run.stdout.split()
        self.assertEqual(complete("get", "nightly_sales#1/"), ["nightly_sales#1/load", "nightly_sales#1/report"])
        self.assertEqual(complete("runs", "--state", "=", "fa"), ["failed"])
        self.assertEqual(sorted(complete("conf")), ["config", "confirm"])

    def test_in_a_terminal(self):
        """Tab in an interactive bash finishes a word"""
        with InTerminal(["bash", "--norc", "--noprofile", "-i"], 24, 120, cwd=self.server.folder,
                        env=self.server.environment() | {"TERM": "dumb", "PS1": "> ", "PATH": f"{Path(BIN).parent}:{os.environ['PATH']}",
                                                         "DANDORI_DATA": str(self.server.data)}) as it:
            it.wait_for(">", "a prompt")
            it.type("bind 'set enable-bracketed-paste off'; source <(dandori completion bash); echo rea''dy\r")
            it.wait_for("\nready", "the script was read")
            it.type("dandori get nightly_sa\t")
            it.wait_for("dandori get nightly_sales#1", "the run's number")


if __name__ == "__main__":
    run_and_report()
