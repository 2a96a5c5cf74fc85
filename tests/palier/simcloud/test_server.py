"""The wire: a gRPC client asks as the engine does, and gets what the engine needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cloud_builders as things
import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from palier import wire
from palier.facts import UNKNOWN
from palier.simcloud.cloud import Cloud
from palier.simcloud.process import provider

BUCKET = "gcp:storage/bucket:Bucket"
USER = "gcp:sql/user:User"
PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 a type
Kind = provider_pb2.PropertyDiff
Client = provider_pb2_grpc.ResourceProviderStub


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return things.open_cloud(tmp_path)


@pytest.fixture
def client(cloud: Cloud) -> Iterator[Callable[..., Client]]:
    """`client("gcp", project="acme")` is a configured provider, as the engine reaches it."""
    opened: list[tuple[grpc.Server, grpc.Channel]] = []

    def connect(package: str, **config: Any) -> Client:
        server = provider(package, cloud)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        opened.append((server, channel))
        stub = Client(channel)
        answer = stub.Configure(provider_pb2.ConfigureRequest(args=wire.encode(config)))
        assert (answer.acceptSecrets, answer.supportsPreview) == (True, True)
        return stub

    yield connect
    for server, channel in opened:
        channel.close()
        server.stop(grace=None).wait()


@pytest.fixture
def gcp(client: Callable[..., Client]) -> Client:
    return client("gcp", project="acme", region=things.REGION)


def urn(type_: str, name: str = "films") -> str:
    """As the engine writes it, below a component."""
    return f"urn:pulumi:mvp::palier::palier:cdn:Cdn${type_}::{name}"


def check(
    client: Client, type_: str, inputs: Mapping[str, Any], old: struct_pb2.Struct | None = None
) -> Any:
    return client.Check(
        provider_pb2.CheckRequest(
            urn=urn(type_), news=wire.encode(inputs), olds=old, randomSeed=bytes(range(0x1A, 0x3A))
        )
    )


def create(client: Client, type_: str, inputs: struct_pb2.Struct, *, preview: bool = False) -> Any:
    return client.Create(
        provider_pb2.CreateRequest(urn=urn(type_), properties=inputs, preview=preview)
    )


class Films:
    """A bucket that is there, as the engine remembers it."""

    def __init__(self, client: Client, **inputs: Any) -> None:
        self.client = client
        self.inputs = check(client, BUCKET, {"location": "EU", **inputs}).inputs
        made = create(client, BUCKET, self.inputs)
        self.id = made.id
        self.state = made.properties

    def check(self, **inputs: Any) -> Any:
        """Inputs of another program."""
        return check(self.client, BUCKET, {"location": "EU", **inputs}, self.inputs).inputs

    def diff(self, ignore: tuple[str, ...] = (), **inputs: Any) -> Any:
        """What an update to other inputs would do."""
        return self.client.Diff(
            provider_pb2.DiffRequest(
                id=self.id, urn=urn(BUCKET), olds=self.state, old_inputs=self.inputs,
                news=self.check(**inputs), ignoreChanges=ignore,
            )
        )  # fmt: skip

    def update(self, *, preview: bool = False, **inputs: Any) -> dict[str, Any]:
        """An update to other inputs."""
        answer = self.client.Update(
            provider_pb2.UpdateRequest(
                id=self.id, urn=urn(BUCKET), olds=self.state, old_inputs=self.inputs,
                news=self.check(**inputs), preview=preview,
            )
        )  # fmt: skip
        return wire.decode(answer.properties)

    def read(self) -> Any:
        """A refresh."""
        return self.client.Read(
            provider_pb2.ReadRequest(
                id=self.id, urn=urn(BUCKET), properties=self.state, inputs=self.inputs
            )
        )

    def delete(self) -> None:
        """A deletion."""
        self.client.Delete(
            provider_pb2.DeleteRequest(
                id=self.id, urn=urn(BUCKET), properties=self.state, old_inputs=self.inputs
            )
        )


def refused(ask: Callable[[], object]) -> str:
    """The text of the error that a call ends with; it must."""
    with pytest.raises(grpc.RpcError) as caught:
        ask()
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    return str(caught.value.details())


# --- the provider itself ------------------------------------------------------------------------


def test_a_provider_shakes_hands_and_says_its_version(client: Callable[..., Client]) -> None:
    for package in ("gcp", "kubernetes", "random"):
        one = client(package)
        assert one.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets
        one.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
        assert one.GetPluginInfo(empty_pb2.Empty()).version[0].isdigit()
        one.Cancel(empty_pb2.Empty())


def test_a_configuration_is_taken_as_it_is(gcp: Client) -> None:
    config = wire.encode({"project": "acme", "impersonateServiceAccount": UNKNOWN})
    assert gcp.CheckConfig(provider_pb2.CheckRequest(news=config)).inputs == config


@pytest.mark.parametrize("field", ["old_inputs", "olds"])
def test_a_changed_configuration_is_compared_with_the_one_before(gcp: Client, field: str) -> None:
    old = wire.encode({"project": "acme"})
    request = provider_pb2.DiffRequest(news=wire.encode({"project": "other"}))
    getattr(request, field).CopyFrom(old)
    found = gcp.DiffConfig(request)
    assert (found.changes, list(found.diffs), list(found.replaces)) == (
        provider_pb2.DiffResponse.DIFF_SOME, ["project"], [],
    )  # fmt: skip
    request.news.CopyFrom(old)
    assert gcp.DiffConfig(request).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_two_providers_of_other_configuration_share_one_cloud(
    client: Callable[..., Client],
) -> None:
    one, two = client("gcp", project="acme"), client("gcp", project="other")
    made = Films(one, name="films")
    assert wire.decode(made.state)["project"] == "acme"
    said = refused(lambda: Films(two, name="films"))
    assert "Error 409" in said, "a bucket's name is taken for all projects"
    assert wire.decode(Films(two, name="mine").state)["project"] == "other"


# --- Check --------------------------------------------------------------------------------------


def test_check_fills_in_defaults_and_a_name_from_the_engines_own_seed(gcp: Client) -> None:
    answer = check(gcp, BUCKET, {"location": "EU"})
    assert not answer.failures
    assert wire.decode(answer.inputs) == {
        "location": "EU", "name": "films-1a1b1c1", "storageClass": "STANDARD",
        "__defaults": ["name", "storageClass"],
    }  # fmt: skip


def test_what_check_refuses_is_told_with_its_place(gcp: Client) -> None:
    answer = check(gcp, BUCKET, {"location": "EU", "colour": "red"})
    assert [failure.reason for failure in answer.failures] == [
        "Invalid or unknown key. Examine values at 'films.colour'."
    ]


def test_what_was_secret_stays_marked_and_what_was_not_known_stays_unknown(gcp: Client) -> None:
    news = wire.encode(
        {"instance": UNKNOWN, "name": "app", "password": "s3cret"}, frozenset({"password"})
    )
    answer = gcp.Check(provider_pb2.CheckRequest(urn=urn(USER), news=news))
    assert not answer.failures
    assert wire.secret_keys(answer.inputs) == {"password"}
    seen = wire.decode(answer.inputs)
    assert (seen["password"], seen["instance"]) == ("s3cret", UNKNOWN)


def test_a_type_that_nobody_knows_is_named(gcp: Client, client: Callable[..., Client]) -> None:
    type_ = "gcp:films/studio:Studio"
    assert refused(lambda: check(gcp, type_, {})) == (
        f"checking {urn(type_)}: the simulated cloud does not know the type {type_}"
    )
    pet = "random:index/randomPet:RandomPet"
    assert refused(lambda: check(client("random"), pet, {})).endswith(f"the type {pet}")


# --- Diff ---------------------------------------------------------------------------------------


def test_diff_of_the_same_inputs_finds_nothing(gcp: Client) -> None:
    assert Films(gcp).diff().changes == provider_pb2.DiffResponse.DIFF_NONE


def test_diff_tells_each_property_with_its_kind(gcp: Client) -> None:
    films = Films(gcp, labels={"tier": "web"}, storageClass="NEARLINE")
    found = films.diff(location="US", labels={"tier": "db", "team": "a"}, storageClass="STANDARD")
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert found.hasDetailedDiff
    kinds = {path: one.kind for path, one in found.detailedDiff.items()}
    assert kinds["location"] == Kind.UPDATE_REPLACE
    assert (kinds["labels.tier"], kinds["labels.team"]) == (Kind.UPDATE, Kind.ADD)
    assert list(found.replaces) == ["location"]
    assert {"labels", "location", "storageClass"} <= set(found.diffs)
    gone = {
        path: one.kind for path, one in films.diff(storageClass="NEARLINE").detailedDiff.items()
    }
    assert gone["labels"] == Kind.DELETE


def test_diff_says_which_goes_first_where_two_of_a_name_cannot_be_there(gcp: Client) -> None:
    assert not Films(gcp).diff(location="US").deleteBeforeReplace
    assert Films(gcp, name="films").diff(name="films", location="US").deleteBeforeReplace


def test_diff_ignores_what_it_was_told_to(gcp: Client) -> None:
    found = Films(gcp).diff(("location",), location="US")
    assert found.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_password_is_replaced_for_every_kind_of_change(client: Callable[..., Client]) -> None:
    found = client("random").Diff(
        provider_pb2.DiffRequest(
            urn=urn(PASSWORD), old_inputs=wire.encode({"length": 8, "upper": True}),
            news=wire.encode({"length": 9, "special": True}),
        )
    )  # fmt: skip
    assert {path: one.kind for path, one in found.detailedDiff.items()} == {
        "length": Kind.UPDATE_REPLACE, "special": Kind.ADD_REPLACE, "upper": Kind.DELETE_REPLACE,
    }  # fmt: skip


# --- Create, Update, Read, Delete ---------------------------------------------------------------


def test_a_preview_makes_nothing_and_leaves_unknown_what_only_the_service_tells(
    gcp: Client, cloud: Cloud
) -> None:
    inputs = check(gcp, BUCKET, {"location": "EU"}).inputs
    answer = create(gcp, BUCKET, inputs, preview=True)
    seen = wire.decode(answer.properties)
    assert answer.id == ""
    assert (seen["location"], seen["url"]) == ("EU", UNKNOWN)
    assert cloud.records("gcp", BUCKET) == ()


def test_a_create_answers_an_id_and_every_output(gcp: Client, cloud: Cloud) -> None:
    films = Films(gcp)
    state = wire.decode(films.state)
    assert (films.id, state["url"]) == ("films-1a1b1c1", "gs://films-1a1b1c1")
    assert UNKNOWN not in state.values()
    assert [record.id for record in cloud.records("gcp", BUCKET)] == [films.id]


def test_outputs_are_secret_when_the_program_or_the_provider_says_so(
    gcp: Client, client: Callable[..., Client]
) -> None:
    labels = {"labels": {"tier": "web"}, "location": "EU"}
    marked = wire.encode(labels, frozenset({"location"}))
    inputs = gcp.Check(provider_pb2.CheckRequest(urn=urn(BUCKET), news=marked)).inputs
    for preview in (True, False):
        found = wire.secret_keys(create(gcp, BUCKET, inputs, preview=preview).properties)
        assert found >= {"location"}, "the program's"
        assert "url" not in found
    random = client("random")
    made = create(random, PASSWORD, wire.encode({"length": 8})).properties
    assert wire.secret_keys(made) == {"result", "bcryptHash"}, "the provider's"


def test_an_error_is_worded_as_the_bridge_words_it(gcp: Client) -> None:
    Films(gcp, name="films")
    assert refused(lambda: Films(gcp, name="films")) == (
        f"creating {urn(BUCKET)}: 1 error occurred:\n\t* Error creating Bucket: googleapi: Error"
        " 409: Your previous request to create the named bucket succeeded and you already own"
        " it., conflict\n\n"
    )


def test_an_update_changes_what_is_there_and_its_preview_does_not(
    gcp: Client, cloud: Cloud
) -> None:
    films = Films(gcp)
    seen = films.update(preview=True, labels={"tier": "web"})
    assert seen["labels"] == {"tier": "web"}
    assert "labels" not in cloud.records("gcp", BUCKET)[0].inputs
    assert films.update(labels={"tier": "web"})["labels"] == {"tier": "web"}
    assert cloud.records("gcp", BUCKET)[0].inputs["labels"] == {"tier": "web"}


def test_an_update_of_what_is_gone_is_refused(gcp: Client) -> None:
    films = Films(gcp)
    films.delete()
    said = refused(lambda: films.update(labels={"tier": "web"}))
    assert said.startswith(f"updating {urn(BUCKET)}: 1 error occurred:\n\t* Error updating Bucket")


def test_a_read_finds_what_is_there(gcp: Client) -> None:
    films = Films(gcp)
    read = films.read()
    assert (read.id, read.properties, read.inputs) == (films.id, films.state, films.inputs)


def test_a_read_of_what_is_gone_answers_an_empty_id(gcp: Client) -> None:
    films = Films(gcp)
    films.delete()
    assert films.read() == provider_pb2.ReadResponse()


def test_a_read_shows_what_was_changed_by_hand(gcp: Client, tmp_path: Path) -> None:
    films = Films(gcp, labels={"tier": "web"})
    file = tmp_path / "cloud.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["resources"]["gcp"][BUCKET][films.id]["inputs"]["labels"] = {"tier": "db"}
    file.write_text(json.dumps(content), encoding="utf-8")
    read = films.read()
    assert wire.decode(read.inputs)["labels"] == {"tier": "db"}
    assert wire.decode(read.properties)["labels"] == {"tier": "db"}


def test_a_read_keeps_secret_what_was(gcp: Client) -> None:
    marked = wire.encode({"location": "EU"}, frozenset({"location"}))
    inputs = gcp.Check(provider_pb2.CheckRequest(urn=urn(BUCKET), news=marked)).inputs
    made = create(gcp, BUCKET, inputs)
    read = gcp.Read(
        provider_pb2.ReadRequest(
            id=made.id, urn=urn(BUCKET), properties=made.properties, inputs=inputs
        )
    )
    assert wire.secret_keys(read.inputs) == {"location"}
    assert "location" in wire.secret_keys(read.properties)


def test_a_deletion_that_the_cloud_refuses_says_why(gcp: Client, cloud: Cloud) -> None:
    films = Films(gcp)
    inputs = {"bucket": films.id, "name": "a", "content": "b"}
    things.make(
        cloud, things.Thing(type="gcp:storage/bucketObject:BucketObject", inputs=inputs, name="a")
    )
    said = refused(films.delete)
    assert said.startswith(f"deleting {urn(BUCKET)}: 1 error occurred:\n\t* ")
    assert said.endswith("\n\n")


def test_a_backend_service_is_stale_once_endpoints_were_attached_until_it_is_read(
    gcp: Client, cloud: Cloud
) -> None:
    type_ = things.backend_service().type
    things.make(cloud, things.health_check())
    inputs = {"name": "api", "healthChecks": things.health_check().id}
    checked = check(gcp, type_, inputs).inputs
    made = create(gcp, type_, checked)
    cloud.attach_endpoints(made.id, ["projects/acme/zones/z/networkEndpointGroups/g"])
    news = check(gcp, type_, {**inputs, "timeoutSec": 60}, checked).inputs

    def update(olds: struct_pb2.Struct, old_inputs: struct_pb2.Struct) -> Any:
        return gcp.Update(
            provider_pb2.UpdateRequest(
                id=made.id, urn=urn(type_), olds=olds, old_inputs=old_inputs, news=news
            )
        ).properties

    said = refused(lambda: update(made.properties, checked))
    assert "googleapi: Error 412: Invalid fingerprint., conditionNotMet" in said
    read = gcp.Read(
        provider_pb2.ReadRequest(
            id=made.id, urn=urn(type_), properties=made.properties, inputs=checked
        )
    )
    assert wire.decode(update(read.properties, read.inputs))["timeoutSec"] == 60


# --- what else may go wrong ---------------------------------------------------------------------


def test_a_value_that_the_provider_cannot_turn_fails_the_call(gcp: Client) -> None:
    rotten = {"location": "EU", "softDeletePolicy": {"retentionDurationSeconds": "x"}}
    assert refused(lambda: check(gcp, BUCKET, rotten)) == (
        f"checking {urn(BUCKET)}: soft_delete_policy.0.retention_duration_seconds:"
        ' strconv.ParseInt: parsing "x": invalid syntax'
    )


def test_a_file_of_the_cloud_that_is_broken_is_said_in_one_line(
    gcp: Client, tmp_path: Path
) -> None:
    films = Films(gcp)
    (tmp_path / "cloud.json").write_text("{", encoding="utf-8")
    said = refused(films.read)
    assert said.startswith(f"{tmp_path / 'cloud.json'}:1:2: the cloud's file is no JSON")
    assert "\n" not in said


def test_look_ups_are_refused(gcp: Client) -> None:
    token = "gcp:compute/getZones:getZones"  # noqa: S105 a function
    said = refused(lambda: gcp.Invoke(provider_pb2.InvokeRequest(tok=token)))
    assert said == f"the simulated cloud has no function {token}"
