"""Groups of tests: what shares a journey or a platform runs in one worker (`--dist loadgroup`).

xdist 3.8 tells its scheduler of a group by a test's id, which it changes to `test@group` in
`_nodeid`. Since 9.2 pytest has the id in `_id`, and nobody reads the other: all tests would be
spread, and each worker would make every journey anew.
"""

from __future__ import annotations

import pytest
from _pytest.nodeid import NodeId


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests the ids that xdist has meant for them."""
    for item in items:
        if meant := getattr(item, "_nodeid", None):
            item._id = NodeId.parse(meant)
