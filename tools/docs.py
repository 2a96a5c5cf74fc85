"""Write the generated parts of README.md and docs/: what stands between their markers.

A part begins at `<!-- generated: NAME -->` and ends at `<!-- end -->`; `PARTS` says which function
writes which name. Run with `make docs` after a change of code, sizes, prices or limits;
`python -m tools.docs --check` writes nothing, names the stale files and leaves with 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from palier import plan
from palier.errors import PalierError, one_of
from palier.plan import Changes, Plan
from palier.project import find
from tools.pages import (
    ROOT,
    Fields,
    Part,
    PlanOf,
    comments,
    components,
    configuration,
    differences,
    estimate,
    hardening,
    limits,
    operations,
    phases,
    rules,
)

MARKED: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

PARTS: Final[dict[str, Part]] = {
    "alerts": limits.alerts,
    "apis": operations.apis,
    "audit-alerts": limits.audit_alerts,
    "bills": phases.bills,
    "break-evens": phases.break_evens,
    "comment": comments.comment,
    "components": components.components,
    "config-keys": configuration.keys,
    "differences": differences.differences,
    "excerpt": phases.excerpt,
    "free-types": estimate.free_types,
    "hardening-gcp": hardening.gcp,
    "hardening-gke": hardening.gke,
    "hardening-google": hardening.google,
    "limits": limits.limits,
    "load": configuration.load,
    "phases": phases.summary,
    "price-book": estimate.price_book,
    "priced-types": estimate.priced_types,
    "protected": operations.protected,
    "reference": phases.reference_points,
    "refusal": phases.refusal,
    "rules": rules.rules,
    "sizes": configuration.sizes,
    "worked-line": estimate.worked_line,
    "workloads": configuration.workloads,
}


@cache
def planned(phase: str, fields: Fields = ()) -> Plan:
    """The plan of a ready-made stack, at its phase's cap."""
    return plan.make(find(ROOT), phase, Changes(fields=dict(fields)))


def pages() -> list[Path]:
    """Every page that has generated parts."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if MARKED.search(page.read_text(encoding="utf-8"))]


def written(page: Path, plan_of: PlanOf) -> str:
    """A page's text, with its parts written anew.

    Raises:
        PalierError: the page asks for a part that nobody writes.
    """

    def part(match: re.Match[str]) -> str:
        before, name, after = match.groups()
        if name not in PARTS:
            raise PalierError(f"{page}: unknown part {name!r}, allowed are {one_of(sorted(PARTS))}")
        return f"{before}\n{PARTS[name](plan_of).strip()}\n\n{after}"

    return MARKED.sub(part, page.read_text(encoding="utf-8"))


def main(arguments: Sequence[str]) -> int:
    """Write all pages, or with `--check` say which are stale."""
    check = list(arguments) == ["--check"]
    if arguments and not check:
        sys.stderr.write("usage: python -m tools.docs [--check]\n")
        return 2
    stale = []
    for page in pages():
        text = written(page, planned)
        if text != page.read_text(encoding="utf-8"):
            stale.append(page)
            if not check:
                page.write_text(text, encoding="utf-8")
    for page in stale:
        said = "is stale: run make docs" if check else "written"
        sys.stdout.write(f"{page.relative_to(ROOT)} {said}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
