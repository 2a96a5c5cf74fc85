"""Reports of two pull requests, whole, in files that a reviewer can read beside the change.

One loses a database, one adds an address. Of SARIF only the rules that found something are kept.
Rewrite them with `python tests/palier/report/test_report_goldens.py`, and read the difference.
"""

from __future__ import annotations

import difflib
import json
import sys
import tempfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import Console

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1])]

import update_builders as updates  # noqa: E402

from palier import __version__  # noqa: E402
from palier.check import Check  # noqa: E402
from palier.report import checks, junit, pull_request, sarif  # noqa: E402

COMMAND: Final = "python tests/palier/report/test_report_goldens.py"
GOLDEN: Final = HERE / "golden"
PULL_REQUESTS: Final = {"failing": updates.failing, "clean": updates.clean}


def _table(made: Check) -> str:
    text = StringIO()
    checks.table([made], Console(file=text, width=checks.WIDTH))
    return "\n".join(row.rstrip() for row in text.getvalue().splitlines()) + "\n"


def _markdown(made: Check) -> str:
    return pull_request.render([made], updates.around().gate.entries)


def _sarif(made: Check) -> str:
    """Without the version, and the rules that found nothing: they change with the catalogue."""
    document = json.loads(sarif.render([made], updates.around()))
    for run in document["runs"]:
        found = {result["ruleId"] for result in run["results"]}
        driver = run["tool"]["driver"]
        assert (driver.pop("version"), driver.pop("semanticVersion")) == (__version__, __version__)
        driver["rules"] = [rule for rule in driver["rules"] if rule["id"] in found]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _junit(made: Check) -> str:
    return junit.render([made])


REPORTS: Final[dict[str, Callable[[Check], str]]] = {
    "md": _markdown, "sarif": _sarif, "xml": _junit, "txt": _table,
}  # fmt: skip


def text(name: str, kind: str, folder: Path) -> str:
    """A report as it should be."""
    made = updates.checked(folder, PULL_REQUESTS[name](), updates.waiver())
    with updates.own_rules():
        return REPORTS[kind](made)


def file_of(name: str, kind: str) -> Path:
    """Where a report is kept."""
    return GOLDEN / f"{name}.{kind}"


def test_every_report_is_kept_and_nothing_else_is() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {
        file_of(name, kind).name for name in PULL_REQUESTS for kind in REPORTS
    }


@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize("name", PULL_REQUESTS)
def test_a_pull_request_is_reported_as_it_was(name: str, kind: str, tmp_path: Path) -> None:
    kept = file_of(name, kind).read_text(encoding="utf-8").splitlines()
    now = text(name, kind, tmp_path).splitlines()
    difference = "\n".join(difflib.unified_diff(kept, now, "kept", "now", lineterm="", n=1))
    assert not difference, f"{difference}\nIf this is meant: {COMMAND}"


def test_the_two_pull_requests_differ_where_a_reviewer_looks(tmp_path: Path) -> None:
    def told(name: str) -> Any:
        document = json.loads(checks.json_text([updates.checked(tmp_path, PULL_REQUESTS[name]())]))
        return document["checks"][0]["update"]["safety"], document["status"]

    assert (told("failing"), told("clean")) == (("at risk", "fail"), ("untouched", "pass"))


def write() -> None:
    """Rewrite every report."""
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in PULL_REQUESTS:
            for kind in REPORTS:
                written = text(name, kind, Path(folder))
                file_of(name, kind).write_text(written, encoding="utf-8")


if __name__ == "__main__":
    write()
