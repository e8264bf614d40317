#!/usr/bin/python3
"""The templates of helm/azure against Azure's own JSON schemas, and that this test sees what is wrong with them.

A property that a schema does not name is a fault too, although ARM's schemas would let it pass.
"""

import copy
import json
import pathlib
import re
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

SCHEMAS = pathlib.Path("../shared/data/azure/arm_schemas")
TEMPLATES = pathlib.Path("helm/azure")
# What there is no schema of: checked for its place in the template only.
WITHOUT_SCHEMA = {"Microsoft.OperationalInsights/workspaces/tables", "Microsoft.Authorization/roleAssignments",
                  "Microsoft.Logic/workflows"}
# Said of every resource, outside the schema of its kind.
OF_EVERY_RESOURCE = {"condition", "dependsOn", "copy", "scope", "tags", "comments"}
# Places where a schema lists the values known when it was made, and Azure takes more.
KNOWN_GAPS = [("Microsoft.Insights/dataCollectionRules", r"kind", r"Direct"),
              ("Microsoft.Insights/dataCollectionRules", r"properties/dataFlows/\d+/streams/\d+", r"Custom-\w+")]


def strict(schema):
    """The schema, refusing what it does not name; expressions are not judged by it (see Validator)."""
    if isinstance(schema, dict):
        ways = [way for way in schema.get("oneOf", []) if not way.get("$ref", "").endswith("/definitions/expression")]
        if "oneOf" in schema:
            schema = {**schema, "oneOf": ways}
            if not schema.get("properties"):
                schema.pop("additionalProperties", None)  # the ways name the properties
        if len(ways) == 1 and not schema.keys() - {"oneOf", "description"}:
            return strict(ways[0])
        schema = {key: strict(value) for key, value in schema.items()}
        if schema.get("properties") and isinstance(schema["properties"], dict) and "type" in schema:
            schema.setdefault("additionalProperties", False)
        return schema
    return [strict(value) for value in schema] if isinstance(schema, list) else schema


