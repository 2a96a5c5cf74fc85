"""Which backend a command means, and what of its URL may be shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from palier.errors import PalierError
from palier.state.address import parse, resolve
from palier.state.layout import Stack, stack


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.delenv("PULUMI_CREDENTIALS_PATH", raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))


def log_in(tmp_path: Path, content: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "credentials.json").write_text(content, encoding="utf-8")


def test_each_place_a_url_may_come_from_gives_way_to_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PalierError, match=r"^no backend: pass --backend URL"):
        resolve(None, tmp_path)
    log_in(tmp_path, json.dumps({"current": "gs://of-login"}))
    assert resolve(None, tmp_path).bucket == "of-login"
    text = "name: shop\nruntime: python\nbackend: {url: 'gs://of-project'}\n"
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "deep").mkdir()
    assert resolve(None, tmp_path / "deep").bucket == "of-project"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "gs://of-environment")
    assert resolve(None, tmp_path).bucket == "of-environment"
    assert resolve("gs://of-option", tmp_path).bucket == "of-option"


@pytest.mark.parametrize("content", ["{", "[]", '"text"'])
def test_a_broken_login_is_said(tmp_path: Path, content: str) -> None:
    log_in(tmp_path, content)
    with pytest.raises(PalierError, match=r"credentials\.json: unreadable; pass --backend URL$"):
        resolve(None, tmp_path)


@pytest.mark.parametrize("url", ["https://api.pulumi.com", "http://localhost:8080"])
def test_pulumi_cloud_is_refused(url: str) -> None:
    with pytest.raises(PalierError, match=f"^{url}: Pulumi Cloud keeps its own history"):
        parse(url)


@pytest.mark.parametrize("url", ["azblob://states", "/var/states", "states", "s3:states", ""])
def test_other_services_are_refused(url: str) -> None:
    with pytest.raises(PalierError, match=r"expected file://, s3:// or gs://$"):
        parse(url)


def test_a_refused_url_is_shown_without_what_may_be_secret() -> None:
    with pytest.raises(PalierError) as refused:
        parse("postgres://ada:hunter2@db/states?password=hunter2")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["s3://", "gs:///team", "file://"])
def test_a_url_without_a_place_is_refused(url: str) -> None:
    with pytest.raises(PalierError, match=r"expected (the name of a bucket|a folder)"):
        parse(url)


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("gs://states", "states", ""),
        ("gs://states/", "states", ""),
        ("gs://states/team/a", "states", "team/a/"),
        ("s3://states/team/?region=eu-west-1", "states", "team/"),
        ("s3://states/team?prefix=all/", "states", "all/team/"),
    ],
)
def test_a_bucket_and_its_prefix_are_told_apart(url: str, bucket: str, prefix: str) -> None:
    found = parse(url)
    assert (found.bucket, found.prefix) == (bucket, prefix)


def test_a_folder_is_absolute_as_the_cli_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ada")
    assert parse("file:///var/states").bucket == "/var/states"
    assert parse("file://./states").bucket == f"{tmp_path}/states"
    assert parse("file://~").bucket == "/home/ada"
    assert parse("file://~/states?no_tmp_dir=true").bucket == "/home/ada/states"


def test_what_is_shown_can_be_used_and_has_no_credentials() -> None:
    url = (
        "s3://AKIA:hunter2@states/team?endpoint=http://ada:hunter2@127.0.0.1:9000"
        "&region=eu-west-1&use_path_style=true&secret=hunter2"
    )
    shown = parse(url).shown
    assert "hunter2" not in shown
    assert "AKIA" not in shown
    assert parse(shown).query == {
        "endpoint": "http://127.0.0.1:9000", "region": "eu-west-1", "use_path_style": "true",
    }  # fmt: skip
    assert parse(shown).prefix == "team/"
    assert parse("gs://states/team").shown == "gs://states/team"
    assert parse("file:///var/my states").shown == "file:///var/my%20states"


# Stacks


def test_a_stack_is_of_the_project_around(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: nodejs\n", encoding="utf-8")
    (tmp_path / "deep").mkdir()
    for text in ("prod", "organization/prod", "organization/shop/prod"):
        assert stack(text, tmp_path / "deep") == Stack(project="shop", name="prod")
    assert stack("organization/films/prod", tmp_path).project == "films"


def test_a_stack_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        PalierError, match=r"^stack 'prod': no Pulumi.yaml .* organization/PROJECT/"
    ):
        stack("prod", tmp_path)


@pytest.mark.parametrize(
    "text",
    ["acme/prod", "organization/shop/prod/x", "organization/../prod", "organization/shop/..",
     "organization/shop/a b", "organization/shop/", "organization//prod", "organization/shop/*"],
)  # fmt: skip
def test_a_name_that_is_none_or_climbs_out_of_its_folder_is_refused(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(PalierError, match=r"^stack '"):
        stack(text, tmp_path)
