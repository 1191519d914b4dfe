"""Answers of the real server against schemas/openapi.yaml, as the server itself serves it."""
import json
import re
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)
from jsonschema import Draft202012Validator  # noqa: E402

BODY_BYTES_MAX = 1 << 20  # longer ones (runs of thousands of jobs) would take longer than the story


class Contract:
    """One server's description, and which operations answered as it says."""

    def __init__(self, text: str):
        self.api = json.loads(text)
        self.seen = set()  # (operationId, status)
        self.rows = []
        for path, item in self.api["paths"].items():
            pattern = re.compile("^" + re.sub(r"\\{[^{}]+\\}", "[^/]+?", re.escape(path)) + "$")
            for method, operation in item.items():
                if method in ("get", "post", "put", "delete", "patch"):
                    self.rows.append((method.upper(), path, pattern, operation, item.get("parameters", [])))
        # A literal goes before a {name}, as in the server's router.
        self.rows.sort(key=lambda row: row[1].count("{"))

    def operations(self):
        """(method, path, operation, parameters)"""
        for method, path, _, operation, shared in self.rows:
            yield method, path, operation, [self.whole(one) for one in shared + operation.get("parameters", [])]

    def whole(self, value):
        """What a `$ref` leads to."""
        found = value
        while "$ref" in found:
            steps = found["$ref"].removeprefix("#/").split("/")
            found = self.api
            for step in steps:
                found = found[step.replace("~1", "/").replace("~0", "~")]
        return found

    def find(self, method: str, target: str):
        path = target.split("?")[0]
        for row_method, _, pattern, operation, _ in self.rows:
            if row_method == ("GET" if method == "HEAD" else method) and pattern.match(path):
                return operation
        return None

    def problems(self, method: str, target: str, status: int, content_type: str, body: str) -> list[str]:
        """What is wrong with an answer; empty: nothing."""
        operation = self.find(method, target)
        if operation is None:
            return []  # pages, and paths that are nothing
        name = operation["operationId"]
        answers = operation["responses"]
        answer = answers.get(str(status))
        if answer is None and status >= 400:
            answer = answers.get("default") or {"$ref": "#/components/responses/Problem"}
        if answer is None:
            return [f"{name} answered {status}, which is not described"]
        self.seen.add((name, status))
        content = self.whole(answer).get("content")
        if not content:
            return [f"{name} {status} has a body and none is described"] if body else []
        kind = content_type.split(";")[0].strip()
        if kind not in content:
            return [f"{name} {status} is {kind or 'without type'}, not {' or '.join(content)}"]
        if not kind.endswith("json") or len(body) > BODY_BYTES_MAX:
            return []
        # The whole contract around the schema, so that its references lead somewhere in every version of the library.
        validator = Draft202012Validator({"components": self.api["components"], "allOf": [content[kind]["schema"]]})
        found = sorted(validator.iter_errors(json.loads(body)), key=lambda error: list(map(str, error.path)))
        return [f"{name} {status} /{'/'.join(map(str, error.path))}: {error.message[:300]}" for error in found[:5]]
