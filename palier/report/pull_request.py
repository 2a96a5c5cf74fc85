"""A check as a comment of a pull request: what it costs, what it does to data, what is wrong.

One comment a stack, which its first line tells, so that a workflow finds its own again and writes
over it. All that comes from a file or a program is escaped, and lists are cut to what fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from palier.report import changes
from palier.report.document import money, unit_cost
from palier.report.findings import findings, holds, place_of
from palier.report.markdown import table
from palier.report.text import counted, escaped
from palier.verdicts import WORST, Finding, Level, Verdict

if TYPE_CHECKING:
    from palier.check import Check, Update
    from palier.plan import Plan
    from palier.rules.model import Entry

MOST: Final = 60_000
"""Letters that a comment of GitHub holds, and some to spare."""
ROWS: Final = (100, 50, 20, 8, 3, 1, 0)
"""Rows that a list has, tried in this order until everything fits."""
NAMED: Final = 3
"""Resources that a row names before it counts the rest."""
CELL: Final = 600
"""Letters that a cell has before it is cut."""
SIGNS: Final = {"pass": "✅", "fail": "❌", "inconclusive": "❔"}
ADVISORY: Final = "⚠️ advisory"
WAIVED: Final = "☑️ waived"
LEVELS: Final[tuple[Level, ...]] = ("mandatory", "advisory")
TOUCHING: Final = ("replaced", "deleted", "changed")


def render(checks: Sequence[Check], entries: Iterable[Entry]) -> str:
    """The comments of some checks, one after another.

    Args:
        checks: one a comment.
        entries: the catalogue that they were held to, for what to do.
    """
    remedies = {entry.id: entry.remedy for entry in entries}
    for rows in ROWS:
        pages = [_page(check, remedies, rows) for check in checks]
        if sum(map(len, pages)) <= MOST:
            return "\n".join(pages)
    return _cut(pages)


def _cut(pages: Sequence[str]) -> str:
    """As many comments as fit."""
    told, left = "", MOST
    for place, page in enumerate(pages):
        rest = f"And {len(pages) - place} more stacks.\n"
        left -= len(page) + 1
        if left < len(rest):
            return told + rest
        told += f"{page}\n"
    return told


def _page(check: Check, remedies: dict[str, str], rows: int) -> str:
    plan = check.plan
    project = plan.source.project if plan.source else ""
    parts = [
        f"<!-- palier: {project}/{plan.stack} -->",
        f"## {SIGNS[plan.status]} {escaped(f'{project}/{plan.stack}')}: {_headline(plan)}",
        "\n".join(f"- **{name}:** {told}" for name, told in _answers(check)),
    ]
    if plan.status == "pass":
        parts.append(_green(check))
    parts += _listed(("", "rule", "what is found", "asked by"), _open(check, remedies), rows)
    if check.update:
        parts += _update(plan, check.update, rows)
    parts += _holding(plan, rows)
    if plan.notes:
        notes = [f"- {escaped(note, CELL)}" for note in plan.notes[:rows]]
        parts += ["### Remarks", "\n".join(notes)] if notes else []
        parts += _more(len(plan.notes), rows)
    return "\n\n".join(parts) + "\n"


def _headline(plan: Plan) -> str:
    mandatory = [one.status for one in plan.verdicts if one.level == "mandatory"]
    if plan.status == "pass" or not mandatory:
        return plan.status
    count = mandatory.count(plan.status)
    words = {"fail": ("fails", "fail"), "inconclusive": ("stays open", "stay open")}
    one, several = words[plan.status]
    return counted(count, f"mandatory rule {one}", f"mandatory rules {several}")


def _answers(check: Check) -> Iterable[tuple[str, str]]:
    """What a reviewer asks: the cost, that of a user, and what happens to data."""
    plan, update = check.plan, check.update
    yield "Cost", _cost(plan, update)
    if plan.per_user is not None:
        yield "Cost of a user", _per_user(plan, update)
    if update is None:
        return
    before, after = (update.before_phase, update.before_users), (plan.phase, plan.users)
    if before[0] is not None and before != after:
        yield "Phase", f"{_phase(*before)} to {_phase(*after)}"
    yield "Data", f"{update.safety}: {changes.SAFETY[update.safety]}"
    yield "Resources", changes.counted(update.touched)


def _phase(phase: str | None, users: int | None) -> str:
    return "none" if phase is None else f"{phase} with {users} users"


def _cost(plan: Plan, update: Update | None) -> str:
    gaps = len(plan.estimate.gaps)
    told = f"€ {_spaced(plan.estimate.sum('expected'))} a month"
    if update is not None:
        told += f", {_change(changes.bill(plan, update))}"
    if not gaps:
        return told
    return f"at least {told}; {counted(gaps, 'resource has', 'resources have')} no full price"


def _change(bill: changes.Difference) -> str:
    if not bill.amount:
        return "unchanged"
    if bill.percent is None:
        return "all of it new"
    return f"{'+' if bill.amount > 0 else ''}{_spaced(bill.amount)} ({bill.percent:+.1f} %)"


def _per_user(plan: Plan, update: Update | None) -> str:
    now = plan.per_user or Decimal(0)
    told = f"€ {unit_cost(now)} a month, at {plan.users} users"
    before = changes.per_user(plan, update)[0] if update else None
    if before is None:
        return told
    same = unit_cost(before) == unit_cost(now)
    return f"{told}, unchanged" if same else f"{told}, € {unit_cost(before)} before"


def _spaced(amount: Decimal) -> str:
    """Thousands apart from hundreds."""
    return f"{Decimal(money(amount)):,}".replace(",", " ")


def _green(check: Check) -> str:
    """That all is well, in one line, and what it rests on."""
    mandatory = [one for one in check.plan.verdicts if one.level == "mandatory"]
    waived = sum(1 for one in mandatory if one.findings)
    but = f", {waived} of them by a waiver" if waived else ""
    data = f"; {changes.SAFETY[check.update.safety]}" if check.update else ""
    return f"✅ All {len(mandatory)} mandatory rules hold{but}{data}."


def _open(check: Check, remedies: dict[str, str]) -> list[tuple[str, ...]]:
    """A row a verdict that is no pass, mandatory ones first; then one a finding that is waived."""
    verdicts = check.plan.verdicts
    wrong = sorted(
        (one for one in verdicts if one.status != "pass"),
        key=lambda one: (LEVELS.index(one.level), WORST.index(one.status)),
    )
    rows: list[tuple[str, ...]] = [
        (_sign(one), one.rule, _found(check, one, remedies), one.source) for one in wrong
    ]
    rows += [
        (WAIVED, one.rule, f"{_told(check, finding)} Waived {finding.waived}", one.source)
        for one in verdicts
        for finding in one.findings
        if finding.waived is not None
    ]
    return rows


def _sign(verdict: Verdict) -> str:
    words = {"fail": "fails", "inconclusive": "open", "pass": "holds"}
    if verdict.level == "advisory":
        return ADVISORY
    return f"{SIGNS[verdict.status]} {words[verdict.status]}"


def _found(check: Check, verdict: Verdict, remedies: dict[str, str]) -> str:
    """What is wrong, resource by resource, and what to do."""
    open_ = sorted(
        (finding for finding in findings(verdict) if finding.waived is None),
        key=lambda finding: WORST.index(finding.status),
    )
    told = " ".join(_told(check, finding) for finding in open_[:NAMED])
    more = f" And {len(open_) - NAMED} more." if len(open_) > NAMED else ""
    remedy = remedies.get(verdict.rule)
    return f"{told}{more}{f' {remedy}' if remedy else ''}"


def _told(check: Check, finding: Finding) -> str:
    sentence = f"{finding.message.removesuffix('.')}."
    if finding.urn is None:
        return sentence
    place = place_of(check, finding)
    where = f" ({place.file} line {place.line})" if place else ""
    return f"{finding.name}{where}: {sentence}"


def _update(plan: Plan, update: Update, rows: int) -> list[str]:
    """What changes in the bill, and what happens to each resource that holds data."""
    parts = []
    touching = [one for one in changes.stateful(update.touched) if one.change in TOUCHING]
    if touching:
        parts.append("### What holds data")
        parts += _listed(
            ("resource", "type", "what happens"),
            [(one.name, one.type.rsplit(":", 1)[-1], changes.told(one)) for one in touching],
            rows,
        )  # fmt: skip
    changed = changes.components(plan, update)
    if changed:
        parts.append("### Cost by component, € a month")
        parts += _listed(
            ("component", "now", "after", "change"),
            [
                (name, money(one.before), money(one.after), changes.signed(one.amount))
                for name, one in changed
            ],
            rows,
        )
    return parts


def _holding(plan: Plan, rows: int) -> list[str]:
    """What holds, folded away."""
    holding = [one for one in plan.verdicts if holds(one)]
    if not holding:
        return []
    heads = ("rule", "arithmetic")
    count = counted(len(holding), "rule holds", "rules hold")
    return [
        f"<details>\n<summary>{count}</summary>",
        *_listed(heads, [(one.rule, one.message) for one in holding], rows),
        "</details>",
    ]


def _listed(heads: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> list[str]:
    """A table of the first rows, and how many more there are."""
    parts = [table(heads, rows[:most], CELL)] if rows and most else []
    return parts + _more(len(rows), most)


def _more(count: int, most: int) -> list[str]:
    return [f"… and {count - most} more"] if count > most else []
