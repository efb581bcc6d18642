"""What schemathesis does beside the document: credentials, and ids of things that are there.

The file that WEIRHOUSE_API_FUZZ names holds what world.ts makes: headers by security scheme or operation, ids by path
and by field, ids that are not to be deleted. The file that WEIRHOUSE_API_FUZZ_STATUSES names gets the statuses that
each operation answered with.
"""

import atexit
import collections
import json
import os
import random

import schemathesis

with open(os.environ["WEIRHOUSE_API_FUZZ"], encoding="utf-8") as file:
    WORLD = json.load(file)

STATUSES = collections.defaultdict(collections.Counter)

# Of so many generated values one stays as it is; the others become values of things that are there.
KEPT = 6
# Of so many requests one goes without a credential.
OPEN = 24
CHANCE = random.Random(WORLD["seed"])


def known(values, generated):
    """One of the values, or what was generated."""
    return generated if not values or CHANCE.randrange(KEPT) == 0 else CHANCE.choice(values)


def harmless(value):
    """A URL of another machine becomes one of this machine: nothing here asks anybody else."""
    squeezed = "".join(one for one in value if ord(one) > 0x20).lower()
    return WORLD["loopback"] if squeezed.startswith(("http", "ws", "ftp")) else value


def filled(value, name=None, holder=None):
    """A body with values of things that are there, and no URLs of other machines."""
    if isinstance(value, dict):
        return {key: filled(inner, key, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, name, holder) for inner in value]
    if not isinstance(value, str):
        return value
    fields = WORLD["fields"]
    values = fields.get(f"{holder}.{name}") or fields.get(name) or []
    return known(values, harmless(value))


def place(path, path_parameters):
    """Path parameters with ids of things that are there."""
    values = WORLD["paths"].get(path, {})
    return {
        name: known(values.get(name) or WORLD["fields"].get(name), value) for name, value in path_parameters.items()
    }


def ask(query):
    """A query for things that are there."""
    fields = WORLD["fields"]
    return {name: known(fields.get(name), value) if isinstance(value, str) else value for name, value in query.items()}


@schemathesis.hook
def before_call(context, case, **kwargs):
    definition = case.operation.definition.raw
    if case.path_parameters:
        case.path_parameters = place(case.operation.path, case.path_parameters)
        if case.method.upper() == "DELETE":
            given = case.path_parameters.items()
            case.path_parameters = {
                name: "gone" if name == "id" and value in WORLD["kept"] else value for name, value in given
            }
    if case.query:
        case.query = ask(case.query)
    case.body = filled(case.body)
    for name in [name for name in case.headers if name.lower() == "authorization"]:
        del case.headers[name]
    if CHANCE.randrange(OPEN) == 0:
        return
    header = WORLD["operations"].get(definition["operationId"])
    for scheme in (name for one in definition.get("security", []) for name in one):
        header = header or WORLD["authorization"].get(scheme)
    if header is not None:
        case.headers["Authorization"] = header


@schemathesis.hook
def after_call(context, case, response):
    STATUSES[case.operation.definition.raw["operationId"]][response.status_code] += 1


@atexit.register
def tell():
    with open(os.environ["WEIRHOUSE_API_FUZZ_STATUSES"], "w", encoding="utf-8") as file:
        json.dump(STATUSES, file)
