"""Interrupted operations: what may have happened, and what becomes of each entry."""

from __future__ import annotations

from typing import Any

import pytest
from state_builders import (
    BUCKET,
    PROVIDER,
    PROVIDER_ID,
    ROOT,
    bucket,
    provider,
    secret,
    state,
    stored,
    unmade,
    urn,
)

from palier.errors import PalierError
from palier.facts import UNKNOWN
from palier.state import kubernetes_ids, lookups, verify
from palier.state.checkpoint import Checkpoint, decode
from palier.state.pending import Answers, Decision, decide, settle

ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
NOTHING = Answers(adopt={}, gone=frozenset())
Row = dict[str, Any]


def read(deployment: Row) -> Checkpoint:
    return decode(stored(deployment), "it")


def made(type_: str, inputs: Row, name: str = "x", **fields: Any) -> Row:
    return unmade(name, urn=urn(type_, name), type=type_, inputs=inputs) | fields


def only(deployment: Row, answers: Answers = NOTHING) -> Decision:
    (decision,) = decide(read(deployment), answers)
    return decision


def settled(deployment: Row, answers: Answers = NOTHING) -> list[Row]:
    """Resources after all is settled; whatever comes out, the engine must take it."""
    before = read(deployment)
    after = settle(before, decide(before, answers))
    assert after.pending == []
    assert verify.check(after) == [], "the engine would refuse it"
    return after.resources


def creating(row: Row, *others: Row) -> Row:
    return state(*others, pending=[("creating", row)])


# Creations


def test_a_creation_enters_the_state_under_the_id_it_would_have() -> None:
    rows = settled(creating(unmade("b"), bucket("a")))
    (entry,) = [row for row in rows if row["urn"] == urn(BUCKET, "b")]
    assert entry["id"] == "acme-b"
    assert entry["parent"] == ROOT
    assert entry["provider"] == f"{PROVIDER}::{PROVIDER_ID}"
    assert entry["propertyDependencies"] == {"location": []}
    assert entry["inputs"]["__defaults"] == [], "inputs are left as they were"


def test_a_provider_finds_it_by_outputs_that_are_its_inputs() -> None:
    inputs = {"name": "acme-b", "__defaults": ["x"], "rules": [{"age": 3, "__defaults": []}]}
    entry = settled(creating(unmade("b", inputs=inputs | {"key": secret()})))[-1]
    assert entry["outputs"] == {"name": "acme-b", "rules": [{"age": 3}], "key": secret()}


def test_a_place_that_only_the_provider_tells_is_part_of_the_id() -> None:
    row = made("gcp:compute/network:Network", {"name": "main"})
    assert only(creating(row)).id == "projects/acme/global/networks/main"
    told = provider() | {"inputs": {"region": "europe-west1"}}
    deployment = creating(row) | {"resources": [state()["resources"][0], told]}
    assert only(deployment).action == "ask", "no project is told anywhere"


def test_a_name_that_is_encrypted_makes_no_id() -> None:
    row = made("gcp:compute/network:Network", {"name": secret()})
    assert only(creating(row)).action == "ask", "an id without it would be of nothing"


@pytest.mark.parametrize(
    "row",
    [
        made("random:index/randomPassword:RandomPassword", {"length": 20}),
        made("tls:index/privateKey:PrivateKey", {}),
        made("pulumi:providers:gcp", {"project": "acme"}, name="other"),
        made("acme:part:Part", {}, custom=False),
    ],
)
def test_what_exists_in_the_state_only_is_dropped(row: Row) -> None:
    assert only(creating(row)).action == "drop"
    assert len(settled(creating(row))) == 2


