"""Quotas: shared out to the millicore, for any number of users that a phase is made for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import builders
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palier import phases, workloads
from palier.errors import PalierError
from palier.overlay import values
from palier.overlay.quotas import JOB_CPU_M, JOB_MIB, quotas
from palier.overlay.values import Overlay


@cache
def first() -> Overlay:
    """The overlay of the first phase."""
    return values.overlays(builders.recorded("mvp"))[0]


def planned(phase: str, users: int) -> Iterator[Overlay]:
    """The overlays of a phase with that many users, without running the program."""
    row = phases.get(phase)
    load = row.load(users)
    size = row.size(load, "eu")
    pods = workloads.plan(size, load, "eu").pods
    for cluster in {pod.cluster for pod in pods}:
        generation = size.gke.generations[cluster]
        yield replace(
            first(),
            cluster=cluster,
            pods={pod.name: pod for pod in pods if pod.cluster == cluster},
            quota_cpu_m=int(generation.quota_vcpu * 1000),
            quota_mib=int(generation.quota_memory_gib * 1024),
        )


@pytest.mark.parametrize("phase", builders.PHASES)
def test_what_is_planned_here_is_what_the_program_records(phase: str) -> None:
    users = int(builders.stack_config(phase)["palier:users"])
    here = {one.cluster: (one.pods, one.quota_cpu_m, one.quota_mib)
            for one in planned(phase, users)}  # fmt: skip
    assert here == {
        one.cluster: (one.pods, one.quota_cpu_m, one.quota_mib)
        for one in values.overlays(builders.recorded(phase))
    }


@pytest.mark.parametrize("phase", builders.PHASES)
@settings(max_examples=40)
@given(data=st.data())
def test_quotas_add_up_to_the_clusters_and_hold_all_pods(phase: str, data: st.DataObject) -> None:
    row = phases.get(phase)
    users = data.draw(st.integers(row.min_users, row.max_users), label="users")
    for overlay in planned(phase, users):
        made = quotas(overlay)
        assert set(made) == {"apps", "argocd", "platform"}
        assert sum(one.cpu_m for one in made.values()) == overlay.quota_cpu_m
        assert sum(one.mib for one in made.values()) == overlay.quota_mib
        for namespace, quota in made.items():
            pods = overlay.of(namespace)
            assert pods, namespace
            cpu = sum(pod.replicas_ceiling * pod.cpu_m for pod in pods)
            mib = sum(pod.replicas_ceiling * pod.memory_mib for pod in pods)
            job = namespace != "platform"
            assert quota.cpu_m >= cpu + job * JOB_CPU_M, namespace
            assert quota.mib >= mib + job * JOB_MIB, namespace
            claims = [pod.replicas_ceiling for pod in pods if pod.volume_gib]
            assert quota.volumes == sum(claims), "as many volumes as pods that have one"


@pytest.mark.parametrize("field", ["quota_cpu_m", "quota_mib"])
def test_a_quota_without_room_for_the_application_is_refused_in_one_line(field: str) -> None:
    overlay = first()
    fits = quotas(overlay)["apps"]
    pods = overlay.of("apps")
    least = {
        "quota_cpu_m": sum(int(one.replicas_ceiling) * one.cpu_m for one in pods) + JOB_CPU_M,
        "quota_mib": sum(int(one.replicas_ceiling) * one.memory_mib for one in pods) + JOB_MIB,
    }
    spare = {"quota_cpu_m": fits.cpu_m, "quota_mib": fits.mib}[field] - least[field]
    quotas(replace(overlay, **{field: getattr(overlay, field) - spare}))
    with pytest.raises(PalierError) as refused:
        quotas(replace(overlay, **{field: getattr(overlay, field) - spare - 1}))
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    for part in ("gke.generations.eu-g1", "namespace apps", f"{least['quota_cpu_m']}m",
                 f"{least['quota_mib']}Mi", "quota_vcpu", "web.limits"):  # fmt: skip
        assert part in message
