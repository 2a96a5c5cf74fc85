"""The judge: three verdicts, the arithmetic shown, and no way to make a failure pass by adding."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import builders
import fact_builders as facts
import pytest
from fact_builders import bill, line, resource
from gate_builders import gap
from hypothesis import given, settings
from hypothesis import strategies as st

from palier.budget import limits as limit_files
from palier.budget.judge import Case, judge
from palier.budget.limits import Limit, Limits, Measure, Source
from palier.budget.measures import MEASURES
from palier.cost import prices
from palier.cost.estimate import BOUNDS, Estimate, Gap, estimate
from palier.currency import EUR_PER_USD
from palier.errors import PalierError
from palier.facts import Fact, Facts
from palier.reference import BreakEven, Point, Reference
from palier.verdicts import Verdict, overall

SOURCE: Final = Source(document="A document", passage="page 1")
GAP: Final = gap()


def point(phase: str, users: int, expected: str) -> Point:
    amount = Decimal(expected)
    return Point(
        phase=phase, users=users, floor_usd=amount, expected_usd=amount, ceiling_usd=amount
    )


REFERENCE: Final = Reference(
    region=facts.REGION,
    points=(
        point("mvp", 1, "70"), point("mvp", 50, "80"), point("traction", 51, "110"),
        point("traction", 100, "120"), point("scale", 101, "390"), point("scale", 50_000, "500"),
        point("growth", 50_001, "900"), point("growth", 1_000_000, "4800"),
        point("hypergrowth", 1_000_001, "6000"), point("hypergrowth", 11_000_000, "39000"),
    ),
    break_evens=(
        BreakEven(phase="traction", first=79, last=79),
        BreakEven(phase="growth", first=98_834, last=109_818),
    ),
)  # fmt: skip


def limit(measure: Measure, value: str | None = None, **other: Any) -> Limit:
    """A mandatory limit of traction."""
    fields: dict[str, Any] = {
        "id": measure, "title": "A title", "measure": measure, "phases": ("traction",),
        "level": "mandatory", "unit": "EUR", "source": SOURCE,
        "value": None if value is None else Decimal(value),
    }  # fmt: skip
    return Limit(**fields | other)


def case(now: Estimate, at_cap: Estimate | None = None, **other: Any) -> Case:
    """A platform in traction with 80 users; at the cap it costs what it costs now."""
    fields: dict[str, Any] = {
        "phase": "traction", "users": 80, "revenue_eur": None, "estimate": now,
        "at_cap": at_cap or now, "reference": REFERENCE,
    }  # fmt: skip
    return Case(**fields | other)


def only(verdicts: list[Verdict]) -> Verdict:
    assert len(verdicts) == 1, f"expected one verdict, got {verdicts}"
    return verdicts[0]


@dataclass(frozen=True)
class Border:
    """A limit, and the bills just within it, on it and just over it."""

    limit: Limit
    within: str
    on: str
    over: str
    on_passes: bool = True
    line: tuple[tuple[str, str], ...] = ()
    """What is special about the line that the measure reads."""
    beside: tuple[Limit, ...] = ()

    def bill(self, amount: str, *gaps: Gap) -> Estimate:
        return bill(line(amount, **dict(self.line)), gaps=gaps)

    def verdict(self, amount: str, *gaps: Gap) -> Verdict:
        verdicts = judge(case(self.bill(amount, *gaps)), Limits((self.limit, *self.beside)))
        return next(verdict for verdict in verdicts if verdict.rule == self.limit.id)


MONTHLY: Final = limit("monthly_cost", "200")

BORDERS: Final[dict[Measure, Border]] = {
    "monthly_cost": Border(MONTHLY, "199.99", "200", "200.01"),
    # a tenth of 1 500 at 80 users
    "share_of_revenue": Border(
        limit("share_of_revenue", "0.1", steps=((50, Decimal(9000)), (100, Decimal(1500)))),
        "149.99", "150", "150.01",
    ),
    # the cap of traction is 100 users
    "cost_per_user_at_cap": Border(
        limit("cost_per_user_at_cap", "2.00"), "199.99", "200", "200.01"
    ),
    # mvp at its cap costs 80 / 50 = 1.60 a user; 160 / 100 is the same, and does not fall
    "unit_cost_falls": Border(limit("unit_cost_falls"), "159.99", "160", "160.01", on_passes=False),
    # at 80 users the same 1.60 is 128
    "unit_cost_now": Border(limit("unit_cost_now"), "127.99", "128", "128.01", on_passes=False),
    "ceiling": Border(
        limit("ceiling", "1.2"), "239.99", "240", "240.01",
        line=(("bound", "ceiling"),), beside=(MONTHLY,),
    ),
    "monthly_cost_at_parity": Border(
        limit("monthly_cost_at_parity"), "199.99", "200", "200.01", beside=(MONTHLY,)
    ),
    # the reference at 80 users is that of 51: 110 a month, a tenth of which is 11
    "observability_share": Border(
        limit("observability_share", "0.1"), "10.99", "11", "11.01",
        line=(("family", "observability"),),
    ),
}  # fmt: skip

every_measure = pytest.mark.parametrize("measure", BORDERS)


def test_every_measure_a_file_may_name_is_tried() -> None:
    measures = {row.measure for row in limit_files.load_beside(builders.ROOT).rows}
    assert measures == set(BORDERS)


@every_measure
def test_a_bill_within_the_limit_passes_and_one_over_it_fails(measure: Measure) -> None:
    border = BORDERS[measure]
    assert border.verdict(border.within).status == "pass"
    assert border.verdict(border.over).status == "fail"


@every_measure
def test_a_bill_on_the_limit_is_within_it_except_where_cost_must_fall(measure: Measure) -> None:
    border = BORDERS[measure]
    verdict = border.verdict(border.on)
    assert verdict.value == verdict.limit, "the case is one of equality"
    assert verdict.status == ("pass" if border.on_passes else "fail")


@every_measure
def test_a_bill_that_is_not_fully_priced_never_passes_and_still_can_fail(measure: Measure) -> None:
    border = BORDERS[measure]
    assert border.verdict(border.within, GAP).status == "inconclusive"
    assert border.verdict(border.over, GAP).status == "fail", "what is missing only makes it dearer"


@every_measure
def test_a_verdict_carries_the_rule_its_level_and_its_source(measure: Measure) -> None:
    border = BORDERS[measure]
    verdict = border.verdict(border.within)
    assert (verdict.rule, verdict.level) == (measure, "mandatory")
    assert (verdict.title, verdict.family) == ("A title", MEASURES[measure].family)
    assert verdict.source == "A document: page 1", "a limit without its passage cannot be argued"
    assert verdict.findings == (), "it is about the stack as a whole"


# --- a cost at the cap that is not known --------------------------------------------------------

AT_CAP: Final = ("cost_per_user_at_cap", "unit_cost_falls")


@every_measure
def test_only_what_is_judged_at_the_cap_stays_open_without_it(measure: Measure) -> None:
    border = BORDERS[measure]
    unknown = replace(case(border.bill(border.within)), at_cap="nobody ran the program")
    verdict = next(
        verdict for verdict in judge(unknown, Limits((border.limit, *border.beside)))
        if verdict.rule == measure
    )  # fmt: skip
    if measure not in AT_CAP:
        assert verdict == border.verdict(border.within)
        return
    assert (verdict.status, verdict.value) == ("inconclusive", None), "not known is no pass"
    assert verdict.limit == border.verdict(border.within).limit
    assert verdict.message == "the cost at the cap is not known: nobody ran the program"


def test_the_lowest_phase_has_no_cap_below_whether_or_not_its_own_is_known() -> None:
    falls = limit("unit_cost_falls", phases=("mvp",))
    unknown = replace(case(bill(line("1")), phase="mvp", users=50), at_cap="why")
    assert judge(unknown, Limits((falls,))) == []


# --- the arithmetic ---------------------------------------------------------------------------


def test_a_month_is_shown_against_what_is_allowed() -> None:
    assert BORDERS["monthly_cost"].verdict("123.45").message == (
        "123.45 € a month of 200.00 € allowed"
    )


def test_a_share_of_revenue_shows_the_revenue_and_who_says_so() -> None:
    share = BORDERS["share_of_revenue"]
    assert share.verdict("75").message == (
        "75.00 € a month is 5.0% of 1500 € revenue (the lowest documented reading), 10% allowed"
    )
    declared = judge(case(bill(line("75")), revenue_eur=Decimal(600)), Limits((share.limit,)))
    assert only(declared).message.startswith("75.00 € a month is 12.5% of 600 € revenue (declared)")
    assert only(declared).status == "fail", "60 € are a tenth of what the operator declares"


def test_a_cost_per_user_shows_the_division() -> None:
    assert BORDERS["cost_per_user_at_cap"].verdict("150").message == (
        "150.00 € / 100 users = 1.500 € of 2.000 € allowed, at the cap"
    )


def test_a_small_cost_per_user_keeps_its_digits() -> None:
    small = limit("cost_per_user_at_cap", "0.00568", phases=("hypergrowth",))
    now = case(bill(line("36000")), phase="hypergrowth", users=11_000_000)
    assert only(judge(now, Limits((small,)))).message == (
        "36000.00 € / 11000000 users = 0.00327 € of 0.00568 € allowed, at the cap"
    )


def test_a_unit_cost_names_the_phase_below_and_the_break_even() -> None:
    now = BORDERS["unit_cost_now"].verdict("120").message
    assert now == (
        "1.500 € a user at 80 users, 1.600 € at the cap of mvp; after a climb it rises for a while,"
        " break-even at 79 users"
    )
    growth = limit("unit_cost_now", phases=("growth",))
    later = judge(case(bill(line("900")), phase="growth", users=60_000), Limits((growth,)))
    assert "break-even at 109818 users (first crossed at 98834)" in only(later).message, (
        "tiers step up after the first crossing: the last one is what lasts"
    )
    assert BORDERS["unit_cost_falls"].verdict("120").message == (
        "1.200 € a user at the cap, 1.600 € at the cap of mvp"
    )


def test_the_lowest_phase_has_no_cap_below_to_be_held_to() -> None:
    falls = limit("unit_cost_falls", phases=("mvp",)), limit("unit_cost_now", phases=("mvp",))
    assert judge(case(bill(line("1")), phase="mvp", users=50), Limits(falls)) == []


def test_the_ceiling_is_shown_as_times_the_cap() -> None:
    assert BORDERS["ceiling"].verdict("220").message == (
        "220.00 € with everything at its maximum is 1.10 × the cap of 200 €, 1.2 × allowed"
    )


def test_a_ceiling_without_a_month_to_hold_it_to_is_an_error_and_no_pass() -> None:
    with pytest.raises(PalierError, match="no monthly limit holds for traction"):
        judge(case(bill(line("1"))), Limits((limit("ceiling", "1.2"),)))


def test_parity_reads_the_dollars_and_not_the_euros() -> None:
    dear = line("200", monthly=Decimal(184))
    parity = limit("monthly_cost_at_parity", level="advisory")
    verdicts = judge(case(bill(dear, usd_rate="0.92")), Limits((MONTHLY, parity)))
    assert verdicts[1].message == "200.00 € a month at 1 $ = 1 €, of 200.00 € allowed"
    assert verdicts[0].message == "184.00 € a month of 200.00 € allowed"


def test_observability_is_a_share_of_the_reference_bill_in_the_same_currency() -> None:
    watched = line("20", family="observability", monthly=Decimal("9.2"))
    share = limit("observability_share", "0.1")
    verdict = only(judge(case(bill(watched, usd_rate="0.92")), Limits((share,))))
    # 110 $ × 0.92 = 101.20 €
    assert verdict.message == (
        "9.20 € for logs, metrics and alerts is 9.1% of the reference bill of 101.20 € at 51 users,"
        " 10% allowed"
    )


def test_a_failure_names_the_three_dearest_resources_net_of_credits() -> None:
    dear = bill(
        line("10", item="disk"), line("150", resource="cache"), line("30", item="vCPU"),
        line("15", resource="edge"), line("900", item="ceiling", bound="ceiling"),
        line("73", resource="cluster", item="fee"), line("-70", resource="cluster", item="credit"),
    )  # fmt: skip
    verdict = only(judge(case(dear), Limits((MONTHLY,))))
    assert verdict.message == (
        "208.00 € a month of 200.00 € allowed; largest: cache 150.00 €, db 40.00 €, edge 15.00 €"
    ), "whoever must mend it must see where the money goes"


def test_a_failure_at_the_cap_names_the_resources_of_the_cap() -> None:
    falls = limit("unit_cost_falls")
    at_cap = bill(line("500", resource="pool"))
    verdict = only(judge(case(bill(line("1")), at_cap), Limits((falls,))))
    assert verdict.status == "fail"
    assert verdict.message.endswith("; largest: pool 500.00 €")


def test_an_inconclusive_verdict_names_the_first_gap_and_counts_the_others() -> None:
    border = BORDERS["monthly_cost"]
    assert border.verdict("1", GAP).message.endswith("; not all is priced: tpu: no price")
    three = border.verdict("1", GAP, GAP, GAP).message
    assert three.endswith("not all is priced: tpu: no price (and 2 more)")


def test_a_gap_at_the_cap_makes_only_verdicts_of_the_cap_inconclusive() -> None:
    rules = MONTHLY, limit("cost_per_user_at_cap", "2")
    verdicts = judge(case(bill(line("1")), bill(line("1"), gaps=(GAP,))), Limits(rules))
    assert [verdict.status for verdict in verdicts] == ["pass", "inconclusive"]


def test_only_limits_of_the_phase_are_judged() -> None:
    other = limit("monthly_cost", "1", phases=("mvp",))
    assert judge(case(bill(line("100"))), Limits((other,))) == []


# --- a failure stays one ----------------------------------------------------------------------

amounts = st.sampled_from((1, 12, 50, 110, 250)) | st.decimals(0, 300, places=2)
families = st.sampled_from(("", "observability"))
bounds = st.sampled_from(("expected", "expected", "expected", "ceiling", "floor"))
some_lines = st.lists(
    st.builds(lambda amount, family, bound: line(str(amount), family=family, bound=bound),
              amounts, families, bounds),
    max_size=4,
)  # fmt: skip
some_gaps = st.lists(st.just(GAP), max_size=2)
ALL_LIMITS: Final = Limits(tuple(border.limit for border in BORDERS.values()))


def failed(judged: Case, rules: Limits) -> set[str]:
    return {item.rule for item in judge(judged, rules) if item.status == "fail"}


@every_measure
def test_a_failure_is_not_diluted_by_a_dear_line_beside_it(measure: Measure) -> None:
    border = BORDERS[measure]
    rules = Limits((border.limit, *border.beside))
    for dear in (line("100000"), line("100000", bound="ceiling"), line("0")):
        diluted = case(bill(line(border.over, **dict(border.line)), dear))
        assert measure in failed(diluted, rules), "a larger bill is no excuse"


@settings(max_examples=150, deadline=None)
@given(lines=some_lines, more=some_lines, gaps=some_gaps, more_gaps=some_gaps)
def test_adding_a_line_or_a_gap_never_turns_a_failure_into_a_pass(
    lines: list[Any], more: list[Any], gaps: list[Gap], more_gaps: list[Gap]
) -> None:
    before = case(bill(*lines, gaps=tuple(gaps)))
    after = case(bill(*lines, *more, gaps=(*gaps, *more_gaps)))
    assert failed(before, ALL_LIMITS) <= failed(after, ALL_LIMITS)
    was, now = (overall(judge(one, ALL_LIMITS)) for one in (before, after))
    assert (was, now) != ("fail", "inconclusive")
    assert now != "pass" or was == "pass", "what was not passed cannot pass by adding to it"


@settings(max_examples=150, deadline=None)
@given(
    lines=some_lines,
    lowered=st.lists(
        st.decimals(min_value="0.01", max_value=1, places=2),
        min_size=len(BORDERS), max_size=len(BORDERS),
    ),
    revenue=st.none() | st.decimals(min_value=1, max_value=5000, places=0),
)  # fmt: skip
def test_lowering_a_limit_never_turns_a_failure_into_a_pass(
    lines: list[Any], lowered: list[Decimal], revenue: Decimal | None
) -> None:
    strict = Limits(tuple(
        replace(
            row,
            value=None if row.value is None else row.value * part,
            steps=tuple((users, amount * part) for users, amount in row.steps),
        )
        for row, part in zip(ALL_LIMITS.rows, lowered, strict=True)
    ))  # fmt: skip
    judged = case(bill(*lines), revenue_eur=revenue)
    assert failed(judged, ALL_LIMITS) <= failed(judged, strict)


ADDED: Final = (
    resource("gcp:tpu/node:Node", "added"),
    resource("gcp:storage/bucketIAMMember:BucketIAMMember", "added"),
    resource(facts.ADDRESS, "added"),
    resource(facts.BACKEND_BUCKET, "added", enableCdn=False),
    resource(facts.BACKEND_BUCKET, "added", enableCdn=True),
    resource(facts.BACKEND_SERVICE, "added"),
    resource(facts.BACKEND_SERVICE, "added", logConfig={"enable": True, "sampleRate": 0}),
    resource(facts.SUBNET, "added", region="europe-west4"),
    resource(facts.SUBNET, "added", region="europe-west4", logConfig={"flowSampling": 0.01}),
    resource(facts.ARMOR, "added", rules=[]),
    resource(facts.FORWARDING_RULE, "added"),
    resource(facts.ALERT_POLICY, "added", conditions=[{}]),
    resource(facts.SECRET_VERSION, "added"),
    resource(facts.REGISTRY, "added", location="us"),
    resource(facts.ZONE, "added"),
    resource(facts.UPTIME, "added", period="60s"),
    resource(facts.CLUSTER, "added", location="europe-west1-b", removeDefaultNodePool=True),
    resource(facts.CLUSTER, "added", location="europe-west1", removeDefaultNodePool=True),
    resource(facts.NODE_POOL, "added", location="europe-west1-b", nodeCount=1,
             nodeConfig={"machineType": "e2-standard-2"}),
    resource(facts.REDIS, "added", memorySizeGb=1, tier="BASIC", region="europe-west1"),
    resource(facts.SQL, "added", name="added", region="us-east1", databaseVersion="POSTGRES_17",
             settings={"tier": "db-f1-micro", "edition": "ENTERPRISE", "diskSize": 10}),
)  # fmt: skip


def test_adding_any_resource_to_a_real_platform_never_lowers_a_bound_of_its_bill() -> None:
    phase = "hypergrowth", 2_000_000
    before = facts.euros(*phase)
    for added in ADDED:
        after = _with(phase, added)
        for bound in BOUNDS:
            assert after.sum(bound) >= before.sum(bound) - Decimal("0.000001"), (
                f"{added.type} lowers the {bound}: what is added could hide a failure"
            )
        watched = [made.sum("expected", "observability") for made in (after, before)]
        assert watched[0] >= watched[1] - Decimal("0.000001")


@settings(max_examples=25, deadline=None)
@given(places=st.sets(st.integers(0, len(ADDED) - 1), max_size=5))
def test_adding_resources_to_a_failing_platform_never_makes_it_pass(places: set[int]) -> None:
    phase = "scale", 10_000
    spent = facts.euros(*phase).sum("expected")
    tight = Limits((limit("monthly_cost", str(spent - 1), phases=("scale",)),))
    after = _with(phase, *{ADDED[place].urn: ADDED[place] for place in places}.values())
    judged = case(after, phase="scale", users=10_000)
    verdicts = judge(judged, tight)
    assert only(verdicts).status == "fail"
    assert overall(verdicts) == "fail"


def _with(phase: tuple[str, int], *added: Fact) -> Estimate:
    everything = Facts.of((*facts.recorded(*phase), *added))
    return estimate(everything, prices.default(), "EUR", EUR_PER_USD)
