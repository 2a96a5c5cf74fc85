"""Latencies: which case an operation is, how long it takes, at what scale."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import cloud_builders as things
import pytest
from cloud_builders import Thing

from palier.errors import PalierError
from palier.simcloud.latencies import Latencies, rows, seconds


def creation(thing: Thing) -> float:
    """Seconds that the real service takes to make a thing."""
    return seconds(thing.type, "create", thing.inputs)


def test_every_figure_says_where_it_is_from() -> None:
    said = [row for row in rows() if "documentation" in row.note or row.note.startswith("estimate")]
    assert [row for row in rows() if row not in said] == [rows()[-1]]
    assert rows()[-1].seconds == 0, "what no service makes takes no time"


def test_every_row_is_the_first_that_fits_something() -> None:
    for place, row in enumerate(rows()):
        type_ = row.type.replace("*", "x")
        operation = row.operation.replace("*", "delete")
        path, _, wanted = row.when.partition("=")
        value = {"true": True, "*": "any"}.get(wanted, wanted)
        inputs: dict[str, Any] = {}
        for key in reversed(path.split(".")):
            inputs = {key: inputs or value}
        first = next(one for one in rows() if one.fits(type_, operation, inputs if path else {}))
        assert first is row, f"row {place + 2} is never reached"


def test_inputs_tell_the_cases_of_a_type_apart() -> None:
    zonal = things.instance({"availabilityType": "ZONAL"})
    regional = things.instance({"availabilityType": "REGIONAL"})
    assert creation(zonal) < creation(things.replica()) < creation(regional)
    assert 10 * 60 <= creation(regional) <= 15 * 60
    assert creation(things.redis()) > creation(things.redis(tier="BASIC"))
    assert creation(things.cluster(enableAutopilot=True)) < creation(things.cluster())


def test_operations_of_a_type_take_different_times() -> None:
    cluster = things.cluster()
    told = {operation: seconds(cluster.type, operation, {}) for operation in ("update", "delete")}
    assert told["update"] < told["delete"] < creation(cluster)


def test_a_password_is_made_at_once() -> None:
    assert seconds("random:index/randomPassword:RandomPassword", "create", {}) == 0


def test_a_wait_is_the_real_time_at_its_scale() -> None:
    waits: list[float] = []
    network = things.network()
    for scale in (0, Decimal("0.5"), 1):
        Latencies(scale, sleep=waits.append).wait(network.type, "create", network.inputs)
    assert waits == [creation(network) / 2, creation(network)], "0 does not even sleep"


@pytest.mark.parametrize("scale", [-1, Decimal("-0.1"), float("nan"), float("inf")])
def test_a_scale_below_nothing_is_refused(scale: float) -> None:
    with pytest.raises(PalierError, match="latency: expected a factor of 0 or more, got"):
        Latencies(scale)
