"""Rules of managed Prometheus fire when the documents say so, as Prometheus itself runs them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import builders
import pytest
import yaml

pytestmark = pytest.mark.servers
RULES = builders.ROOT / "gitops" / "base" / "monitoring" / "rules.yaml"
MINUTES = 60
REQUESTS = "app_request_seconds_count"
FAILED = "app_requests_failed_total"


def groups() -> list[Any]:
    found: list[Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["spec"]["groups"]
    return found


def firing(folder: Path, alert: str, series: dict[str, str], fires: bool) -> None:
    """Run one case through `promtool test rules`: series a minute, and whether the alert fires."""
    program = shutil.which("promtool")
    assert program, "promtool is missing: python -m tools.debian"
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups()}), encoding="utf-8")
    (labels,) = [
        rule["labels"] for group in groups() for rule in group["rules"]
        if rule.get("alert") == alert
    ]  # fmt: skip
    query = f'count(ALERTS{{alertname="{alert}", alertstate="firing"}})'
    wanted = [{"labels": "{}", "value": 1}] if fires else []
    case = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": key, "values": value} for key, value in series.items()],
            "promql_expr_test": [
                {"expr": query, "eval_time": f"{MINUTES}m", "exp_samples": wanted}
            ],
        }],
    }  # fmt: skip
    assert labels["severity"] in {"attention", "critical"}
    file = folder / "case.yaml"
    file.write_text(yaml.safe_dump(case), encoding="utf-8")
    told = subprocess.run(  # noqa: S603 our own arguments
        [program, "test", "rules", file], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, f"{alert}, {series}: {told.stdout}{told.stderr}"


def counting(step: float) -> str:
    """A counter that grows by so much a minute."""
    return f"0+{step}x{MINUTES}"


def steady(value: float) -> str:
    return f"{value}x{MINUTES}"


def errors(share: float) -> dict[str, str]:
    """A thousand requests a minute of two pods, of which a share fails."""
    return {
        f'{REQUESTS}{{kind="read",pod="a"}}': counting(600),
        f'{REQUESTS}{{kind="write",pod="b"}}': counting(400),
        f'{FAILED}{{kind="read",pod="a"}}': counting(1000 * share),
    }


def seconds(p95: float) -> dict[str, str]:
    """Requests of which five in a hundred take longer than `p95`, a bound of a bucket."""
    bounds = ("0.025", "0.1", "0.25", "0.5", "1.0", "2.0", "5.0", "+Inf")
    grown = {bound: 950 if float(bound) >= p95 else 0 for bound in bounds}
    grown["+Inf"] = 1000
    name = "app_request_seconds_bucket"
    return {f'{name}{{le="{bound}"}}': counting(step) for bound, step in grown.items()}


def cache(hit: float, miss: float, error: float) -> dict[str, str]:
    parts = {"hit": hit, "miss": miss, "error": error}
    return {f'app_cache_total{{result="{key}"}}': counting(step) for key, step in parts.items()}


CASES: list[tuple[str, dict[str, str], bool]] = [
    ("AppErrors", errors(0.011), True),
    ("AppErrors", errors(0.009), False),
    ("AppErrors", errors(0.0), False),
    ("AppErrorsCritical", errors(0.051), True),
    ("AppErrorsCritical", errors(0.049), False),
    ("AppErrors", {f'{REQUESTS}{{kind="read"}}': steady(5), f'{FAILED}{{kind="read"}}': steady(5)},
     False),
    ("AppSlow", seconds(5), True),
    ("AppSlow", seconds(2), False),
    ("AppSlowCritical", seconds(5), True),
    ("AppSlowCritical", seconds(2), False),
    ("CacheMisses", cache(49, 51, 0), True),
    ("CacheMisses", cache(51, 49, 0), False),
    ("CacheDown", cache(20, 20, 60), True),
    ("CacheDown", cache(30, 30, 40), False),
    ("ReplicaLags", {"app_replica_lag_seconds": steady(6)}, True),
    ("ReplicaLags", {"app_replica_lag_seconds": steady(5)}, False),
    ("ReplicaLagsCritical", {"app_replica_lag_seconds": steady(31)}, True),
    ("ReplicaLagsCritical", {"app_replica_lag_seconds": steady(30)}, False),
    ("QueueGrows", {"app_queue_depth": counting(50)}, True),
    ("QueueGrows", {"app_queue_depth": steady(5000)}, False),
    ("QueueGrows", {"app_queue_depth": counting(10)}, False),
]  # fmt: skip


@pytest.mark.parametrize(("alert", "series", "fires"), CASES)
def test_an_alert_fires_from_its_threshold_on(
    tmp_path: Path, alert: str, series: dict[str, str], fires: bool
) -> None:
    firing(tmp_path, alert, series, fires)


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    for fires in (True, False):
        tried = {alert for alert, _, wanted in CASES if wanted is fires}
        assert tried == {
            rule["alert"] for group in groups() for rule in group["rules"] if "alert" in rule
        }


def test_every_alert_says_what_to_do() -> None:
    for group in groups():
        for rule in group["rules"]:
            if "alert" in rule:
                assert {"summary", "runbook"} <= set(rule["annotations"]), rule["alert"]
