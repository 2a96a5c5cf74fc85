"""The workflow of a release is true to its own rules, and each rule finds what breaks it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
import release_rules as rules
from release_rules import NAME, RULES
from workflow_files import shipped
from workflow_rules import Rule

BROKEN: Sequence[tuple[Rule, str, str]] = (
    (rules.a_release_starts_no_release, "- gitops/reference-app/**", "- gitops/**"),
    (rules.a_release_starts_no_release, "    paths:\n      - gitops/reference-app/**\n", ""),
    (rules.releases_come_one_by_one, "cancel-in-progress: false", "cancel-in-progress: true"),
    (rules.releases_come_one_by_one, "group: release", "group: release-${{ github.sha }}"),
    (rules.releases_are_of_main, "github.ref == 'refs/heads/main' && ", ""),
    (rules.releases_are_of_main, "'refs/heads/main' &&", "'refs/heads/main' ||"),
    (rules.releases_are_of_main, "    needs: lint\n", ""),
    (rules.releases_are_of_main, "    needs: push\n", "    needs: push\n    if: always()\n"),
    (rules.what_builds_has_no_rights, "    needs: lint\n",
     "    needs: lint\n    environment: production\n"),
    (rules.what_builds_has_no_rights, "          SCANNER:",
     "          GH_TOKEN: ${{ github.token }}\n          SCANNER:"),
    (rules.what_has_rights_builds_nothing, "        shell: bash\n        run: |\n",
     "        shell: bash\n        run: |\n          docker build gitops/reference-app\n"),
    (rules.what_has_rights_builds_nothing, "run: python3 -m tools.release images",
     "run: python3 gitops/reference-app/src/x.py; python3 -m tools.release images"),
    (rules.what_has_rights_builds_nothing, "          python3 -m tools.release record",
     "          python3 -m http.server\n          python3 -m tools.release record"),
    (rules.tokens_reach_no_python, "          DIGEST: ${{ needs.push.outputs.digest }}\n",
     "          DIGEST: ${{ needs.push.outputs.digest }}\n          T: ${{ github.token }}\n"),
    (rules.people_merge_releases, '"HEAD:refs/heads/$branch"', "HEAD:refs/heads/main"),
    (rules.people_merge_releases, "push --quiet origin", "push --quiet --force origin"),
    (rules.people_merge_releases, "release/$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT", "main"),
    (rules.people_merge_releases, "-- gitops/image/kustomization.yaml", "--all"),
    (rules.what_is_pushed_is_what_was_built,
     "@sha256:28a898719c18a33f4e8000685287fa36fd0dd9560c6440227d3a732d79bb41d8", ""),
    (rules.what_is_pushed_is_what_was_built, ' --driver-opt "image=$BUILDER"', ""),
    (rules.what_is_pushed_is_what_was_built, "--all --preserve-digests", "--all"),
    (rules.migrations_are_linted_first, "gitops/reference-app/migrations/*.sql",
     "gitops/reference-app/migrations/0001_*.sql"),
    (rules.migrations_are_linted_first, "          .venv/bin/squawk",
     "          true || .venv/bin/squawk"),
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_release_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(shipped())) == []


@pytest.mark.parametrize(
    ("rule", "old", "new"), BROKEN,
    ids=[f"{rule.__name__}-{number}" for number, (rule, *_) in enumerate(BROKEN)],
)  # fmt: skip
def test_a_broken_release_is_found_by_its_rule(rule: Rule, old: str, new: str) -> None:
    files = shipped()
    assert old in files[NAME].text, f"{NAME} has no {old!r}"
    files[NAME] = dataclasses.replace(files[NAME], text=files[NAME].text.replace(old, new))
    assert list(rule(files))


def test_every_rule_of_a_release_is_shown_something_broken() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)
