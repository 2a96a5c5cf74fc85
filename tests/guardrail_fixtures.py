"""Fixtures of all guardrails."""

from __future__ import annotations

from typing import Final

import guardrail_cluster_fixtures
import guardrail_data_fixtures
import guardrail_database_fixtures
import guardrail_edge_fixtures
import guardrail_identity_fixtures
import guardrail_network_fixtures
import guardrail_node_fixtures
import guardrail_object_fixtures

from palier.testing.fixtures import Fixture

FIXTURES: Final[tuple[Fixture, ...]] = (
    *guardrail_cluster_fixtures.FIXTURES,
    *guardrail_node_fixtures.FIXTURES,
    *guardrail_network_fixtures.FIXTURES,
    *guardrail_edge_fixtures.FIXTURES,
    *guardrail_identity_fixtures.FIXTURES,
    *guardrail_data_fixtures.FIXTURES,
    *guardrail_database_fixtures.FIXTURES,
    *guardrail_object_fixtures.FIXTURES,
)
