"""Documents by hand: what the CLI writes of facts, in a preview, an export or a checkpoint.

The shapes are those of a real CLI (3.256): a preview has no outputs of components, for it is
written before they are registered; a provider's check fills defaults in and lists their keys; a
state knows what a preview does not, and encrypts what is secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from palier import wire
from palier.facts import PROVIDER_PREFIX, STACK_TYPE, UNKNOWN, Fact, Facts, Value

CIPHERTEXT: Final = "v1:c2VjcmV0:bm90aGluZyB0byBzZWU="
SECRET_TEXT: Final = "[secret]"  # noqa: S105 what stands for one
SECRETS: Final = {
    ("gcp:sql/user:User", "password"),
    ("gcp:secretmanager/secretVersion:SecretVersion", "secretData"),
}
"""Inputs that the program gives as secrets."""
FILLED: Final = "filledIn"
"""A default that no program gives."""
KNOWN: Final = "known-now"
"""What stands for a value that was unknown before the update."""
NETWORK: Final = "gcp:compute/network:Network"
NETWORKS: Final = ("network", "networkUrl")
"""Inputs that are a network's id: rules follow them to the network."""
ID: Final = "0f5e6a1c-0000-4000-8000-000000000000"


def stack_urn(fact: Fact) -> str:
    """The urn of the stack that a fact is of."""
    stack, project = fact.urn.split("::")[0].rpartition(":")[2], fact.urn.split("::")[1]
    return f"urn:pulumi:{stack}::{project}::{STACK_TYPE}::{project}-{stack}"


def stack_state(facts: Facts) -> dict[str, Any]:
    """The stack's own resource."""
    return {"urn": stack_urn(facts.items[0]), "custom": False, "type": STACK_TYPE}


def default_provider(facts: Facts) -> dict[str, Any]:
    """A provider that the engine made by itself."""
    head = "::".join(facts.items[0].urn.split("::")[:2])
    type_ = f"{PROVIDER_PREFIX}random"
    return {
        "urn": f"{head}::{type_}::default_4_21_0", "custom": True, "type": type_, "id": ID,
        "inputs": {"version": "4.21.0"},
    }  # fmt: skip


def state(fact: Fact, *, preview: bool) -> dict[str, Any]:
    """A resource as a step's new state, or as a state's entry."""
    made: dict[str, Any] = {"urn": fact.urn, "custom": fact.custom, "type": fact.type}
    inputs = _inputs(fact, preview=preview)
    if fact.custom:
        made["id"] = ID
    if inputs:
        made["inputs"] = inputs
    if not fact.custom and not preview:
        made["outputs"] = {name: _known(item) for name, item in fact.outputs.items()}
    if fact.custom and not preview:
        made["outputs"] = {**inputs, "selfLink": "https://example.com/self", "__meta": "{}"}
    made["parent"] = fact.parent
    if fact.protect:
        made["protect"] = True
    if fact.dependencies:
        made["dependencies"] = list(reversed(fact.dependencies))
    if fact.ignore_changes:
        made["ignoreChanges"] = list(fact.ignore_changes)
    if fact.provider:
        made["provider"] = f"{fact.provider}::{wire.UNKNOWN_TEXT if preview else ID}"
    elif fact.custom and not fact.type.startswith(PROVIDER_PREFIX):
        made["provider"] = f"{default_provider(Facts((fact,)))['urn']}::{ID}"
    return made


def _inputs(fact: Fact, *, preview: bool) -> dict[str, Any]:
    inputs = {
        name: _hidden(preview=preview)
        if (fact.type, name) in SECRETS
        else (_sent(item) if preview else _known(item))
        for name, item in fact.inputs.items()
    }
    if fact.type.startswith(PROVIDER_PREFIX):
        return {**inputs, "version": "10.2.0", "__internal": {"pluginDownloadURL": "x"}}
    if fact.type.startswith("gcp:"):
        named = {} if "name" in inputs else {"name": f"{fact.name}-1a2b3c4"}
        return {**_filled(inputs), **named, wire.DEFAULTS: [FILLED, *named]}
    return inputs


def _filled(value: Value) -> Any:
    """A value after a provider's check: each object has one default more."""
    if isinstance(value, list):
        return [_filled(item) for item in value]
    if not isinstance(value, Mapping) or wire.SIGNATURE in value:
        return value
    checked = {name: _filled(item) for name, item in value.items()}
    return {**checked, FILLED: "by the provider", wire.DEFAULTS: [FILLED]}


def _hidden(*, preview: bool) -> Any:
    if preview:
        return SECRET_TEXT
    return {wire.SIGNATURE: wire.SECRET, "ciphertext": CIPHERTEXT}


def _sent(value: Value) -> Any:
    if isinstance(value, Mapping):
        return {name: _sent(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_sent(item) for item in value]
    return wire.UNKNOWN_TEXT if value is UNKNOWN else value


def _known(value: Value) -> Any:
    """A value after the update: what was unknown has some text."""
    if isinstance(value, Mapping):
        return {name: _known(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return KNOWN if value is UNKNOWN else value


def _linked(made: dict[str, Any], facts: Facts) -> dict[str, Any]:
    """A state whose networks are those that it waits for."""
    waits = [facts.by_urn[urn] for urn in made.get("dependencies", ()) if urn in facts.by_urn]
    found = [fact for fact in waits if fact.type == NETWORK]
    if not found or "inputs" not in made:
        return made
    id_ = f"projects/acme/global/networks/{found[0].read('name')}"
    return made | {"inputs": _with_network(made["inputs"], id_)}


def _with_network(value: Any, id_: str) -> Any:
    if isinstance(value, list):
        return [_with_network(item, id_) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: id_ if key in NETWORKS and item == KNOWN else _with_network(item, id_)
        for key, item in value.items()
    }


def step(state_: Mapping[str, Any], op: str = "create", **more: Any) -> dict[str, Any]:
    """A step of a preview."""
    return {"op": op, "urn": state_["urn"], "newState": dict(state_), "detailedDiff": None} | more


def preview(
    facts: Facts, config: Mapping[str, str] | None = None, op: str = "create"
) -> dict[str, Any]:
    """What `pulumi preview --json --show-sames` writes."""
    states = [state(fact, preview=True) for fact in reversed(facts.items)]
    steps = [step(stack_state(facts), op), *(step(one, op) for one in states)]
    return {
        "config": dict(config or {}),
        "steps": steps,
        "duration": 5_000_000,
        "changeSummary": {op: len(steps)},
    }


def export(facts: Facts, **deployment: Any) -> dict[str, Any]:
    """What `pulumi stack export` writes."""
    return {
        "version": 3,
        "deployment": {
            "manifest": {"time": "2026-11-22T05:20:09Z", "magic": "0", "version": "v3.256.0"},
            "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:0"}},
            "resources": [
                stack_state(facts),
                default_provider(facts),
                *(_linked(state(fact, preview=False), facts) for fact in facts),
            ],
            "metadata": {},
            **deployment,
        },
    }


def checkpoint(facts: Facts) -> dict[str, Any]:
    """What a backend keeps."""
    latest = export(facts)["deployment"]
    return {"version": 3, "checkpoint": {"stack": "organization/palier/mvp", "latest": latest}}


def write(folder: Path, document: object, name: str = "file.json") -> str:
    """Write a document, and return its path."""
    file = folder / name
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)
