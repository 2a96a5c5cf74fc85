"""What may happen to an update in a real cloud happens in the simulated one, and is survived."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from platforms import Platform, changed

from palier.simcloud.opening import Settings

pytestmark = pytest.mark.engine
Make = Callable[..., Platform]
BACKEND = "gcp:compute/backendService:BackendService"
GROUPS = ["projects/acme-platform/zones/europe-west1-b/networkEndpointGroups/web"]


def test_a_backend_that_controllers_changed_needs_a_refresh_first(platform: Make) -> None:
    mvp = platform("mvp")
    mvp.up()
    (service,) = mvp.cloud.records("gcp", BACKEND)
    mvp.cloud.attach_endpoints(service.id, GROUPS)
    mvp.run("config", "set", "palier:cost_centre", "other")
    mvp.run("config", "set", "--path", "palier:sizes.cdn.log_sample", "0.5")
    refused = mvp.tried("up", "--yes")
    assert refused.code != 0
    assert "Error 412: Invalid fingerprint., conditionNotMet" in refused.out + refused.err
    mvp.up("--refresh")
    (service,) = mvp.cloud.records("gcp", BACKEND)
    assert [one["group"] for one in service.outputs["backends"]] == GROUPS, "they stay attached"
    assert changed(mvp.preview()) == {}


def test_what_fails_is_told_in_googles_words_and_the_next_update_goes_on(platform: Make) -> None:
    faults = ("create gcp:compute/network:* 1 503", "create gcp:storage/bucket:* 1 quota")
    words = (
        "Error 503: The service is currently unavailable., backendError",
        "quotaExceeded",
    )
    mvp = platform("mvp", Settings(faults=faults))
    told: list[str] = []
    # The first fault ends an update; whether the other one came to its turn is the engine's choice.
    while (update := mvp.tried("up", "--yes")).code:
        assert any(word in update.out for word in words), update.out
        assert not mvp.pending(), "an error is an answer: nothing is under way"
        told.append(update.out)
        assert len(told) <= len(faults), "each fault fails once"
    for word in words:
        assert any(word in text for text in told), f"{word} was told by no update"
    assert set(mvp.in_state()) == mvp.in_cloud()