def is_expression(value):
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[")


def unless_expression(keyword):
    # Only Azure knows what an expression comes to.
    return lambda validator, value, instance, schema: (
        () if is_expression(instance) else keyword(validator, value, instance, schema))


Validator = jsonschema.validators.extend(jsonschema.Draft4Validator, {
    name: unless_expression(keyword) for name, keyword in jsonschema.Draft4Validator.VALIDATORS.items()})


def schemas():
    store, found = {}, {}
    for path in SCHEMAS.glob("*.json"):
        document = json.loads(path.read_text())
        document["definitions"] = {name: strict(body) for name, body in document.get("definitions", {}).items()}
        store[document["id"].rstrip("#")] = document
        for name, body in document.get("resourceDefinitions", {}).items():
            kind = body["properties"]["type"]["enum"][0]
            version = body["properties"]["apiVersion"]["enum"][0]
            found[kind.lower(), version] = (document, strict(body))
    return store, found


def resolved(value, template):
    """`[variables('x')]` as what it stands for, so that the schemas see it, and loops of properties unrolled."""
    if isinstance(value, str):
        match = re.fullmatch(r"\[variables\('(\w+)'\)\]", value)
        if match and isinstance(template["variables"].get(match[1]), (list, dict)):
            return resolved(template["variables"][match[1]], template)
        return value
    if isinstance(value, list):
        return [resolved(element, template) for element in value]
    if isinstance(value, dict):
        out = {key: resolved(element, template) for key, element in value.items() if key != "copy"}
        for loop in value.get("copy", []) if isinstance(value.get("copy"), list) else []:
            out[loop["name"]] = [resolved(loop["input"], template)]
        return out
    return value


def names(template):
    """Parameters and variables that are used and not declared, or the reverse."""
    body = json.dumps(template)
    for section, word in (("parameters", "parameters"), ("variables", "variables")):
        # Inside a Logic App's definition @parameters are the app's own.
        used = set(re.findall(rf"(?<!@){word}\('(\w+)'\)", body))
        declared = set(template.get(section, {}))
        yield from (f"{section}: '{name}' is used and not declared" for name in used - declared)
        yield from (f"{section}: '{name}' is declared and not used" for name in declared - used)


def expressions(value, place=""):
    """Expressions whose brackets or quotes do not close."""
    if isinstance(value, dict):
        for key, element in value.items():
            yield from expressions(element, f"{place}/{key}")
    elif isinstance(value, list):
        for element in value:
            yield from expressions(element, place)
    elif is_expression(value):
        bare = re.sub(r"'(?:[^']|'')*'", "", value)
        if "'" in bare or not value.endswith("]") or any(
                bare.count(a) != bare.count(b) for a, b in ("[]", "()")):
            yield f"{place}: {value} does not close"


def faults(template, store, found):
    yield from names(template)
    yield from expressions(template)
    for resource in template["resources"]:
        kind, version = resource["type"], resource["apiVersion"]
        if kind in WITHOUT_SCHEMA:
            continue
        if (kind.lower(), version) not in found:
            yield f"{kind} {version}: no such resource"
            continue
        document, schema = found[kind.lower(), version]
        body = resolved({k: v for k, v in resource.items() if k not in OF_EVERY_RESOURCE}, template)
        resolver = jsonschema.RefResolver(document["id"], document, store=store)
        for error in Validator(schema, resolver=resolver).iter_errors(body):
            yield from worth_saying(kind, error)


def worth_saying(kind, error):
    if error.context:
        for below in error.context:
            yield from worth_saying(kind, below)
        return
    place = "/".join(map(str, error.absolute_path))
    known = isinstance(error.instance, str) and any(
        kind == gap and re.fullmatch(where, place) and re.fullmatch(what, error.instance)
        for gap, where, what in KNOWN_GAPS)
    if not known:
        yield f"{kind}/{place}: {error.message[:200]}"


def broken(templates):
    """Copies with one fault each, of the sort that people make."""
    def change(name, how):
        template = copy.deepcopy(templates[name])
        how(template)
        return template

    def rule(template):
        return template["resources"][1]["properties"]

    yield "a severity that is none", change("alerts.json", lambda t: rule(t).update(severity="high"))
    yield "an unknown property", change("alerts.json", lambda t: rule(t).update(severty=1))
    yield "no such version", change("alerts.json", lambda t: t["resources"][1].update(apiVersion="2019-01-01"))
    yield "a mail receiver without an address", change(
        "alerts.json", lambda t: t["resources"][0]["properties"]["copy"][0]["input"].pop("emailAddress"))
    yield "a column of a type that is none", change(
        "monitor.json", lambda t: t["variables"]["streamColumns"][0].update(type="date"))
    yield "a parameter that nobody declared", change("monitor.json", lambda t: t["parameters"].pop("ruleName"))
    yield "a workbook without a name", change(
        "workbook.json", lambda t: t["resources"][0]["properties"].pop("displayName"))
    yield "a stream that is not Azure's and not ours", change(
        "monitor.json", lambda t: t["resources"][2]["properties"]["dataFlows"][0].update(streams=["Loadline"]))
    yield "a metric rule of no known kind", change(
        "metrics.json", lambda t: t["resources"][1]["properties"]["criteria"].update({"odata.type": "Metric"}))
    yield "an expression that does not close", change(
        "alerts.json", lambda t: rule(t).update(scopes=["[variables('workspaceId']"]))


def main():
    if not SCHEMAS.is_dir():
        print(f"{SCHEMAS} is not there")
        return 77
    store, found = schemas()
    templates = {path.name: json.loads(path.read_text()) for path in sorted(TEMPLATES.glob("*.json"))}
    bad = 0
    for name, template in templates.items():
        for fault in faults(template, store, found):
            print(f"{name}: {fault}")
            bad += 1
    for what, template in broken(templates):
        if not list(faults(template, store, found)):
            print(f"not noticed: {what}")
            bad += 1
    table, stream = (templates["monitor.json"]["variables"][key] for key in ("tableColumns", "streamColumns"))
    if [(c["name"], c["type"]) for c in table] != [(c["name"], c["type"]) for c in stream]:
        print("monitor.json: the table's columns are not the stream's")
        bad += 1
    print(f"{len(templates)} templates, {bad} faults")
    return 1 if bad or not templates else 0


if __name__ == "__main__":
    sys.exit(main())