@pytest.mark.parametrize(
    ("type_", "inputs", "lookup"),
    [
        (ALERT, {"displayName": "Disk full", "project": "acme"},
         "gcloud monitoring policies list --filter 'displayName=\"Disk full\"' --project acme"),
        ("gcp:monitoring/notificationChannel:NotificationChannel", {"displayName": 'on "call"'},
         "gcloud beta monitoring channels list --filter 'displayName=\"on \\\"call\\\"\"'"),
        ("gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig", {"displayName": "api"},
         "gcloud monitoring uptime list-configs --filter 'displayName=\"api\"'"),
        ("gcp:billing/budget:Budget", {"displayName": "cap", "billingAccount": "0-1"},
         "gcloud billing budgets list --billing-account 0-1 --filter 'displayName=\"cap\"'"),
        ("gcp:secretmanager/secretVersion:SecretVersion", {"secret": "projects/acme/secrets/x"},
         "gcloud secrets versions list projects/acme/secrets/x"),
    ],
)  # fmt: skip
def test_an_id_that_only_the_service_knows_must_be_looked_up(
    type_: str, inputs: Row, lookup: str
) -> None:
    decision = only(creating(made(type_, inputs)))
    assert decision.action == "ask"
    assert decision.lookup == f"{lookup} --format 'value(name)'"


def test_a_type_that_is_not_known_must_be_looked_up_somewhere() -> None:
    decision = only(creating(made("acme:index:Thing", {"name": "x"})))
    assert (decision.action, decision.lookup) == ("ask", None)
    assert lookups.command("acme:index:Thing", {}) is None


def test_what_was_found_by_looking_decides() -> None:
    row = made(ALERT, {"displayName": "Disk full"})
    id_ = "projects/acme/alertPolicies/7"
    adopted = settled(creating(row), Answers(adopt={row["urn"]: id_}, gone=frozenset()))
    assert adopted[-1]["id"] == id_
    assert len(settled(creating(row), Answers(adopt={}, gone=frozenset({row["urn"]})))) == 2


def test_an_answer_outweighs_what_palier_would_do() -> None:
    row = unmade("b")
    answers = Answers(adopt={row["urn"]: "other"}, gone=frozenset())
    assert settled(creating(row), answers)[-1]["id"] == "other"
    assert only(creating(row), Answers(adopt={}, gone=frozenset({row["urn"]}))).action == "drop"


def test_an_answer_about_nothing_is_refused() -> None:
    typo = Answers(adopt={urn(BUCKET, "bb"): "x"}, gone=frozenset())
    with pytest.raises(PalierError, match=r"::bb: is not pending; pending are .*::b$"):
        decide(read(creating(unmade("b"))), typo)
    done = Answers(adopt={urn(BUCKET, "a"): "acme-a"}, gone=frozenset())
    assert decide(read(state(bucket("a"))), done) == [], "it was answered before"


def test_answers_that_contradict_each_other_are_refused() -> None:
    row = unmade("b")
    both = Answers(adopt={row["urn"]: "x"}, gone=frozenset({row["urn"]}))
    with pytest.raises(PalierError, match=r"--adopt and --gone contradict each other$"):
        decide(read(creating(row)), both)


def test_an_entry_comes_after_all_it_stands_on() -> None:
    a, b = unmade("a"), unmade("b", dependencies=[urn(BUCKET, "a")])
    rows = settled(state(pending=[("creating", b), ("creating", a)]))
    assert [row["urn"] for row in rows[-2:]] == [a["urn"], b["urn"]]


@pytest.mark.parametrize(
    "row",
    [unmade("b", parent=urn("x", "gone")), unmade("b", dependencies=[urn("x", "gone")]),
     unmade("b", provider=f"{urn('pulumi:providers:gcp', 'gone')}::1")],
)  # fmt: skip
def test_an_entry_without_what_it_stands_on_is_refused(row: Row) -> None:
    before = read(creating(row))
    with pytest.raises(PalierError, match=r"gone.* is not in the state; restore an older one$"):
        settle(before, decide(before, NOTHING))


# Replacements


def test_a_replacement_whose_old_one_is_gone_takes_its_place() -> None:
    old = bucket("b", pendingReplacement=True)
    child = bucket("c", dependencies=[urn(BUCKET, "b")])
    new = unmade("b", dependencies=[urn(BUCKET, "d")])
    rows = settled(creating(new, old, child, bucket("d")))
    assert [row["urn"].rsplit("::", 1)[-1] for row in rows[2:]] == ["d", "b", "c"]
    assert "pendingReplacement" not in rows[3]


def test_a_replacement_beside_its_old_one_must_be_looked_up() -> None:
    new = unmade("b", inputs={"name": "acme-b2"})
    decision = only(creating(new, bucket("b")))
    assert decision.action == "ask"
    assert "as acme-b2" in decision.why
    assert "next update delete acme-b" in decision.why


