"""Grants: which roles a stack gives to whom, whatever the resource that gives them.

The provider has three types for each service that knows roles: a member, a binding, a policy. They
are told by the end of their names, so that a service that is new is covered, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from palier.facts import UNKNOWN, Fact, Facts, Value, read
from palier.project import SECRET
from palier.rules.judges import about
from palier.rules.requirements import (
    LONGEST,
    Answer,
    either,
    elements,
    negated,
    seen,
)
from palier.verdicts import Finding

GIVES: Final = re.compile(r"gcp:[\w.]+/\w+:\w*I[Aa][Mm](Member|Binding|Policy)", re.ASCII)
WHOLE_PROJECT: Final = re.compile(
    r"gcp:(projects|folder|organizations)/\w+:I[Aa][Mm](Member|Binding|Policy)", re.ASCII
)
CUSTOM_ROLES: Final = frozenset({
    "gcp:organizations/iAMCustomRole:IAMCustomRole",
    "gcp:projects/iAMCustomRole:IAMCustomRole",
})  # fmt: skip
IDENTITIES: Final = frozenset({
    "gcp:iam/workforcePool:WorkforcePool",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
    "gcp:logging/folderSink:FolderSink",
    "gcp:logging/organizationSink:OrganizationSink",
    "gcp:logging/projectSink:ProjectSink",
    "gcp:organizations/project:Project",
    "gcp:projects/serviceIdentity:ServiceIdentity",
    "gcp:serviceaccount/account:Account",
    "gcp:sql/databaseInstance:DatabaseInstance",
})  # fmt: skip
"""Types whose outputs name somebody."""
CUSTOM_ROLE: Final = "a custom role"
SOMEBODY: Final = "somebody in the stack"
"""What stands for a role, or a member, that is not known before a resource of the stack is made: a
role of one's own is no role of Google's, and an account is not everyone."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A role that is given to a member."""

    role: Value
    member: Value


UNREADABLE: Final = Grant(role=UNKNOWN, member=UNKNOWN)


def grants(facts: Facts, fact: Fact) -> Iterator[Grant]:
    """What a resource gives, or nothing if it is of another kind."""
    found = GIVES.fullmatch(fact.type)
    if found is None:
        return
    if found[1] == "Policy":
        yield from _of_policy(seen(fact, "policyData"))
        return
    role = _from(facts, fact, fact.read("role"), CUSTOM_ROLES, CUSTOM_ROLE)
    for member in elements(fact.read("member" if found[1] == "Member" else "members")):
        yield Grant(role=role, member=_from(facts, fact, member, IDENTITIES, SOMEBODY))


def _from(facts: Facts, fact: Fact, value: Value, types: frozenset[str], words: str) -> Value:
    """A value; words for one that is not known yet and comes from a resource of some types."""
    if value == SECRET:
        return UNKNOWN
    waits = (facts.by_urn.get(urn) for urn in fact.dependencies)
    made = any(one is not None and one.type in types for one in waits)
    return words if value is UNKNOWN and made else value


def _of_policy(text: Value) -> Iterator[Grant]:
    """What a whole policy gives, as JSON."""
    try:
        policy = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        policy = None
    bindings = read(policy, "bindings")
    if not isinstance(bindings, list):
        yield UNREADABLE
        return
    for binding in bindings:
        for member in elements(read(binding, "members")):
            yield Grant(role=read(binding, "role"), member=member)


Refused = Callable[[Facts, Fact, Grant], Answer]


@dataclass(frozen=True, kw_only=True)
class NotGiven:
    """A judge: nothing gives what is refused."""

    refused: Refused
    types: re.Pattern[str] = GIVES

    def __call__(self, facts: Facts) -> Iterator[Finding]:
        """One finding a resource that gives roles."""
        for fact in facts:
            if self.types.fullmatch(fact.type):
                yield self._finding(facts, fact)

    def _finding(self, facts: Facts, fact: Fact) -> Finding:
        answers = [(grant, self.refused(facts, fact, grant)) for grant in grants(facts, fact)]
        wrong = [grant for grant, answer in answers if answer is True]
        message = "; ".join(f"gives {_told(one.role)} to {_told(one.member)}" for one in wrong)
        answer = negated(either(answer for _, answer in answers))
        return about(fact, answer, message or "what it gives, or to whom, is not known yet")


def _told(value: Value) -> str:
    return "what is not known yet" if value is UNKNOWN else str(value)[:LONGEST]
