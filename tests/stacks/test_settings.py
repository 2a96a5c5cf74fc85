"""Settings: what every key of a stack accepts, and how every other value is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, cast

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from settings import BILLING_CURRENCIES, KEYS, REQUIRED, Settings, parse

from palier.currency import EUR_PER_USD, RATE_DECLARED_ON
from palier.errors import PalierError
from palier.phases import PHASES

CONFIG = {
    "gcp:project": "acme-platform",
    "gcp:region": "europe-west1",
    "palier:domain": "example.com",
    "palier:repository": "https://github.com/acme/platform",
}
TOKEN = cast("pulumi.Output[str]", object())
"""Stands for the secret: parse hands it on and never looks inside."""


def read(stack: str = "mvp", **own: Any) -> Settings:
    """Settings of a stack; keyword arguments are `palier:` keys, `None` takes a key away."""
    return parse(config(stack, **own), stack)


def config(stack: str = "mvp", **own: Any) -> dict[str, Any]:
    phase = own.get("phase", stack)
    users = PHASES[phase].max_users if phase in PHASES else 50
    texts: dict[str, Any] = CONFIG | {"palier:users": str(users)}
    texts |= {f"palier:{key}": value for key, value in own.items()}
    return {key: value for key, value in texts.items() if value is not None}


def refused(message: str, stack: str = "mvp", **own: Any) -> None:
    with pytest.raises(PalierError, match=message):
        read(stack, **own)


# The least a stack says


@pytest.mark.parametrize("phase", sorted(PHASES))
def test_five_keys_are_enough(phase: str) -> None:
    found = read(phase)
    assert found.phase is PHASES[phase]
    assert found.users == found.load.users == PHASES[phase].max_users
    assert (found.project, found.home) == ("acme-platform", "eu")
    assert found.regions.serving["eu"] == "europe-west1"
    assert found.domain == "example.com"
    assert found.size == PHASES[phase].size(found.load, "eu")


def test_what_the_account_decides_is_optional() -> None:
    found = read()
    assert found.billing is None, "without a billing account no budget is made"
    assert (found.alerts.email, found.alerts.slack_channel, found.alerts.sms) == (None, None, None)
    assert found.alerts.slack_token is None
    assert found.revenue_eur is None
    assert found.exclusions == ()
    assert found.cost_centre == "platform"
    assert (found.usd_rate, found.rate_date) == (EUR_PER_USD, RATE_DECLARED_ON)


def test_a_home_in_america_is_read_from_its_region() -> None:
    texts = config() | {"gcp:region": "us-central1"}
    found = parse(texts, "mvp")
    assert found.home == "us"
    assert list(found.size.postgres.shards) == ["us-1"]


def test_keys_of_others_are_left_alone() -> None:
    texts = config() | {"aws:region": "eu-west-1", "datadog:apiKey": "x", "gcp:zone": "a"}
    assert parse(texts, "mvp") == read()


# Keys


@pytest.mark.parametrize("key", ["user", "Users", "sizes.web.cpu_m", "", "phase ", "users:more"])
def test_an_unknown_key_is_refused_with_the_known_ones(key: str) -> None:
    texts = config() | {f"palier:{key}": "1"}
    with pytest.raises(PalierError, match=f"^palier:{key}: unknown key, allowed are phase, users,"):
        parse(texts, "mvp")


def test_every_key_is_known_by_name() -> None:
    assert set(REQUIRED) < set(KEYS)
    with pytest.raises(PalierError) as caught:
        read(nonsense=1)
    assert all(key in str(caught.value) for key in KEYS)


@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_key_is_refused_with_its_file(key: str, value: str | None) -> None:
    own: dict[str, Any] = {key: value}
    refused(f"^palier:{key}: missing, set it in Pulumi.mvp.yaml$", **own)


@pytest.mark.parametrize("key", ["gcp:project", "gcp:region"])
def test_a_missing_key_of_the_provider_is_refused(key: str) -> None:
    texts = {name: value for name, value in config().items() if name != key}
    with pytest.raises(PalierError, match=f"^{key}: missing, expected "):
        parse(texts, "mvp")


# Phase


def test_a_stack_named_after_a_phase_is_that_phase() -> None:
    assert read("traction").phase.name == "traction"


def test_a_declared_phase_wins_over_the_stacks_name() -> None:
    assert read("prod", phase="growth").phase.name == "growth"
    assert read("mvp", phase="scale").phase.name == "scale"


@pytest.mark.parametrize("stack", ["prod", "MVP", "mvp-2", ""])
def test_a_stack_of_another_name_must_declare_its_phase(stack: str) -> None:
    refused(
        f"^stack {stack!r} is not named after a phase .mvp, .* or hypergrowth.: set palier:phase$",
        stack,
    )


@pytest.mark.parametrize("phase", ["seed", "MVP", "mvp "])
def test_an_unknown_phase_is_refused_as_its_key(phase: str) -> None:
    refused(f"^palier:phase: expected mvp, .* or hypergrowth, got {phase!r}$", phase=phase)


# Users


@pytest.mark.parametrize("value", ["1", "50", 50, "007"])
def test_users_are_a_whole_number_of_the_phase(value: object) -> None:
    assert read(users=value).users == int(str(value))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "missing, expected 1 to 50"),
        ("", "expected a whole number from 1 to 50, got ''"),
        ("many", "expected a whole number from 1 to 50, got 'many'"),
        ("-5", "expected a whole number from 1 to 50, got '-5'"),
        (-5, "expected a whole number from 1 to 50, got -5"),
        ("49.5", "expected a whole number from 1 to 50, got '49.5'"),
        (49.5, "expected a whole number from 1 to 50, got 49.5"),
        ("1e1", "expected a whole number from 1 to 50, got '1e1'"),
        ("1_0", "expected a whole number from 1 to 50, got '1_0'"),
        (" 5", "expected a whole number from 1 to 50, got ' 5'"),
        (True, "expected a whole number from 1 to 50, got True"),
        ([50], "expected a whole number from 1 to 50"),
        ("9" * 16, "expected a whole number from 1 to 50"),
        ("9" * 5_000, "expected a whole number from 1 to 50"),
        ("0", "mvp serves 1 to 50 users, got 0$"),
        ("51", "mvp serves 1 to 50 users, got 51; the phase for that is traction"),
        ("1000000", "mvp serves 1 to 50 users, got 1000000; the phase for that is growth"),
        ("11000001", "mvp serves 1 to 50 users, got 11000001$"),
        ("999999999999999", "mvp serves 1 to 50 users, got 999999999999999$"),
    ],
)
def test_any_other_users_are_refused(value: object, message: str) -> None:
    refused(f"^palier:users: {message}", users=value)


# Texts with a form


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("gcp:project", "acme-1"),
        ("gcp:project", "a" * 30),
        ("gcp:region", "europe-north1"),
        ("gcp:region", "us-west12"),
        ("palier:domain", "a.io"),
        ("palier:domain", "shop.example.co.uk"),
        ("palier:domain", "xn--bcher-kva.example"),
        ("palier:repository", "https://github.com/acme/platform.git"),
        ("palier:repository", "https://github.com/acme/platform/"),
        ("palier:repository", "https://git.example.com/a.b/c_d"),
        ("palier:cost_centre", "team-a_1"),
        ("palier:cost_centre", "x"),
    ],
)
def test_a_text_of_the_right_form_is_kept(key: str, value: str) -> None:
    found = parse(config() | {key: value}, "mvp")
    field = {"gcp:region": found.regions.serving[found.home]}.get(
        key, getattr(found, key.split(":")[1], None)
    )
    assert field == value


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("gcp:project", "acme", "expected a project id, e.g. acme-prod, got 'acme'"),
        ("gcp:project", "Acme-prod", "expected a project id"),
        ("gcp:project", "1acme-prod", "expected a project id"),
        ("gcp:project", "acme-prod-", "expected a project id"),
        ("gcp:project", "a" * 31, "expected a project id"),
        ("gcp:project", "123456789012", "expected a project id"),
        ("gcp:region", "europe", "expected e.g. europe-west1, got 'europe'"),
        ("gcp:region", "europe-west1-b", "expected e.g. europe-west1, got 'europe-west1-b'"),
        ("gcp:region", "EU", "expected e.g. europe-west1, got 'EU'"),
        ("gcp:region", "asia-east1", "expected a region of europe-… or us-…, got 'asia-east1'"),
        ("palier:domain", "example", "expected a domain, e.g. example.com, got 'example'"),
        ("palier:domain", "https://example.com", "expected a domain"),
        ("palier:domain", "example.com/", "expected a domain"),
        ("palier:domain", "example.com.", "expected a domain"),
        ("palier:domain", "Example.com", "expected a domain"),
        ("palier:domain", "-a.example.com", "expected a domain"),
        ("palier:domain", "exa mple.com", "expected a domain"),
        ("palier:domain", "example.com\n", "expected a domain"),
        ("palier:domain", 5, "expected a domain, e.g. example.com, got 5"),
        ("palier:repository", "acme/platform", "expected e.g. https://github.com/acme/platform"),
        ("palier:repository", "http://github.com/acme/platform", "expected e.g. https"),
        ("palier:repository", "git@github.com:acme/platform", "expected e.g. https"),
        ("palier:repository", "https://github.com/acme", "expected e.g. https"),
        ("palier:repository", "https://github.com/acme/platform/tree/main", "expected e.g. https"),
        ("palier:cost_centre", "", "missing, expected a label, e.g. platform"),
        ("palier:cost_centre", "Team", "expected a label, e.g. platform, got 'Team'"),
        ("palier:cost_centre", "1team", "expected a label"),
        ("palier:cost_centre", "a" * 64, "expected a label"),
    ],
)
def test_a_text_of_another_form_is_refused_by_its_key(
    key: str, value: object, message: str
) -> None:
    with pytest.raises(PalierError, match=f"^{key}: {message}"):
        parse(config() | {key: value}, "mvp")


@pytest.mark.parametrize(
    "repository",
    ["https://github.com/acme/platform", "https://github.com/acme/platform.git",
     "https://github.com/acme/platform.git/", "https://github.com/acme/platform/"],
)  # fmt: skip
def test_a_repository_is_also_known_by_its_owner_and_name(repository: str) -> None:
    assert read(repository=repository).github == "acme/platform"


# Load


@pytest.mark.parametrize(
    "value", [{"response_kib": 8}, '{"response_kib": 8}', '{"response_kib": "8"}']
)
def test_a_measurement_changes_the_load(value: object) -> None:
    found = read(load=value)
    assert found.load.model.response_kib == 8
    assert found.load.api_gib == 2 * read().load.api_gib


def test_a_measured_curve_is_read_from_a_config() -> None:
    found = read(load='{"peak_to_average": [[10, 12.5], [50, 10]]}')
    assert found.load.model.peak_to_average.at(10) == Decimal("12.5"), "not its binary neighbour"


def test_a_measurement_decides_the_size() -> None:
    found = read("growth", load={"db_writes_per_vcpu": 100})
    assert (
        found.size.postgres.shards["eu-1"].tier != read("growth").size.postgres.shards["eu-1"].tier
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("many", "^palier:load: expected fields, got 'many'"),
        ("[1]", r"^palier:load: expected fields, got \[1\]"),
        ("5", "^palier:load: expected fields, got 5"),
        ('{"response_kib": 8', "^palier:load: expected fields, got"),
        ('{"response_kib": 1e99999999999999999999}', "^palier:load: expected fields, got"),
        ("[" * 100_000, "^palier:load: expected fields, got"),
        ('{"request_size": 8}', "^load.request_size: unknown, allowed are"),
        ('{"response_kib": NaN}', "^load.response_kib: expected a number"),
        ('{"response_kib": Infinity}', "^load.response_kib: expected a number"),
        ('{"response_kib": 1e999999}', "^load.response_kib: must be 0, or"),
        ('{"response_kib": true}', "^load.response_kib: expected a number, got True"),
        ('{"cpu_target": 70}', "^load.cpu_target: a share, at most 1"),
        ('{"cpu_target": 1e-999999}', "^load.cpu_target: must be 0, or"),
    ],
)
def test_a_load_that_cannot_be_is_refused(value: str, message: str) -> None:
    refused(message, load=value)


def test_a_load_beyond_a_phase_is_refused_by_the_phase() -> None:
    refused("^growth cannot carry this load: ", "growth", load={"cache_kb_per_active_user": 9_999})


# Sizes


@pytest.mark.parametrize(
    "sizes",
    [
        {"web": {"cpu_m": 300, "memory_mib": 640}},
        {"web.cpu_m": 300, "web.memory_mib": 640},
        {"web": {"cpu_m": "300"}, "web.memory_mib": "640"},
        '{"web": {"cpu_m": 300, "memory_mib": 640}}',
        '{"web.cpu_m": 300, "web.memory_mib": 640}',
    ],
    ids=["nested", "dotted", "both", "nested text", "dotted text"],
)
def test_sizes_are_changed_nested_or_by_dotted_path(sizes: object) -> None:
    found = read(sizes=sizes).size.web
    assert (found.cpu_m, found.memory_mib) == (300, 640)


def test_sizes_change_what_the_load_decided() -> None:
    sizes = {"postgres.shards.eu-1": {"tier": "db-custom-8-30720"}}
    found = read("scale", sizes=sizes).size.postgres.shards["eu-1"]
    assert found.tier == "db-custom-8-30720"


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ("big", "^palier:sizes: expected fields, got 'big'"),
        ("[]", r"^palier:sizes: expected fields, got \[\]"),
        ({"nonsense": 1}, "^nonsense: unknown, allowed are network"),
        ({"nonsense": {}}, "^nonsense: unknown, allowed are network"),
        ({"web": {"cpu": 5}}, r"^web.cpu: unknown, allowed are cpu_m"),
        ({"web": {"cpu": {}}}, r"^web.cpu: unknown, allowed are cpu_m"),
        ({"web": 5}, r"^web: expected fields \("),
        ({"web": 5, "web.cpu_m": 300}, "is set as a whole and in part"),
        ({"web.cpu_m": 300, "web": 5}, "is set as a whole and in part"),
        ({"web": {"cpu_m": 10}}, "^web: cpu_m: at least 50, got 10"),
        ({"web": {"limits": {"us": {"minimum": 2}}}}, "^web.limits.us: not in this phase"),
        ({"postgres": {"shards": {"eu-1": {"tier": "big"}}}}, "^postgres.shards.eu-1: tier 'big'"),
        ({"network.sites": "us"}, "^gke: at eu, but network.sites has only us"),
        ({"registry.sites": "us"}, "^registry: at us, but network.sites has only eu"),
    ],
)
def test_a_size_that_cannot_be_is_refused_by_its_path(sizes: object, message: str) -> None:
    refused(message, sizes=sizes)


# Money


def test_a_rate_is_declared_with_its_day() -> None:
    found = read(currency='{"usd_rate": 0.9137, "declared_on": "2027-01-15"}')
    assert (found.usd_rate, found.rate_date) == (Decimal("0.9137"), "2027-01-15")


@pytest.mark.parametrize("value", [None, {}, "{}"])
def test_without_a_rate_the_planning_rate_holds(value: object) -> None:
    assert (read(currency=value).usd_rate, read(currency=value).rate_date) == (
        EUR_PER_USD,
        RATE_DECLARED_ON,
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"usd_rate": "0.9"}, ": a rate needs both usd_rate and declared_on"),
        ({"declared_on": "2026-11-21"}, ": a rate needs both usd_rate and declared_on"),
        ({"rate": "0.9"}, ".rate: unknown, allowed are usd_rate or declared_on"),
        ({"usd_rate": 0, "declared_on": "2026-11-21"}, ".usd_rate: expected a number above 0"),
        ({"usd_rate": -1, "declared_on": "2026-11-21"}, ".usd_rate: expected a number above 0"),
        ({"usd_rate": "x", "declared_on": "2026-11-21"}, ".usd_rate: .* above 0, .* got 'x'"),
        ({"usd_rate": True, "declared_on": "2026-11-21"}, ".usd_rate: expected a number above"),
        ({"usd_rate": "NaN", "declared_on": "2026-11-21"}, ".usd_rate: expected a number above"),
        ({"usd_rate": "1e-99", "declared_on": "2026-11-21"}, ".usd_rate: expected a number above"),
        ({"usd_rate": "1e99", "declared_on": "2026-11-21"}, ".usd_rate: .* at most 1000000000000"),
        ({"usd_rate": None, "declared_on": "2026-11-21"}, ".usd_rate: expected a number above 0"),
        ({"usd_rate": "0.9", "declared_on": "today"}, ".declared_on: expected a day, .* 'today'"),
        ({"usd_rate": "0.9", "declared_on": "2026-02-30"}, ".declared_on: expected a day, e.g."),
        ({"usd_rate": "0.9", "declared_on": None}, ".declared_on: expected a day, .* got None"),
        ("0.92", ": expected fields, got Decimal"),
    ],
)
def test_half_a_rate_or_no_rate_is_refused(value: object, message: str) -> None:
    refused(f"^palier:currency{message}", currency=value)


@pytest.mark.parametrize(
    ("value", "revenue"), [("100000", 100_000), (216_667, 216_667), (0.5, 0.5)]
)
def test_revenue_is_a_number_above_zero(value: object, revenue: float) -> None:
    assert read("growth", revenue_eur=value).revenue_eur == Decimal(str(revenue))


@pytest.mark.parametrize("value", [0, "0", "-5", "much", "", True, "NaN", "1e13", [5], {}])
def test_any_other_revenue_is_refused(value: object) -> None:
    refused("^palier:revenue_eur: expected a number above 0, at most", revenue_eur=value)


@pytest.mark.parametrize("currency", BILLING_CURRENCIES)
def test_a_billing_account_is_its_id_and_its_currency(currency: str) -> None:
    account = "01AB23-4CD567-89EF01"
    found = read(billing={"account": account, "currency": currency}).billing
    assert found is not None
    assert (found.account, found.currency) == (account, currency)


def test_a_billing_account_is_in_euros_unless_it_says_otherwise() -> None:
    found = read(billing='{"account": "01AB23-4CD567-89EF01"}').billing
    assert found is not None
    assert found.currency == "EUR"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"account": "x"}, ".account: expected e.g. 01AB23-4CD567-89EF01, got 'x'"),
        ({"account": "01ab23-4cd567-89ef01"}, ".account: expected e.g."),
        ({"account": "billingAccounts/01AB23-4CD567-89EF01"}, ".account: expected e.g."),
        ({"account": None}, ".account: expected e.g. .* got 'None'"),
        ({"currency": "EUR"}, ".account: expected e.g. .* got ''"),
        (
            {"account": "01AB23-4CD567-89EF01", "currency": "GBP"},
            ".currency: expected EUR or USD, got 'GBP'",
        ),
        ({"acount": "01AB23-4CD567-89EF01"}, ".acount: unknown, allowed are account or currency"),
        ("01AB23-4CD567-89EF01", ": expected fields, got '01AB23-4CD567-89EF01'"),
    ],
)
def test_any_other_billing_is_refused(value: object, message: str) -> None:
    refused(f"^palier:billing{message}", billing=value)


# Alerts


def test_alerts_go_where_they_are_told() -> None:
    alerts = {"email": "ops@example.com", "sms": "+33612345678", "slack_channel": "#alerts"}
    found = parse(config(alerts=json.dumps(alerts)), "mvp", TOKEN).alerts
    assert (found.email, found.sms, found.slack_channel) == tuple(alerts.values())
    assert found.slack_token is TOKEN, "the secret stays one"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"email": "ops"}, ".email: expected an e-mail address, got 'ops'"),
        ({"email": "ops@example"}, ".email: expected an e-mail address"),
        ({"email": "a b@example.com"}, ".email: expected an e-mail address"),
        ({"email": None}, ".email: expected an e-mail address, got None"),
        ({"sms": "0612345678"}, ".sms: expected a number with its country, e.g."),
        ({"sms": "+12345"}, ".sms: expected a number with its country"),
        ({"sms": 33612345678}, ".sms: expected a number with its country, .* got 33612345678"),
        ({"slack_channel": "alerts"}, ".slack_channel: expected a channel, e.g. #alerts"),
        ({"slack": "#alerts"}, ".slack: unknown, allowed are email, slack_channel or sms"),
        ("ops@example.com", ": expected fields, got 'ops@example.com'"),
    ],
)
def test_any_other_channel_is_refused(value: object, message: str) -> None:
    refused(f"^palier:alerts{message}", alerts=value)


def test_a_slack_channel_and_its_token_go_together() -> None:
    message = "palier:alerts.slack_channel and the secret palier:slack_token go together"
    refused(f"^{message}$", alerts={"slack_channel": "#alerts"})
    with pytest.raises(PalierError, match=f"^{message}$"):
        parse(config(), "mvp", TOKEN)
    with pytest.raises(PalierError, match=f"^{message}$"):
        parse(config(alerts={"email": "ops@example.com"}), "mvp", TOKEN)


# Maintenance


def test_exclusions_are_days_turned_into_times() -> None:
    listed = [{"name": "sales", "start": "2026-11-27", "end": "2026-12-01"}]
    (found,) = read(exclusions=json.dumps(listed)).exclusions
    assert (found.name, found.start, found.end) == (
        "sales",
        "2026-11-27T00:00:00Z",
        "2026-12-01T00:00:00Z",
    )


def test_several_exclusions_keep_their_order() -> None:
    listed = [
        {"name": name, "start": f"2026-{month:02}-01", "end": f"2026-{month:02}-05"}
        for month, name in enumerate(("b", "a", "c"), start=1)
    ]
    assert [item.name for item in read(exclusions=listed).exclusions] == ["b", "a", "c"]


SALES = {"name": "sales", "start": "2026-11-27", "end": "2026-12-01"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("sales", ": expected a list of name, start and end, got 'sales'"),
        ("", ": expected a list of name, start and end, got ''"),
        ("0", ": expected a list of name, start and end, got 0"),
        ("false", ": expected a list of name, start and end, got False"),
        ({}, ": expected a list of name, start and end, got {}"),
        ([5], ": expected a list of name, start and end, got 5"),
        ([SALES, {"name": "x"}], ": expected a list of name, start and end, got {'name': 'x'}"),
        ([SALES | {"scope": "all"}], ": expected a list of name, start and end"),
        ([SALES | {"name": ""}], ".name: expected a text, got ''"),
        ([SALES | {"name": 5}], ".name: expected a text, got 5"),
        ([SALES | {"start": "soon"}], ".start: expected a day, e.g. 2026-11-21, got 'soon'"),
        ([SALES | {"end": "2026-02-30"}], ".end: expected a day, .* got '2026-02-30'"),
        ([SALES | {"end": "2026-11-27"}], ".end: expected a day after 2026-11-27"),
        ([SALES | {"end": "2025-12-01"}], ".end: .* after 2026-11-27, got '2025-12-01'"),
    ],
)
def test_any_other_exclusion_is_refused(value: object, message: str) -> None:
    refused(f"^palier:exclusions{message}", exclusions=value)


# Junk


leaf = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["mvp", "50", "0.9", "2026-11-21", "NaN", "1e999999", "#a", "{}", "[1", "²"]),
)
names = st.one_of(
    st.text(max_size=4),
    st.sampled_from(["web", "cpu_m", "web.cpu_m", "usd_rate", "declared_on", "account", "email",
                     "name", "start", "end", "response_kib", "away_share", "postgres", "shards"]),
)  # fmt: skip
junk: st.SearchStrategy[Any] = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
values = st.one_of(junk, junk.map(json.dumps), st.text(max_size=20))
keys = st.sampled_from([*(f"palier:{key}" for key in KEYS), "gcp:region", "gcp:project"])


@given(
    st.sampled_from(sorted(PHASES)),
    st.one_of(st.sampled_from(sorted(PHASES)), st.text(max_size=5)),
    st.dictionaries(keys, values, min_size=1, max_size=4),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_any_junk_gives_settings_or_one_line_that_a_user_can_mend(
    phase: str, stack: str, changes: dict[str, Any], token: bool
) -> None:
    refusal, found = "", None
    try:
        found = parse(config(phase) | changes, stack, TOKEN if token else None)
    except PalierError as error:
        refusal = str(error)
    assert (found is None) == bool(refusal), "a refusal without a word cannot be mended"


@given(st.dictionaries(st.text(max_size=20), values, max_size=5), st.text(max_size=10))
@settings(max_examples=100, deadline=None)
def test_a_config_of_nothing_but_junk_is_refused(texts: dict[str, Any], stack: str) -> None:
    with pytest.raises(PalierError):
        parse(texts, stack)
