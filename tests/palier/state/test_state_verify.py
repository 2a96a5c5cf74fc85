"""Every way a state can be broken is found, and a whole one draws no finding."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from state_builders import (
    BUCKET,
    PROVIDER,
    PROVIDER_ID,
    ROOT,
    bucket,
    exported,
    provider,
    root,
    secret,
    state,
    stored,
    unmade,
    urn,
)

from palier.errors import PalierError
from palier.state.checkpoint import decode
from palier.state.verify import check, check_manifest


def findings(deployment: dict[str, Any]) -> list[str]:
    return [str(item) for item in check(decode(stored(deployment), "it"))]


A = urn(BUCKET, "a")


def test_a_whole_state_draws_no_finding() -> None:
    row = bucket("b", dependencies=[A], propertyDependencies={"name": [A]}, deletedWith=A)
    twin = bucket("a", delete=True, id="acme-old")
    half = bucket("c", provider=f"{PROVIDER}::gone", pendingReplacement=True)
    row["inputs"]["password"] = secret()
    assert findings(state(bucket("a"), row, twin, half)) == []
    assert findings({}) == [], "a stack that was never updated"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([bucket("a", parent=urn("x", "gone"))], f"{A}: its parent {urn('x', 'gone')} is not in"),
        ([bucket("a", dependencies=[urn("x", "gone")])], f"{A}: its dependency .* is not in the"),
        ([bucket("a", propertyDependencies={"name": [urn("x", "gone")]})],
         f"{A}: its dependency of name .* is not in the state"),
        ([bucket("a", deletedWith=urn("x", "gone"))], f"{A}: its deletedWith .* is not in the"),
        ([bucket("a", dependencies=[urn(BUCKET, "b")]), bucket("b")],
         f"{A}: its dependency {urn(BUCKET, 'b')} comes after it"),
        ([bucket("a", provider=f"{PROVIDER}::other")], f"{A}: its provider .*::other is unknown"),
        ([bucket("a"), bucket("a")], f"{A}: is in the state 2 times"),
        ([bucket("a", id=None)], f"{A}: is a custom resource without an id"),
        ([bucket("a", custom=False)], f"{A}: is a component and has the id acme-a"),
        ([bucket("a", type="")], f"{A}: has no type"),
        ([bucket("a", urn="a")], "a: is no urn"),
    ],
)  # fmt: skip
def test_a_broken_resource_is_found_with_its_urn(rows: list[dict[str, Any]], says: str) -> None:
    found = findings(state(*rows))
    assert len(found) == 1, found
    assert re.match(says.replace("$", r"\$"), found[0]), found


def test_a_provider_that_comes_too_late_is_told_from_one_that_is_not_there() -> None:
    deployment = state()
    deployment["resources"] = [root(), bucket("a"), provider()]
    assert findings(deployment) == [f"{A}: its provider {PROVIDER}::{PROVIDER_ID} comes after it"]


def test_twins_are_allowed_only_when_all_but_one_are_to_be_deleted() -> None:
    old, older = bucket("a", delete=True, id="1"), bucket("a", delete=True, id="2")
    assert findings(state(old, older, bucket("a"))) == []
    assert findings(state(old, older)) == []


def test_every_interrupted_operation_is_found() -> None:
    pending = [("creating", unmade("b")), ("deleting", bucket("a"))]
    assert findings(state(bucket("a"), pending=pending)) == [
        f"{urn(BUCKET, 'b')}: was interrupted while creating",
        f"{A}: was interrupted while deleting",
    ]


def test_secrets_need_to_say_what_encrypted_them() -> None:
    row = bucket("a", inputs={"password": secret()})
    says = "the state: has secrets, and does not say what encrypted them"
    assert findings(state(row, secrets_providers=None)) == [says]
    assert findings(state(row, secrets_providers={})) == [says]
    assert findings(state(bucket("a"), secrets_providers=None)) == []


def test_secrets_in_clear_are_found() -> None:
    clear = {key: value for key, value in secret().items() if key != "ciphertext"}
    row = bucket("a", inputs={"password": clear | {"plaintext": '"x"'}})
    assert findings(state(row)) == ["the state: 1 secrets are readable without a key"]


def test_a_manifest_that_was_tampered_with_is_found() -> None:
    tampered = {"version": "v3.1.0", "magic": hashlib.sha256(b"v3.2.0").hexdigest()}
    assert findings(state(manifest=tampered)) == [
        "the state: its magic number is not that of its CLI's version"
    ]
    assert findings(state(manifest=None)) == ["the state: has no manifest"]
    assert findings(state(manifest={})) == [], "an engine without a version"


def test_all_findings_are_told_in_the_order_of_the_resources() -> None:
    rows = [bucket("a", id=None), bucket("b", parent=urn("x", "gone")), bucket("c", type=None)]
    found = findings(state(*rows))
    assert [text.split(":: ")[0].split(": ")[0] for text in found] == [row["urn"] for row in rows]


def test_the_root_needs_nothing_before_it() -> None:
    assert findings(state() | {"resources": [root()]}) == []
    assert ROOT.endswith("shop-prod")


# Checksums


def test_a_backup_that_was_changed_is_found_by_its_manifest(tmp_path: Path) -> None:
    data = exported(state(bucket("a")))
    file = tmp_path / "prod-1.json"
    assert check_manifest(file, data) == [], "without a manifest nothing is told of it"
    manifest = tmp_path / "prod-1.manifest.json"
    manifest.write_text(json.dumps({"sha256": hashlib.sha256(data).hexdigest()}), encoding="utf-8")
    assert check_manifest(file, data) == []
    found = check_manifest(file, data + b" ")
    assert len(found) == 1
    assert "checksum" in found[0].message
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(PalierError, match=r"prod-1\.manifest\.json: unreadable$"):
        check_manifest(file, data)
