"""Passwords: as long and as mixed as asked for, never the same twice, and secret."""

from __future__ import annotations

import string
from typing import Any

import pytest

from palier.facts import UNKNOWN
from palier.provider.tree import UnknownTypeError
from palier.simcloud.packages import Call
from palier.simcloud.random_values import PASSWORD, SPECIAL, Random


def call(**inputs: Any) -> Call:
    return Call(type=PASSWORD, name="password", inputs=inputs)


def password(**inputs: Any) -> str:
    checked = Random().check(call(**inputs))
    assert checked.failures == ()
    return str(Random().create(call(**checked.inputs)).outputs["result"])


def test_a_password_is_as_long_as_asked_for() -> None:
    assert [len(password(length=length)) for length in (1, 8, 64)] == [1, 8, 64]


@pytest.mark.parametrize(
    ("inputs", "signs"),
    [
        ({"special": False, "upper": False, "numeric": False}, string.ascii_lowercase),
        ({"special": False}, string.ascii_letters + string.digits),
        ({"lower": False, "upper": False, "numeric": False}, SPECIAL),
        ({"lower": False, "upper": False, "numeric": False, "overrideSpecial": "_"}, "_"),
    ],
)  # fmt: skip
def test_a_password_has_signs_of_the_classes_that_are_asked_for_alone(
    inputs: dict[str, Any], signs: str
) -> None:
    assert set(password(length=200, **inputs)) <= set(signs)


def test_a_password_has_at_least_as_many_of_a_class_as_asked_for() -> None:
    made = password(length=8, minNumeric=3, minSpecial=4, overrideSpecial="_")
    assert sum(sign in string.digits for sign in made) >= 3
    assert made.count("_") >= 4
    assert password(length=3, minNumeric=3).isdigit()


def test_no_two_passwords_are_the_same() -> None:
    random = Random()
    made = [random.create(call(length=20)).outputs for _ in range(20)]
    assert len({one["result"] for one in made}) == 20
    assert len({one["bcryptHash"] for one in made}) == 20
    assert all(len(one["bcryptHash"]) == 60 for one in made), "as long as a bcrypt hash is"


@pytest.mark.parametrize(
    ("inputs", "failure"),
    [
        ({}, "Missing required property 'length'"),
        ({"length": 0}, "Attribute length value must be at least 1, got: 0"),
        (
            {"length": 4, "minLower": 3, "minNumeric": 2},
            "Attribute length value must be at least 5, got: 4",
        ),
        (
            {"length": 8, "lower": False, "upper": False, "numeric": False, "special": False},
            "At least one attribute out of [lower, upper, numeric, special] must be true",
        ),
    ],
)
def test_what_makes_no_password_is_refused(inputs: dict[str, Any], failure: str) -> None:
    assert Random().check(call(**inputs)).failures == (failure,)


def test_what_is_not_known_yet_is_not_refused() -> None:
    assert Random().check(call(length=UNKNOWN, minLower=UNKNOWN)).failures == ()
    assert Random().check(call(length=8, minLower=UNKNOWN)).failures == ()


def test_a_preview_does_not_know_the_password() -> None:
    assert Random().preview(call(length=8)) == {
        "length": 8, "result": UNKNOWN, "bcryptHash": UNKNOWN,
    }  # fmt: skip


def test_every_change_makes_another_password() -> None:
    made = Call(
        type=PASSWORD, name="password", inputs={"length": 9, "special": False},
        old_inputs={"length": 8, "keepers": {"a": "b"}},
    )  # fmt: skip
    found = Random().diff(made)
    assert found.replaces == ("keepers", "length", "special")
    assert not Random().diff(Call(type=PASSWORD, name="password")).changed


def test_what_is_in_the_state_is_all_there_is() -> None:
    random, state = Random(), {"length": 8, "result": "s3cret"}
    kept = Call(type=PASSWORD, name="password", id="none", state=state, old_inputs={"length": 8})
    read = random.read(kept)
    assert read is not None
    assert (read.id, read.outputs, read.inputs) == ("none", state, {"length": 8})
    updated = random.update(kept)
    assert (updated.id, updated.outputs) == ("none", state)
    random.delete(kept)


def test_the_password_is_secret() -> None:
    assert Random().secret(PASSWORD) == {"result", "bcryptHash"}
    assert Random().secret("random:index/randomPet:RandomPet") == frozenset()


def test_there_is_nothing_but_passwords() -> None:
    with pytest.raises(UnknownTypeError):
        Random().check(Call(type="random:index/randomPet:RandomPet", name="pet"))


def test_the_provider_has_no_configuration() -> None:
    random = Random()
    random.configure({"anything": 1})
    assert not random.diff_config({"anything": 1}, {}).changed
