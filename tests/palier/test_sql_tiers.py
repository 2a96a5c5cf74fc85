"""Cloud SQL tiers: what a name stands for, and which names GCP would refuse."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palier.errors import PalierError
from palier.sql_tiers import PLUS_VCPU, parse_tier


@pytest.mark.parametrize(
    ("name", "vcpu", "memory_gib", "edition"),
    [
        ("db-f1-micro", None, "0.6", "ENTERPRISE"),
        ("db-g1-small", None, "1.7", "ENTERPRISE"),
        ("db-custom-1-3840", 1, "3.75", "ENTERPRISE"),
        ("db-custom-2-7680", 2, "7.5", "ENTERPRISE"),
        ("db-custom-2-13312", 2, "13", "ENTERPRISE"),
        ("db-custom-8-30720", 8, "30", "ENTERPRISE"),
        ("db-perf-optimized-N-2", 2, "16", "ENTERPRISE_PLUS"),
        ("db-perf-optimized-N-8", 8, "64", "ENTERPRISE_PLUS"),
        ("db-perf-optimized-N-128", 128, "1024", "ENTERPRISE_PLUS"),
    ],
)
def test_a_name_says_its_cores_its_memory_and_its_edition(
    name: str, vcpu: int | None, memory_gib: str, edition: str
) -> None:
    tier = parse_tier(name)
    assert (tier.name, tier.vcpu, tier.memory_gib) == (name, vcpu, Decimal(memory_gib))
    assert tier.edition == edition


@pytest.mark.parametrize(
    ("name", "shared"),
    [("db-f1-micro", True), ("db-g1-small", True), ("db-custom-1-3840", False)],
)
def test_only_the_two_small_tiers_share_their_core(name: str, shared: bool) -> None:
    assert parse_tier(name).shared_core is shared


@pytest.mark.parametrize(
    "name",
    [
        "db-custom-1-3840",
        "db-custom-1-6656",
        "db-custom-2-3840",
        "db-custom-2-13312",
        "db-custom-4-3840",
        "db-custom-6-5632",
        "db-custom-96-88576",
        "db-custom-96-638976",
    ],
)
def test_the_borders_of_custom_tiers_are_accepted(name: str) -> None:
    assert parse_tier(name).name == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("db-custom-0-3840", "vCPU must be 1 or even, at most 96"),
        ("db-custom-3-11520", "vCPU must be 1 or even, at most 96"),
        ("db-custom-98-376320", "vCPU must be 1 or even, at most 96"),
        ("db-custom-1-3584", "at least 3840 MiB and a multiple of 256"),
        ("db-custom-2-7681", "at least 3840 MiB and a multiple of 256"),
        ("db-custom-1-6912", "memory must be 0.9 to 6.5 GiB a vCPU, got 6.75"),
        ("db-custom-2-13568", "memory must be 0.9 to 6.5 GiB a vCPU, got 6.62"),
        ("db-custom-6-5376", "memory must be 0.9 to 6.5 GiB a vCPU, got 0.88"),
    ],
)
def test_a_custom_tier_that_gcp_refuses_is_refused_by_name(name: str, message: str) -> None:
    with pytest.raises(PalierError, match=f"^tier {name}: .*{message}"):
        parse_tier(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "db-n1-standard-1",
        "db-custom-2",
        "db-custom-2-7680 ",
        "DB-CUSTOM-2-7680",
        "db-custom--2-7680",
        "db-perf-optimized-N-3",
        "db-perf-optimized-N-256",
        "db-perf-optimized-n-8",
        "db-perf-optimized-C-8",
        "custom-2-7680",
    ],
)
def test_any_other_name_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(PalierError, match="allowed are db-f1-micro or db-g1-small, db-custom-VCPU"):
        parse_tier(name)


@pytest.mark.parametrize("vcpu", PLUS_VCPU)
def test_every_plus_size_has_eight_gibibytes_a_core(vcpu: int) -> None:
    assert parse_tier(f"db-perf-optimized-N-{vcpu}").memory_gib == 8 * vcpu


@given(st.integers(0, 130), st.integers(0, 700_000))
@settings(max_examples=300, deadline=None)
def test_what_is_accepted_keeps_every_rule_of_cloud_sql(vcpu: int, mib: int) -> None:
    memory = mib - mib % 256 if vcpu % 2 else mib
    try:
        tier = parse_tier(f"db-custom-{vcpu}-{memory}")
    except PalierError:
        tier = None
    keeps = (
        (vcpu == 1 or (vcpu % 2 == 0 and 2 <= vcpu <= 96))
        and memory % 256 == 0
        and memory >= 3_840
        and Decimal("0.9") * 1024 * vcpu <= memory <= Decimal("6.5") * 1024 * vcpu
    )
    assert (tier is not None) == keeps


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_tier_or_a_clear_refusal(name: str) -> None:
    refusal = ""
    try:
        parse_tier(f"db-{name}")
    except PalierError as error:
        refusal = str(error)
    assert refusal.startswith("tier"), "no random text spells a tier"
