"""What a service picks by itself: numbers, addresses, times, certificates.

Made from the type and the name of the resource, so that the same program gets the same answers.
None of it is real: public addresses are of ranges kept for documentation, and certificates and
keys are texts of their shape.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from typing import Final
from uuid import UUID

_PUBLIC: Final = tuple(
    str(address)
    for network in ("203.0.113.0/24", "198.51.100.0/24")
    for address in ip_network(network).hosts()
)
_PRIVATE_BITS: Final = 24
_LINE: Final = 64


@dataclass(frozen=True)
class Pick:
    """What a service picks for one resource; each `key` gets values of its own."""

    type: str
    name: str
    time: str = "2026-01-01T00:00:00Z"
    """When the resource is made."""
    later: str = "2036-01-01T00:00:00Z"
    """When its certificates end."""

    @property
    def epoch(self) -> int:
        """When the resource is made, in milliseconds, where a service tells it so."""
        return int(datetime.fromisoformat(self.time).timestamp() * 1000)

    def _digest(self, key: str) -> bytes:
        return hashlib.sha256("\n".join((self.type, self.name, key)).encode()).digest()

    def number(self, key: str) -> int:
        """A number of 15 digits, the most that the engine's wire carries without loss."""
        return 10**14 + int.from_bytes(self._digest(key)[:7]) % (9 * 10**14)

    def hexadecimal(self, key: str, digits: int = 40) -> str:
        """A text of hexadecimal digits, at most 64."""
        return self._digest(key).hex()[:digits]

    def uuid(self, key: str) -> str:
        """A random-looking identifier."""
        return str(UUID(bytes=self._digest(key)[:16], version=4))

    def fingerprint(self, key: str) -> str:
        """A short text in base 64."""
        return base64.b64encode(self._digest(key)[:8]).decode()

    def private(self, key: str = "private") -> str:
        """An address within 10.0.0.0/8, neither its first nor its last."""
        host = int.from_bytes(self._digest(key)[:4]) % (2**_PRIVATE_BITS - 2) + 1
        return str(ip_network("10.0.0.0/8")[host])

    def public(self, key: str = "public") -> str:
        """An address of a range that is never used."""
        return _PUBLIC[int.from_bytes(self._digest(key)[:4]) % len(_PUBLIC)]

    def one_of(self, choices: Sequence[str], key: str) -> str:
        """One of several."""
        return choices[self._digest(key)[0] % len(choices)]

    def pem(self, what: str, key: str) -> str:
        """A text in the shape of a certificate or a key."""
        content = base64.b64encode(self._digest(key) * 6).decode()
        lines = [content[at : at + _LINE] for at in range(0, len(content), _LINE)]
        return "\n".join([f"-----BEGIN {what}-----", *lines, f"-----END {what}-----", ""])

    def encoded_certificate(self, key: str) -> str:
        """A certificate in base 64, as clusters tell theirs."""
        return base64.b64encode(self.pem("CERTIFICATE", key).encode()).decode()
