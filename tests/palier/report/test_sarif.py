"""SARIF: valid by the published schema, and as code scanning wants it.

The schema is the one that OASIS publishes (2.1.0, errata 01), out of the Go module go-sarif v3.3.1.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import builders
import documents
import gate_builders as gates
import jsonschema
import pytest
import update_builders as updates

from palier.check import Check, Surroundings
from palier.gate.catalogue import entries
from palier.gate.gate import Gate
from palier.project import find
from palier.report import sarif
from palier.verdicts import Finding

HERE: Final = Path(__file__).parent
SCHEMA: Final = jsonschema.Draft4Validator(
    json.loads((HERE / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
)
HOSTILE: Final = "a\x1b[2J [click](http://evil.example)\nb \u202e" + "long " * 1000


def written(*checks: Check, around: Surroundings | None = None) -> Any:
    """The document of some checks, which is valid."""
    with updates.own_rules():
        document = json.loads(sarif.render(checks, around or updates.around()))
    SCHEMA.validate(document)
    return document


def results(document: Any, rule: str | None = None) -> list[Any]:
    return [
        result
        for run in document["runs"]
        for result in run["results"]
        if rule in (None, result["ruleId"])
    ]


def where(result: Any) -> tuple[str, int]:
    (location,) = result["locations"]
    at = location["physicalLocation"]
    return at["artifactLocation"]["uri"], at["region"]["startLine"]


@pytest.fixture
def failing(tmp_path: Path) -> Check:
    return updates.checked(tmp_path, updates.failing(), updates.waiver())


def with_findings(made: Check, *findings: Finding, **other: Any) -> Check:
    """The same with one verdict, of a rule that there is."""
    verdict = gates.verdict("fail", rule="picture-complete", findings=findings, **other)
    return replace(made, plan=replace(made.plan, verdicts=(verdict,)))


def test_the_schema_would_refuse_what_is_no_sarif(failing: Check) -> None:
    document = written(failing)
    document["runs"][0]["results"][0]["level"] = "fatal"
    assert not SCHEMA.is_valid(document)


def test_every_rule_of_the_catalogue_is_told_with_why_and_what_to_do(failing: Check) -> None:
    driver = written(failing)["runs"][0]["tool"]["driver"]
    with updates.own_rules():
        known = entries(gates.shipped())
    assert driver["name"] == "palier"
    assert [rule["id"] for rule in driver["rules"]] == [entry.id for entry in known]
    for rule, entry in zip(driver["rules"], known, strict=True):
        assert rule["shortDescription"]["text"] == entry.title
        assert rule["fullDescription"]["text"] == entry.rationale
        assert entry.remedy in rule["help"]["text"]
        assert entry.reference in rule["help"]["text"]
        assert rule["properties"]["tags"] == [entry.family]
        level = {"mandatory": "error", "advisory": "warning"}[entry.level]
        assert rule["defaultConfiguration"]["level"] == level


def test_every_finding_is_a_result_and_every_limit_that_is_passed(failing: Check) -> None:
    told = [
        (result["ruleId"], result["locations"][0]["logicalLocations"][0]["name"])
        for result in results(written(failing))
    ]
    assert told == [
        ("prices-complete", "trainer"), ("monthly-mvp", "stack"), ("per-user-mvp", "stack"),
        ("ceiling", "stack"), ("parity", "stack"), ("observability", "stack"),
        ("ledger-kept", "dns-zone"), ("ledger-kept", "postgres-eu-1"),
        ("databases-backed-up", "postgres-eu-1"), ("subnets-reach-google", "network-eu"),
        ("clusters-labelled", "gke-eu-g1"),
    ]  # fmt: skip
    texts = {result["ruleId"]: result["message"]["text"] for result in results(written(failing))}
    assert texts["monthly-mvp"].startswith("238.34 € a month of 100.00 € allowed; largest: ")
    assert texts["prices-complete"].startswith("Not known: trainer: palier has no price")


def test_mandatory_findings_are_errors_and_advisory_ones_warnings(failing: Check) -> None:
    levels = {result["ruleId"]: result["level"] for result in results(written(failing))}
    assert levels.pop("parity") == "warning"
    assert levels.pop("clusters-labelled") == "warning"
    assert set(levels.values()) == {"error"}, "what is not known is no warning"


def test_a_rule_is_referred_to_by_its_place_in_the_list(failing: Check) -> None:
    document = written(failing)
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    for result in results(document):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_waived_finding_is_suppressed_and_no_other_is(failing: Check) -> None:
    suppressed = {
        result["ruleId"]: result["suppressions"]
        for result in results(written(failing))
        if result["suppressions"]
    }
    assert suppressed == {
        "subnets-reach-google": [{
            "kind": "external", "status": "accepted",
            "justification": "by @platform-team until 2026-12-31: the new range comes in #481",
        }]
    }  # fmt: skip


# --- where --------------------------------------------------------------------------------------


def test_a_finding_is_at_the_line_that_makes_its_resource(failing: Check) -> None:
    (result,) = results(written(failing), "databases-backed-up")
    assert where(result) == ("components/postgres.py", 97)
    (logical,) = result["locations"][0]["logicalLocations"]
    assert (logical["name"], logical["kind"]) == ("postgres-eu-1", "resource")
    assert logical["fullyQualifiedName"].endswith("DatabaseInstance::postgres-eu-1")


def test_a_finding_without_a_line_of_its_own_is_at_that_of_what_made_it(failing: Check) -> None:
    child = next(fact for fact in failing.plan.facts if fact.type.endswith(":Database"))
    above = child.parent
    assert above is not None
    place = failing.places[next(iter(failing.places))]
    made = replace(
        with_findings(failing, gates.finding(child.name, urn=child.urn)), places={above: place}
    )
    (result,) = results(written(made))
    assert where(result) == (place.file, place.line)


def test_parents_in_a_circle_end_at_the_stacks_file(failing: Check) -> None:
    fact = failing.plan.facts.resources[0]
    circle = type(failing.plan.facts).of([replace(fact, parent=fact.urn)])
    made = with_findings(failing, gates.finding(fact.name, urn=fact.urn))
    made = replace(made, plan=replace(made.plan, facts=circle))
    assert [where(result) for result in results(written(made))] == [("stacks/Pulumi.mvp.yaml", 1)]


def test_a_limit_is_at_its_row(failing: Check) -> None:
    rows = (builders.ROOT / "policies/limits.yaml").read_text(encoding="utf-8").splitlines()
    for rule in ("monthly-mvp", "per-user-mvp", "parity"):
        (result,) = results(written(failing), rule)
        file, row = where(result)
        assert file == "policies/limits.yaml"
        assert rows[row - 1] == f"  - id: {rule}"


def test_what_is_about_no_line_is_at_the_stacks_file(failing: Check) -> None:
    made = with_findings(failing, gates.finding("stack"))
    assert [where(result) for result in results(written(made))] == [("stacks/Pulumi.mvp.yaml", 1)]
    nowhere = Surroundings(project="no project", gate=Gate(limits=gates.shipped()))
    (result,) = results(written(made, around=nowhere))
    assert where(result) == ("Pulumi.yaml", 1)


def test_paths_are_those_of_the_repository(failing: Check, tmp_path: Path) -> None:
    root = tmp_path / "the repo" / "infra platform"
    root.mkdir(parents=True)
    (root.parent / ".git").mkdir()
    for name, content in (("Pulumi.yaml", "name: a\nruntime: python\n"), ("__main__.py", "")):
        (root / name).write_text(content, encoding="utf-8")
    around = Surroundings(project=find(root), gate=Gate(limits=gates.shipped()))
    made = written(failing, around=around)
    assert where(results(made, "databases-backed-up")[0])[0] == (
        "infra%20platform/components/postgres.py"
    )
    assert where(results(made, "monthly-mvp")[0]) == ("infra%20platform/Pulumi.yaml", 1)


# --- several, and again -------------------------------------------------------------------------


def test_each_file_is_a_run_with_a_category_of_its_own(tmp_path: Path) -> None:
    one = updates.checked(tmp_path, updates.clean())
    state = updates.checked(tmp_path, documents.export(updates.platform()), name="state.json")
    document = written(one, state, one)
    assert [run["automationDetails"]["id"] for run in document["runs"]] == [
        "palier/palier/mvp/preview/", "palier/palier/mvp/export/", "palier/palier/mvp/preview/2/",
    ]  # fmt: skip
    assert all(run["results"] == [] for run in document["runs"]), "a clean run closes its alerts"


def test_a_finding_is_known_again_in_another_stack_and_on_another_line(failing: Check) -> None:
    def known(made: Check) -> list[str]:
        prints = [result["partialFingerprints"] for result in results(written(made))]
        return [one["primaryLocationLineHash"] for one in prints]

    finding = gates.finding("db", urn="urn:pulumi:mvp::acme::a:b:C::db")
    other = gates.finding("db", urn="urn:pulumi:prod::acme::a:b:C::db", message="another")
    assert known(with_findings(failing, finding)) == known(with_findings(failing, other))
    third = gates.finding("db", urn="urn:pulumi:mvp::acme::a:b:C::db2")
    assert known(with_findings(failing, finding)) != known(with_findings(failing, third))


def test_two_findings_of_one_rule_are_never_taken_for_one(failing: Check) -> None:
    made = with_findings(failing, gates.finding("stack"), gates.finding("stack", message="b"))
    one, two = (result["partialFingerprints"] for result in results(written(made)))
    assert one != two


def test_a_message_is_one_line_without_links_and_not_too_long(failing: Check) -> None:
    finding = gates.finding(HOSTILE, message=HOSTILE, urn="urn:x", waived=HOSTILE)
    (result,) = results(written(with_findings(failing, finding)))
    for text in (result["message"]["text"], result["suppressions"][0]["justification"]):
        assert "](" not in text
        assert text.isprintable()
        assert len(text) <= 1000