def test_an_adopted_replacement_marks_its_old_one_to_be_deleted() -> None:
    new = unmade("b", inputs={"name": "acme-b2"})
    answers = Answers(adopt={new["urn"]: "acme-b2"}, gone=frozenset())
    rows = settled(creating(new, bucket("b")), answers)
    assert [(row["id"], row.get("delete", False)) for row in rows[2:]] == [
        ("acme-b", True), ("acme-b2", False),
    ]  # fmt: skip


def test_a_replacement_that_is_gone_leaves_the_old_one() -> None:
    new = unmade("b", inputs={"name": "acme-b2"})
    rows = settled(creating(new, bucket("b")), Answers(adopt={}, gone=frozenset({new["urn"]})))
    assert [(row["id"], row.get("delete", False)) for row in rows[2:]] == [("acme-b", False)]


def test_a_replacement_under_the_same_id_cannot_have_been_made() -> None:
    assert only(creating(unmade("b"), bucket("b"))).action == "drop"


def test_what_is_about_to_be_deleted_is_no_obstacle() -> None:
    rows = settled(creating(unmade("b"), bucket("b", delete=True, id="old")))
    assert [row["id"] for row in rows[2:]] == ["old", "acme-b"]


# Other operations


@pytest.mark.parametrize("kind", ["updating", "deleting", "reading"])
def test_a_resource_that_is_in_the_state_stays_as_it_is(kind: str) -> None:
    deployment = state(bucket("a"), pending=[(kind, bucket("a", inputs={"name": "other"}))])
    assert settled(deployment) == state(bucket("a"))["resources"]


@pytest.mark.parametrize("kind", ["updating", "deleting", "importing"])
def test_a_resource_that_is_not_in_the_state_comes_back(kind: str) -> None:
    rows = settled(state(pending=[(kind, bucket("a"))]))
    assert rows[-1]["id"] == "acme-a"


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(PalierError, match=r"unknown operation 'dreaming'"):
        decide(read(state(bucket("a"), pending=[("dreaming", bucket("a"))])), NOTHING)


def test_all_of_a_large_interruption_is_settled_at_once() -> None:
    pending = [("creating", unmade(str(number))) for number in range(40)]
    pending += [("updating", bucket("a"))]
    assert len(settled(state(bucket("a"), pending=pending))) == 3 + 40


# Kubernetes


@pytest.mark.parametrize(
    ("type_", "inputs", "id_"),
    [
        ("kubernetes:core/v1:Secret", {"metadata": {"name": "s", "namespace": "app"}}, "app/s"),
        ("kubernetes:core/v1:Namespace", {"metadata": {"name": "app"}}, "app"),
        ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", {"metadata": {"name": "r"}}, "r"),
        ("kubernetes:core/v1:Secret", {"metadata": {"name": "s"}}, None),
        ("kubernetes:core/v1:Secret", {"metadata": {"namespace": "app"}}, None),
        ("kubernetes:core/v1:Secret", {"metadata": {"name": "s", "namespace": UNKNOWN}}, None),
        ("kubernetes:core/v1:Secret", {}, None),
        ("kubernetes:argoproj.io/v1alpha1:Application",
         {"metadata": {"name": "root", "namespace": "argocd"}}, "argocd/root"),
        ("kubernetes:acme.io/v1:Planet", {"metadata": {"name": "mars"}}, None),
        ("kubernetes:helm.sh/v3:Release", {"name": "argocd", "namespace": "argocd"},
         "argocd/argocd"),
        ("kubernetes:helm.sh/v3:Release", {"namespace": "argocd"}, None),
    ],
)  # fmt: skip
def test_an_object_of_kubernetes_is_known_by_its_names(
    type_: str, inputs: Row, id_: str | None
) -> None:
    assert kubernetes_ids.id_of(type_, inputs) == id_


def test_an_object_of_kubernetes_enters_the_state() -> None:
    row = made("kubernetes:core/v1:Namespace", {"metadata": {"name": "app"}})
    assert settled(creating(row))[-1]["id"] == "app"
