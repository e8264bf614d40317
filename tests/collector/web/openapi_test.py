#!/usr/bin/python3
"""Every path of the API against a running server: what it answers is what it describes, and nothing is missing.

usage: tests/collector/web/openapi_test.py URL       (without URL it starts loadline-handmade from $LOADLINE_BIN)
"""

import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, "tests/support")
from handmade_server import Server  # noqa: E402

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"{missing.name} is not installed for this Python: apt-get install python3-yaml python3-jsonschema")
    sys.exit(77)

OUTLINE = yaml.safe_load(pathlib.Path("collector/web/openapi.yaml").read_text(encoding="utf-8"))
failures = []


class Description:
    """What the server says of itself."""

    def __init__(self, base):
        self.document = yaml.safe_load(ask(base, "/api/v1/openapi.yaml")[2])
        self.resolver = jsonschema.RefResolver("", self.document)

    def resolve(self, part):
        while "$ref" in part:
            part = self.resolver.resolve(part["$ref"])[1]
        return part


def ask(base, target, method="GET"):
    """Status, content type and the first 4 MiB of the answer."""
    body = b"{}" if method == "POST" else None
    request = urllib.request.Request(base + target, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            stream = answer.headers.get_content_type() == "text/event-stream"
            return answer.status, answer.headers.get_content_type(), answer.read1() if stream else answer.read(1 << 22)
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read(1 << 20)


def check(what, condition, why):
    if not condition:
        failures.append(f"{what}: {why}")


def check_answer(description, base, target, responses, wanted, method="GET"):
    """`wanted` is a status, or nothing where any will do that is described."""
    status, content_type, body = ask(base, target, method)
    check(target, wanted in (None, status), f"{status} instead of {wanted}: {body[:200]!r}")
    check(target, str(status) in responses, f"status {status} is not described")
    if str(status) not in responses:
        return
    content = description.resolve(responses[str(status)])["content"]
    check(target, content_type in content, f"{content_type} is not described")
    check(target, body, "an empty answer")
    if content_type == "application/json" and content_type in content:
        validator = jsonschema.Draft202012Validator(content[content_type]["schema"], resolver=description.resolver)
        for error in validator.iter_errors(json.loads(body)):
            check(target, False, f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def known_of(path, base):
    """Something that is there, for the parameter of a path; a list of its kind stands above it."""
    kind = path.split("/")[3] if path.startswith("/api/v1/") else ""
    if kind not in ("nodes", "workloads"):
        return "none/is/known"
    first = json.loads(ask(base, f"/api/v1/{kind}?limit=1")[2])["items"][0]
    return first.get("id") or first["name"]


def targets(description, path, operation, known_id):
    """The path alone, with each parameter's example, and with something that no number or choice can be."""
    parameters = [description.resolve(parameter) for parameter in operation.get("parameters", [])]
    for parameter in parameters:
        if parameter["in"] == "path":
            yield path.replace("{%s}" % parameter["name"], urllib.parse.quote(known_id)), 200
            yield path.replace("{%s}" % parameter["name"], urllib.parse.quote(known_id, safe="")), 200
            yield path.replace("{%s}" % parameter["name"], "no/such/thing"), 404
            return
    yield path, 200
    for parameter in parameters:
        if "example" in parameter:
            yield f"{path}?{parameter['name']}={urllib.parse.quote(str(parameter['example']))}", 200
        for choice in parameter["schema"].get("enum", []):
            yield f"{path}?{parameter['name']}={choice}", 200
        if "maximum" in parameter["schema"]:
            yield f"{path}?{parameter['name']}={parameter['schema']['maximum'] + 1}", 400
            yield f"{path}?{parameter['name']}=-1", 400


def run(base):
    description = Description(base)
    check("/api/v1/openapi.yaml", description.document["paths"] == OUTLINE["paths"], "not the description of this tree")
    asked = 0
    for path, item in OUTLINE["paths"].items():
        if "post" in item:  # from nobody in particular; what it changes has tests of its own
            check_answer(description, base, path.replace("{", "").replace("}", ""), item["post"]["responses"], None, "POST")
            asked += 1
        if "get" not in item or path.startswith("/api/v1/receivers/"):
            continue  # receivers are not among what is handmade
        for target, wanted in targets(description, path, item["get"], known_of(path, base)):
            check_answer(description, base, target, item["get"]["responses"], wanted)
            asked += 1
    print("\n".join(failures) or f"{len(OUTLINE['paths'])} paths, {asked} requests: all as described")
    return 1 if failures else 0


def main():
    if len(sys.argv) > 1:
        return run(sys.argv[1].rstrip("/"))
    with Server() as server:
        return run(server.url)


if __name__ == "__main__":
    sys.exit(main())
