"""What a stack can decide: its config keys, the fields of its sizes, the constants of its load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from palier.currency import EUR_PER_USD, RATE_DECLARED_ON
from palier.load import Curve, LoadModel
from palier.overrides import to_inputs
from palier.phases import PHASES
from palier.pod_sizes import PodSize
from palier.sizes import PlatformSize
from tools.pages import PlanOf
from tools.pages.markdown import count, table

WILDCARDS: Final = {
    "generations": "GENERATION", "pools": "POOL", "shards": "SHARD", "instances": "SITE",
    "limits": "SITE", "pods": "WORKLOAD",
}  # fmt: skip
"""What stands for the keys of a map: names that the phase has."""
WORDS: Final = {int: "whole number", Decimal: "number", str: "text", bool: "true or false"}


@dataclass(frozen=True, kw_only=True)
class Key:
    """A config key as its page tells it; the example is the YAML of a stack file."""

    name: str
    type: str
    default: str
    example: str
    meaning: str


KEYS: Final = (
    Key(
        name="gcp:project", type="project id", default="required", example="acme-platform",
        meaning="Project that everything is created in.",
    ),
    Key(
        name="gcp:region", type="region", default="required", example="europe-west1",
        meaning="Home region: in Europe or in the United States.",
    ),
    Key(
        name="palier:phase", type="one of the five phases", default="the stack's name",
        example="mvp", meaning="Phase of the stack. Changing it is the climb.",
    ),
    Key(
        name="palier:users", type="whole number", default="required", example="50",
        meaning="Users, by the phase's own counter. Sizes and bill follow it.",
    ),
    Key(
        name="palier:domain", type="domain", default="required", example="example.com",
        meaning="Apex domain of the zone, the certificate and the load balancer. For life.",
    ),
    Key(
        name="palier:repository", type="https address", default="required",
        example="https://github.com/acme/platform",
        meaning="Git repository that Argo CD syncs and whose workflows may deploy.",
    ),
    Key(
        name="palier:load", type="fields", default="the phase's constants",
        example="{cpu_seconds_per_request: 0.035}",
        meaning="A team's own measurements, in the place of constants of the load model.",
    ),
    Key(
        name="palier:sizes", type="fields", default="the phase's sizes",
        example="{web.limits.eu.maximum: 4}",
        meaning="Fields of the sizes, dotted or nested.",
    ),
    Key(
        name="palier:currency", type="usd_rate and declared_on",
        default=f"{EUR_PER_USD}, {RATE_DECLARED_ON}",
        example="{usd_rate: 0.95, declared_on: 2026-12-01}",
        meaning="Euros for one dollar, and the day somebody said so.",
    ),
    Key(
        name="palier:billing", type="account and currency (EUR or USD)", default="no budget",
        example="{account: 01AB23-4CD567-89EF01, currency: EUR}",
        meaning="Billing account: with it a budget of the phase's cap is created.",
    ),
    Key(
        name="palier:alerts", type="email, slack_channel, sms", default="nobody is told",
        example='{email: ops@example.com, slack_channel: "#alerts", sms: "+33612345678"}',
        meaning="Where alerts go. Each one is optional.",
    ),
    Key(
        name="palier:slack_token", type="secret", default="none",
        example="(set with pulumi config set --secret)",
        meaning="Token of the Slack application; goes with `slack_channel`.",
    ),
    Key(
        name="palier:revenue_eur", type="number above 0", default="the lowest documented reading",
        example="180000",
        meaning="Revenue a month, in euros; decides the budget from growth on.",
    ),
    Key(
        name="palier:cost_centre", type="label", default="platform", example="platform",
        meaning="Label of everything, for the bill's reader.",
    ),
    Key(
        name="palier:exclusions", type="list of name, start, end", default="none",
        example="[{name: sales, start: 2026-11-25, end: 2026-12-01}]",
        meaning="Days on which GKE upgrades nothing.",
    ),
    Key(
        name="palier:teardown", type="the project's id", default="none", example="acme-platform",
        meaning="Lifts every protection, so that the platform can be destroyed"
        " ([operations.md](operations.md#taking-a-platform-down)).",
    ),
)  # fmt: skip


def keys(_: PlanOf) -> str:
    """Every config key."""
    rows = [
        (f"`{key.name}`", key.type, key.default, f"`{key.example}`", key.meaning) for key in KEYS
    ]
    return table(("key", "type", "default", "example", "what it decides"), rows)


def load(_: PlanOf) -> str:
    """Every constant of the load model, with each phase's value where they differ."""
    rows = []
    for item in fields(LoadModel):
        values = [_constant(getattr(phase.model, item.name)) for phase in PHASES.values()]
        shown = values[:1] if len(set(values)) == 1 else values
        rows.append(
            (
                f"`load.{item.name}`",
                " / ".join(shown),
                item.metadata["unit"],
                item.metadata["source"],
            )
        )
    return table(("constant", "value", "unit", "source"), rows)


