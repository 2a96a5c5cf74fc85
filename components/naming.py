"""Physical names: derived from logical ones, within GCP's limits, never random, never a phase."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from palier.errors import PalierError

HASH_DIGITS: Final = 7
GCP_LIMIT: Final = 63
"""Longest name of most GCP resources (RFC 1035 label)."""
ACCOUNT_LIMIT: Final = 30
"""Longest account id of a service account."""
CLUSTER_LIMIT: Final = 40


def physical(*parts: str, limit: int = GCP_LIMIT) -> str:
    """Join parts into a name of at most `limit` characters.

    What is too long is clipped and ends in a hash of the whole, so that two long names that begin
    alike stay apart, and a name never changes between runs.

    Raises:
        PalierError: the parts do not make a name GCP accepts.
    """
    whole = "-".join(part for part in parts if part)
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", whole):
        raise PalierError(
            f"name {whole!r}: expected lower-case letters, digits and hyphens, a letter first"
        )
    if len(whole) <= limit:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:HASH_DIGITS]
    return f"{whole[: limit - HASH_DIGITS - 1].rstrip('-')}-{digest}"
