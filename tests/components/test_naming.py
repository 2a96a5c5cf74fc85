"""Physical names: within GCP's limits, apart from each other, the same in every run."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.naming import ACCOUNT_LIMIT, GCP_LIMIT, HASH_DIGITS, physical
from palier.errors import PalierError

PART = st.from_regex(r"[a-z]([a-z0-9-]{0,60}[a-z0-9])?", fullmatch=True)


def test_parts_are_joined_and_empty_ones_left_out() -> None:
    assert physical("network", "", "eu") == "network-eu"


def test_a_name_at_the_limit_is_kept_whole() -> None:
    name = "a" * GCP_LIMIT
    assert physical(name) == name


def test_a_long_name_is_the_same_in_every_run() -> None:
    name = physical("a-rather-long-component-name", "nodes", limit=ACCOUNT_LIMIT)
    assert name == "a-rather-long-componen-10b76b6", "a changed clip replaces what stands"


@given(st.lists(PART, min_size=1, max_size=4), st.sampled_from([ACCOUNT_LIMIT, 40, GCP_LIMIT]))
def test_any_name_is_one_that_gcp_accepts(parts: list[str], limit: int) -> None:
    name = physical(*parts, limit=limit)
    assert len(name) <= limit
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)


@given(PART, PART, PART)
def test_long_names_that_begin_alike_stay_apart(stem: str, one: str, other: str) -> None:
    first, second = (physical(stem * 3, part, limit=ACCOUNT_LIMIT) for part in (one, other))
    assert (first == second) == (one == other)


def test_a_clipped_name_never_has_two_hyphens_before_its_hash() -> None:
    name = physical("a" * (ACCOUNT_LIMIT - HASH_DIGITS - 2), "bcdefghij", limit=ACCOUNT_LIMIT)
    assert not re.search(r"--", name)


@pytest.mark.parametrize("name", ["", "Upper", "1st", "under_score", "ends-", "dot.ted", "é"])
def test_what_gcp_would_refuse_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(PalierError, match="lower-case letters, digits and hyphens"):
        physical(name)