def _constant(value: Decimal | Curve) -> str:
    if isinstance(value, Curve):
        return ", ".join(f"{figure} at {count(users)}" for users, figure in value.anchors)
    return str(value)


def sizes(_: PlanOf) -> str:
    """Every field of the sizes, and what each phase has there at its cap."""
    paths = [list(_fields(PlatformSize, ()))]
    values = [dict(_values(_size(name), ())) for name in PHASES]
    rows = []
    for path, type_ in paths[0]:
        cells = [_cell(found, path) for found in values]
        rows.append((f"`{'.'.join(path)}`", type_, *cells))
    return table(("field", "type", *PHASES), rows)


def _size(phase: str) -> PlatformSize:
    row = PHASES[phase]
    return row.size(row.load(row.max_users), "eu")


def _cell(values: Mapping[tuple[str, ...], list[str]], path: tuple[str, ...]) -> str:
    if path[0] == "pods":
        return "below"
    found = list(dict.fromkeys(values.get(path, ())))
    return " / ".join(found) if found else "–"  # noqa: RUF001 nothing there


def _fields(type_: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ANN401
    """Paths of all fields below a type, with the type of each as words."""
    if is_dataclass(type_):
        hints = get_type_hints(type_)
        for item in fields(type_):
            yield from _fields(hints[item.name], (*path, item.name))
    elif get_origin(type_) is dict:
        yield from _fields(get_args(type_)[1], (*path, WILDCARDS[path[-1]]))
    else:
        yield path, _type(type_)


def _type(hint: Any) -> str:  # noqa: ANN401
    if get_origin(hint) is tuple:
        return f"list of {_type(get_args(hint)[0])}"
    if get_origin(hint) is Literal:
        return " or ".join(str(word) for word in get_args(hint))
    return WORDS[hint]


def _values(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Values by path, those of a map's keys together."""
    found: dict[tuple[str, ...], list[str]] = {}
    for where, leaf in _leaves(value, path):
        found.setdefault(where, []).append(leaf)
    yield from found.items()


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from _leaves(getattr(value, item.name), (*path, item.name))
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _leaves(child, (*path, WILDCARDS[path[-1]]))
    elif isinstance(value, tuple):
        yield path, ", ".join(map(str, value)) or "none"
    else:
        shown = to_inputs(value)
        yield path, str(shown).lower() if isinstance(shown, bool) else str(shown) or "none"


def workloads(_: PlanOf) -> str:
    """Workloads of fixed size: replicas and requests of one pod, phase by phase."""
    by_phase = {name: _size(name).pods for name in PHASES}
    names = list(dict.fromkeys(name for pods in by_phase.values() for name in pods))
    rows = []
    for name in names:
        cells = [_pod(pods[name]) if name in pods else "–"  # noqa: RUF001 not there
                 for pods in by_phase.values()]  # fmt: skip
        rows.append((f"`pods.{name}`", *cells))
    return table(("workload", *PHASES), rows)


def _pod(pod: PodSize) -> str:
    text = f"{pod.replicas} × {pod.cpu_m}m, {pod.memory_mib}Mi"
    text += ", spot" if pod.spot else ""
    return text + (f", {pod.volume_gib} GiB volume" if pod.volume_gib else "")
