"""Pull requests by hand: a platform, an update of it, and the preview that tells both.

A few components of a recorded mvp, so that a report stays readable. The rules are three of its own:
a report does not change with palier's catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from unittest import mock

import builders
import documents
import fact_builders as facts

from palier import check
from palier.budget.limits import load_beside
from palier.check import Check, Surroundings
from palier.facts import Fact, Facts, Value
from palier.gate.gate import Gate
from palier.gate.waivers import Waiver
from palier.rules.judges import each
from palier.rules.model import Rule
from palier.rules.requirements import (
    one_of,
    present,
)
from palier.testing.fixtures import put

COMPONENTS: Final = ("palier", "workloads", "dns", "gke", "network", "postgres", "registry")
TODAY: Final = date(2026, 11, 22)
DATABASE, SUBNET = "postgres-eu-1", "network-eu"
PLACES: Final = {DATABASE: ("components/postgres.py", 97)}
"""Where the program makes what, by name."""

RULES: Final = (
    Rule(
        id="databases-backed-up", family="data-safety", ledger=True,
        title="Every database is backed up",
        rationale="A wrong query loses what nobody copied.",
        remedy="Set settings.backupConfiguration.enabled.",
        reference="CIS GCP 6.8",
        judge=each(facts.SQL, one_of("settings.backupConfiguration.enabled", True)),
    ),
    Rule(
        id="subnets-reach-google", family="guardrails",
        title="Nodes reach Google without a public address",
        rationale="A node with a public address is one firewall rule away from the internet.",
        remedy="Set privateIpGoogleAccess.",
        reference="CIS GCP 3.9",
        judge=each(facts.SUBNET, one_of("privateIpGoogleAccess", True)),
    ),
    Rule(
        id="clusters-labelled", family="cost-hygiene", level="advisory",
        title="Every cluster has labels",
        rationale="A bill without labels has no owner.",
        remedy="Set resourceLabels.",
        reference="FinOps: allocation",
        judge=each(facts.CLUSTER, present("resourceLabels")),
    ),
)  # fmt: skip


def platform() -> Facts:
    """What exists before an update."""
    recorded = facts.recorded("mvp", 50)
    return Facts.of(
        fact
        for fact in recorded
        if (fact.name if not fact.custom else recorded.component_of(fact)) in COMPONENTS
        or fact.name == "gcp"
    )


def changed(made: Facts, type_: str, path: str, value: Value) -> Facts:
    """The same with another value in every resource of a type; `None` takes it out."""
    return Facts.of(
        replace(fact, inputs=put(fact.inputs, path, value)) if fact.type == type_ else fact
        for fact in made
    )


def added(type_: str, name: str, **inputs: Any) -> Fact:
    """One resource more."""
    fact = facts.resource(type_, name, **inputs)
    return replace(fact, urn=fact.urn.replace(":test::test::", ":mvp::palier::"))


def preview(
    before: Facts, after: Facts, reasons: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """What the CLI says of an update; what has a reason, by name, is replaced."""
    made = documents.preview(after, builders.stack_config("mvp", 50), op="same")
    steps = [made["steps"][0]]
    for urn in sorted({*before.by_urn, *after.by_urn}):
        name = urn.rpartition("::")[2]
        why = (reasons or {}).get(name, ())
        steps.append(_step(before.by_urn.get(urn), after.by_urn.get(urn), why))
    return made | {"steps": steps, "changeSummary": {}}


def _step(old: Fact | None, new: Fact | None, reasons: Sequence[str]) -> dict[str, Any]:
    states = {
        key: documents.state(fact, preview=True) | _source(fact)
        for key, fact in (("oldState", old), ("newState", new))
        if fact is not None
    }
    op = "same" if old == new else "update" if old and new else "create" if new else "delete"
    if reasons:
        return {"op": "replace", "replaceReasons": list(reasons), **_urn(states), **states}
    return {"op": op, **_urn(states), **states}


def _urn(states: Mapping[str, Any]) -> dict[str, Any]:
    return {"urn": next(iter(states.values()))["urn"]}


def _source(fact: Fact) -> dict[str, str]:
    if fact.name not in PLACES:
        return {}
    file, line = PLACES[fact.name]
    return {"sourcePosition": f"project:///{file}#{line},5"}


def failing() -> dict[str, Any]:
    """The preview of a pull request that loses a database, and more."""
    before = platform()
    after = changed(before, facts.SQL, "settings.tier", "db-custom-4-15360")
    after = changed(after, facts.SQL, "region", "europe-west9")
    after = changed(after, facts.SQL, "settings.backupConfiguration.enabled", False)
    after = changed(after, facts.SUBNET, "privateIpGoogleAccess", False)
    after = changed(after, facts.CLUSTER, "resourceLabels", None)
    after = changed(after, facts.REGISTRY, "description", "images of the platform")
    kept = [fact for fact in after if fact.type != facts.ZONE]
    tpu = added("gcp:tpu/node:Node", "trainer", zone="europe-west4-a")
    return preview(before, Facts.of([*kept, tpu]), {DATABASE: ["region"]})


def clean() -> dict[str, Any]:
    """The preview of a pull request that adds an address, and touches nothing else."""
    before = platform()
    address = added(facts.ADDRESS, "office", region=facts.REGION)
    return preview(before, Facts.of([*before, address]))


def waiver(rule: str = "subnets-reach-google", resource: str = SUBNET, **other: Any) -> Waiver:
    """A waiver that is in force."""
    fields: dict[str, Any] = {
        "rule": rule, "resource": resource, "stacks": ("mvp",), "owner": "@platform-team",
        "reason": "the new range comes in #481", "expires": date(2026, 12, 31),
    }  # fmt: skip
    return Waiver(**fields | other)


def around(*waivers: Waiver) -> Surroundings:
    """This repository, with these waivers, on a day that does not pass."""
    gate = Gate(limits=load_beside(builders.ROOT), waivers=waivers, today=TODAY)
    return Surroundings(project=builders.project(), gate=gate)


@contextmanager
def own_rules() -> Iterator[None]:
    """The rules of this file in the place of palier's."""
    with mock.patch("palier.rules.RULES", RULES), mock.patch("palier.gate.catalogue.RULES", RULES):
        yield


def checked(folder: Path, document: object, *waivers: Waiver, name: str = "preview.json") -> Check:
    """The check of a document."""
    file = documents.write(folder, document, name)
    with own_rules():
        made = check.check(file, around(*waivers))
    assert made.plan.source is not None
    return replace(made, plan=replace(made.plan, source=replace(made.plan.source, file=name)))
