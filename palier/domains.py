"""Domains: what a name of the public internet looks like, for all that take one from a user.

Lower case and without a dot at the end: one spelling of a domain, so that it can be compared. A
name in another alphabet is spelled as it travels (`xn--bcher-kva.example`).
"""

from __future__ import annotations

import re
from typing import Final

LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""Part between dots, at most 63 characters (RFC 1035)."""
TOP: Final = r"(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])"
"""Last part: letters alone, or another alphabet's. So an address in numbers is no domain."""
LONGEST: Final = 253
DOMAIN: Final = re.compile(rf"(?=.{{1,{LONGEST}}}\Z)(?:{LABEL}\.)+{TOP}")
"""A registered domain or a name below one, to be matched in full."""
