#!/usr/bin/env python3
"""schemathesis against the real server: what the contract allows and what it does not, by the thousand.

    ./dev test api [--seconds N] [--seed S]

No answer may be a 5xx, of a status, type or form that the contract does not describe. The last line says how it went."""
import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import Server  # noqa: E402

TOOLS = ROOT / "build/tools/schemathesis"
WANTED = Path(__file__).parent / "requirements.txt"
# Writes a file where it is told; would end the story's own sign-ins; never ends.
LEFT_OUT = ("post_backup", "revoke_token", "get_events", "get_run_events", "stream_log")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def install() -> Path:
    kept = TOOLS / "requirements.txt"
    if not kept.exists() or kept.read_text() != WANTED.read_text():
        shutil.rmtree(TOOLS, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        subprocess.run([TOOLS / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", WANTED], check=True)
        shutil.copy(WANTED, kept)
    return TOOLS / "bin/schemathesis"


def served(server: Server) -> dict:
    """The contract without what is left out."""
    _, api = server.request("GET", "/api/v1/openapi.json")
    for path, item in list(api["paths"].items()):
        for method, operation in list(item.items()):
            if isinstance(operation, dict) and operation.get("operationId") in LEFT_OUT:
                del item[method]
        if not [method for method in item if method != "parameters"]:
            del api["paths"][path]
    return api


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=int, default=120)
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    program = install()
    work = Path(tempfile.mkdtemp(prefix="dandori-api-"))
    with Server("--access-log", "all") as server:
        server.keep = True
        server.apply("{name: known, params: {n: {type: int, default: 1}}, jobs: {a: {run: 'echo x'}, b: {type: noop, depends_on: [a]}}}")
        server.wait_run(server.start_run("known")["id"])
        (work / "openapi.json").write_text(json.dumps(served(server)))
        run = subprocess.run(
            [program, "run", work / "openapi.json", "--url", f"http://127.0.0.1:{server.port}", "--checks", CHECKS,
             "-H", f"Authorization: Bearer {server.token()}", "--max-time", str(wanted.seconds), "--seed", str(wanted.seed),
             "--request-timeout", "30", "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color"],
            cwd=work, capture_output=True, text=True, timeout=wanted.seconds * 4 + 300)
        status, _ = server.request("GET", "/readyz")
        lines = [json.loads(line) for line in server.log_text().splitlines() if '"http.request"' in line]
        broken = [line for line in lines if int(line["status"]) >= 500]
        failures = re.findall(r"^\s*- .*", run.stdout, re.M) if run.returncode else []
        if run.returncode or broken or status != 200:
            print(run.stdout[-12000:], run.stderr[-2000:])
            for line in broken[:20]:
                print("5xx:", json.dumps(line))
        server.keep = bool(broken)
    shutil.rmtree(work, ignore_errors=True)
    routes = len({line["route"] for line in lines})
    print(f"api: {len(lines)} requests on {routes} routes, {len(broken)} answers of 5xx, {len(failures)} other findings, seed {wanted.seed}")
    return 0 if run.returncode == 0 and not broken and status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
