#!/usr/bin/env python3
"""Bad input: every broken definition and every broken call has its exact text; nothing crashes, nothing hangs.

Definitions: tests/data/bad/*.yaml, each with what `dandori validate` says in *.expected.
Files to import: tests/data/bad_imports, each with what `dandori calendar import` says in *.expected.
Calls: tests/data/bad_calls.json, each with status and problem. Write anew what is said now, to read the diff:
DANDORI_WRITE_EXPECTED=1 tests/e2e/bad_input_test.py"""
import json
import os
import socket
import subprocess
import unittest

from harness import BIN, ROOT, Server, run_and_report

BAD = ROOT / "tests/data/bad"
BAD_IMPORTS = ROOT / "tests/data/bad_imports"
CALLS = ROOT / "tests/data/bad_calls.json"


class BadInput(unittest.TestCase):
    def test_broken_definitions(self):
        """Every broken definition is refused with its exact text, and exit 6"""
        files = sorted(BAD.glob("*.yaml"))
        self.assertGreater(len(files), 30)
        for path in files:
            run = subprocess.run([BIN, "--lang", "en", "--no-color", "validate", path.name], cwd=BAD, capture_output=True,
                                 text=True, errors="surrogateescape", timeout=60, env=os.environ | {"LC_ALL": "C.UTF-8"})
            with self.subTest(path.name):
                self.assertEqual(run.returncode, 6, run.stderr)
                expected = path.with_suffix(".expected").read_text(encoding="utf-8", errors="surrogateescape")
                self.assertIn(expected.strip(), run.stderr + run.stdout)

    def test_broken_imports(self):
        """Every broken holiday list and iCalendar file is refused with line, cause and remedy, and exit 6"""
        files = [path for path in sorted(BAD_IMPORTS.iterdir()) if path.suffix != ".expected"]
        self.assertGreater(len(files), 7)
        for path in files:
            run = subprocess.run([BIN, "--lang", "en", "--no-color", "--tz", "Asia/Tokyo", "calendar", "import", path.name,
                                  "--until", "2030-12-31"], cwd=BAD_IMPORTS, capture_output=True, text=True, timeout=60,
                                 env=os.environ | {"LC_ALL": "C.UTF-8"})
            expected = path.with_name(path.name + ".expected")
            if os.environ.get("DANDORI_WRITE_EXPECTED"):
                expected.write_text(run.stderr, encoding="utf-8")
            with self.subTest(path.name):
                self.assertEqual((run.returncode, run.stdout), (6, ""))
                self.assertEqual(run.stderr, expected.read_text(encoding="utf-8"))

    def test_broken_calls(self):
        """Every broken call gets its status and its exact problem"""
        calls = json.loads(CALLS.read_text(encoding="utf-8"))
        with Server() as server:
            server.apply("{name: known, params: {n: {type: int, default: 1}}, jobs: {a: {type: noop}}}")
            server.wait_run(server.start_run("known")["id"])
            for call in calls:
                raw = call["raw"].encode() if "raw" in call else None
                if call.get("repeat"):
                    raw = raw * call["repeat"]
                status, problem = server.request(call["method"], call["path"], call.get("body"), call.get("headers"), raw,
                                                 token=call.get("token", True))
                said = {"status": status} | {key: problem[key] for key in ("code", "detail", "hint", "path")
                                             if isinstance(problem, dict) and key in problem}
                if os.environ.get("DANDORI_WRITE_EXPECTED"):
                    call["expect"] = said
                with self.subTest(f"{call['method']} {call['path']} {str(call.get('body', call.get('raw', '')))[:60]}"):
                    self.assertEqual(said, call["expect"])
            self.assertEqual(server.request("GET", "/readyz")[0], 200)
        if os.environ.get("DANDORI_WRITE_EXPECTED"):
            CALLS.write_text(json.dumps(calls, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    def test_broken_octets_on_the_wire(self):
        """Octets that are no HTTP are answered 4xx or cut; the server goes on"""
        with Server() as server:
            for octets in (b"\0\1\2\3\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 70000,
                           b"POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                           b"POST /api/v1/runs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"\r\n" * 5000):
                with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire:
                    try:
                        wire.sendall(octets)
                        wire.shutdown(socket.SHUT_WR)
                        answer = wire.recv(65536)
                    except ConnectionError:
                        answer = b""
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 505"),
                                (octets[:40], answer[:100]))
            self.assertEqual(server.request("GET", "/readyz")[0], 200)

    def test_every_route_wants_a_token(self):
        """Every route without a token, or with a wrong one, is refused with 401"""
        routes = [line.split('"') for line in (ROOT / "src/api/routes.cpp").read_text().splitlines()
                  if line.strip().startswith('{"') and "open," not in line]
        self.assertGreater(len(routes), 25)
        with Server() as server:
            for cells in routes:
                method, path = cells[1], cells[3].replace("{", "x").replace("}", "")
                for token, code in ((False, "auth.missing"), (None, "auth.wrong_token")):
                    headers = {"Authorization": "Bearer wrong"} if token is None else {}
                    status, problem = server.request(method, path, None, headers, token=False)
                    self.assertEqual((status, problem["code"]), (401, code), path)


if __name__ == "__main__":
    run_and_report()
