"""A place for states is made private, encrypted and versioned; one that exists is mended."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import gcs_server
import pytest
from moto import mock_aws

from palier.errors import PalierError
from palier.state import s3_backend
from palier.state.address import Address, parse
from palier.state.bootstrap import ensure, login, placed

KEY = "projects/acme/locations/eu/keyRings/states/cryptoKeys/state"


def outcomes(address: Address, region: str | None = None, key: str | None = None) -> dict[str, str]:
    return {line.text: line.outcome for line in ensure(address, region, key)}


# Folders


def test_a_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    address = parse(f"file://{tmp_path}/deep/states")
    lines = ensure(address, None, None)
    assert [line.outcome for line in lines] == ["made", "note"]
    assert "no versions" in lines[-1].text
    assert stat.S_IMODE((tmp_path / "deep/states").stat().st_mode) == 0o700
    assert [line.outcome for line in ensure(address, None, None)] == ["ok", "note"]
    assert login(address) == f"pulumi login file://{tmp_path}/deep/states"


def test_a_folder_that_others_may_read_is_mended(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    lines = ensure(parse(f"file://{tmp_path}"), None, None)
    assert lines[0].outcome == "mended"
    assert lines[0].text.endswith("mode was 0755, is 0700")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(PalierError, match=r"file: is no folder$"):
        ensure(parse(f"file://{tmp_path}/file"), None, None)
    with pytest.raises(PalierError, match=r"--region and --kms-key are for buckets"):
        ensure(parse(f"file://{tmp_path}"), "eu", None)


# S3


def test_a_bucket_is_made_once_and_then_only_looked_at(s3: Address) -> None:
    first, second = ensure(s3, "eu-west-1", None), ensure(s3, "eu-west-1", None)
    assert first[0].outcome == "made"
    assert {line.outcome for line in first[1:]} <= {"mended", "ok", "note"}
    assert {line.outcome for line in second} == {"ok", "note"}
    assert [line.text for line in second if line.outcome == "note"] == [
        "reached without TLS: its endpoint is http"
    ]


def test_a_bucket_has_all_it_should(s3: Address) -> None:
    ensure(s3, "eu-west-1", "alias/states")
    client, at = s3_backend.client(s3), {"Bucket": s3.bucket}
    assert client.get_bucket_location(**at)["LocationConstraint"] == "eu-west-1"
    assert client.get_bucket_versioning(**at)["Status"] == "Enabled"
    (rule,) = client.get_bucket_encryption(**at)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/states",
    }  # fmt: skip
    block = client.get_public_access_block(**at)["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    (own,) = client.get_bucket_ownership_controls(**at)["OwnershipControls"]["Rules"]
    assert own == {"ObjectOwnership": "BucketOwnerEnforced"}
    (life,) = client.get_bucket_lifecycle_configuration(**at)["Rules"]
    assert life["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    assert life["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 7
    assert "Expiration" not in life, "what is current stays for ever"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("put_bucket_versioning", "versions are kept"),
        ("delete_bucket_encryption", "encrypted"),
        ("delete_public_access_block", "public access is blocked"),
        ("delete_bucket_ownership_controls", "objects are the bucket owner's"),
        ("delete_bucket_lifecycle", "replaced states are kept 90 days"),
    ],
)
def test_what_differs_is_mended_and_told(s3: Address, spoil: str, words: str) -> None:
    ensure(s3, None, None)
    client, at = s3_backend.client(s3), {"Bucket": s3.bucket}
    off = {"VersioningConfiguration": {"Status": "Suspended"}}
    getattr(client, spoil)(**at, **(off if spoil.startswith("put") else {}))
    found = outcomes(s3)
    assert [text for text, outcome in found.items() if outcome == "mended"] == [words]
    assert "mended" not in outcomes(s3).values()


def test_rules_of_others_stay(s3: Address) -> None:
    ensure(s3, None, None)
    client = s3_backend.client(s3)
    other = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"},
             "Expiration": {"Days": 3}}  # fmt: skip
    client.put_bucket_lifecycle_configuration(
        Bucket=s3.bucket, LifecycleConfiguration={"Rules": [other]}
    )
    ensure(s3, None, None)
    rules = client.get_bucket_lifecycle_configuration(Bucket=s3.bucket)["Rules"]
    assert {rule["ID"] for rule in rules} == {"logs", "palier-state"}


def test_a_bucket_cannot_move(s3: Address) -> None:
    ensure(s3, "eu-west-1", None)
    with pytest.raises(PalierError, match=r"is in eu-west-1, and a bucket cannot move to eu"):
        ensure(s3, "eu-west-3", None)


def test_a_region_is_part_of_the_url_the_cli_needs() -> None:
    address = placed(parse("s3://states"), "eu-west-3")
    assert login(address) == "pulumi login 's3://states?region=eu-west-3'"
    assert placed(parse("gs://states"), "EU") == parse("gs://states")
    with pytest.raises(PalierError, match=r"names the region eu-west-1, and --region eu-west-3"):
        placed(parse("s3://states?region=eu-west-1"), "eu-west-3")


def test_a_bucket_of_somebody_else_is_refused(s3: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    other = boto3.client(
        "sts", endpoint_url=s3.query["endpoint"], region_name="eu-west-1"
    ).assume_role(RoleArn="arn:aws:iam::111111111111:role/x", RoleSessionName="other")[
        "Credentials"
    ]
    with monkeypatch.context() as theirs:
        theirs.setenv("AWS_ACCESS_KEY_ID", other["AccessKeyId"])
        theirs.setenv("AWS_SECRET_ACCESS_KEY", other["SecretAccessKey"])
        theirs.setenv("AWS_SESSION_TOKEN", other["SessionToken"])
        ensure(s3, None, None)
    with pytest.raises(PalierError, match=r"the bucket is somebody else's"):
        ensure(s3, None, None)


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Amazon's own endpoints, of which nothing leaves this process."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    with mock_aws():
        yield


@pytest.mark.usefixtures("amazon")
def test_a_bucket_of_amazon_is_reached_by_tls_only() -> None:
    address = parse("s3://states?region=eu-west-1")
    assert outcomes(address)["reached by TLS only"] == "mended"
    assert outcomes(address)["reached by TLS only"] == "ok"
    policy = json.loads(s3_backend.client(address).get_bucket_policy(Bucket="states")["Policy"])
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == ["arn:aws:s3:::states", "arn:aws:s3:::states/*"]


@pytest.mark.usefixtures("amazon")
def test_statements_of_others_stay() -> None:
    address = parse("s3://states?region=us-east-1")
    client = s3_backend.client(address)
    client.create_bucket(Bucket="states")
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl",
              "Resource": "arn:aws:s3:::states"}  # fmt: skip
    wrong = {"Sid": "PalierTlsOnly", "Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket",
             "Resource": "arn:aws:s3:::states"}  # fmt: skip
    text = json.dumps({"Version": "2012-10-17", "Statement": [theirs, wrong]})
    client.put_bucket_policy(Bucket="states", Policy=text)
    ensure(address, None, None)
    policy = json.loads(client.get_bucket_policy(Bucket="states")["Policy"])
    assert [row["Effect"] for row in policy["Statement"]] == ["Deny", "Deny"]
    assert policy["Statement"][0] == theirs


# Google Cloud Storage


def test_a_bucket_of_google_is_made_once_and_then_only_looked_at(
    gcs: tuple[Address, gcs_server.Store],
) -> None:
    _, store = gcs
    address = parse("gs://fresh/team")
    first, second = ensure(address, "europe-west1", KEY), ensure(address, "europe-west1", KEY)
    assert first[0].outcome == "made"
    assert {line.outcome for line in [*first[1:], *second]} == {"ok"}
    made = store.buckets["fresh"]
    assert made["location"] == "europe-west1"
    assert made["iamConfiguration"] == {
        "uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced",
    }  # fmt: skip
    assert made["versioning"] == {"enabled": True}
    assert made["encryption"] == {"defaultKmsKeyName": KEY}
    assert made["softDeletePolicy"] == {"retentionDurationSeconds": str(7 * 24 * 3600)}
    assert {rule["action"]["type"] for rule in made["lifecycle"]["rule"]} == {
        "Delete", "AbortIncompleteMultipartUpload",
    }  # fmt: skip
    assert login(address) == "pulumi login gs://fresh/team"


def test_what_differs_of_a_bucket_of_google_is_mended_and_told(
    gcs: tuple[Address, gcs_server.Store],
) -> None:
    address, store = gcs
    ensure(address, None, None)
    found = store.buckets["states"]
    found["versioning"]["enabled"] = False
    found["iamConfiguration"]["publicAccessPrevention"] = "inherited"
    found["softDeletePolicy"]["retentionDurationSeconds"] = "0"
    action = {"type": "SetStorageClass", "storageClass": "NEARLINE"}
    theirs = {"action": action, "condition": {"age": 1, "matchesSuffix": [".bak"]}}
    found["lifecycle"]["rule"] = [theirs]
    mended = [text for text, outcome in outcomes(address).items() if outcome == "mended"]
    assert mended == [
        "versions are kept", "public access is prevented", "what is deleted comes back for 7 days",
        "replaced states are kept 90 days",
    ]  # fmt: skip
    assert set(outcomes(address).values()) == {"ok"}
    assert found["iamConfiguration"]["uniformBucketLevelAccess"] == {"enabled": True}
    assert theirs in found["lifecycle"]["rule"]


def test_a_longer_soft_delete_is_left(gcs: tuple[Address, gcs_server.Store]) -> None:
    address, store = gcs
    store.buckets["states"]["softDeletePolicy"] = {"retentionDurationSeconds": "7776000"}
    assert outcomes(address)["what is deleted comes back for 7 days"] == "ok"


def test_a_rule_that_the_library_of_google_would_drop_stays(
    gcs: tuple[Address, gcs_server.Store],
) -> None:
    address, store = gcs
    theirs = {"rule": [{"action": {"type": "Freeze"}, "condition": {"age": 1}}]}
    store.buckets["states"]["lifecycle"] = theirs
    with pytest.raises(PalierError, match=r"^gs://states/team: has a lifecycle rule that google-"):
        ensure(address, None, None)
    assert store.buckets["states"]["lifecycle"] == theirs
    assert "versioning" not in store.buckets["states"], "nothing was changed"


def test_a_bucket_of_google_of_somebody_else_is_refused(
    gcs: tuple[Address, gcs_server.Store],
) -> None:
    _, store = gcs
    store.foreign.add("theirs")
    with pytest.raises(PalierError, match=r"^gs://theirs: the bucket is somebody else's"):
        ensure(parse("gs://theirs"), None, None)


@pytest.mark.usefixtures("gcs")
def test_a_bucket_of_google_cannot_move() -> None:
    with pytest.raises(PalierError, match=r"is in EU, and a bucket cannot move to US"):
        ensure(parse("gs://states"), "US", None)
    assert ensure(parse("gs://states"), "eu", None)[0].outcome == "ok"


@pytest.mark.usefixtures("gcs")
def test_a_new_bucket_of_google_needs_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_PROJECT")
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with pytest.raises(PalierError, match=r"which project shall own the bucket"):
        ensure(parse("gs://fresh"), None, None)


def test_the_emulator_takes_the_same_requests(emulator: Address) -> None:
    assert ensure(emulator, None, None)[0].outcome == "made"
    assert {line.outcome for line in ensure(emulator, None, None)} == {"ok"}
