"""The `gcp` package: the rules of the real provider, told from its schema, before the cloud.

Check, Diff and what a preview may know are `palier/provider/`; what only a service refuses is the
cloud's. Nothing here is about one type.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from typing import Final

from palier.facts import Value
from palier.provider import answers, schema
from palier.provider.coercions import CallFailsError
from palier.provider.diff import Diff, diff, refusals
from palier.provider.filled import filled
from palier.simcloud.cloud import Cloud, ServiceError
from palier.simcloud.packages import Call, Checked, Made, Values
from palier.simcloud.trees import differences
from palier.simcloud.veil import unveil, veil

PACKAGE: Final = "gcp"
NO_PROJECT: Final = "no project"


class Gcp:
    """The package, for one configured provider."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.config: Mapping[str, Value] = {}
