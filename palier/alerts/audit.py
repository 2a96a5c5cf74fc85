"""Log-based metrics of the audit trail: the changes that CIS wants somebody to be told about.

Owns the eight filters of CIS Google Cloud Foundation 2.5 to 2.12 as data. They are the benchmark's
own words, so that a scanner recognises them. `components.audit` makes metrics and alerts of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class AuditMetric:
    """A log-based metric of the CIS benchmark: a kind of change that is never routine."""

    key: str
    title: str
    control: str
    """Number in CIS Google Cloud Foundation 5.0.0."""
    filter: str
    """The benchmark's own filter, word for word: scanners look for it."""
    resource: str
    """Resource type its time series carry; log types Monitoring does not know become `global`."""


_OWNER: Final = 'protoPayload.serviceData.policyDelta.bindingDeltas.role="roles/owner"'
_ACTION: Final = "protoPayload.serviceData.policyDelta.bindingDeltas.action"


def _methods(resource: str, kind: str, *names: str) -> str:
    calls = " OR ".join(f'protoPayload.methodName:"compute.{kind}.{name}"' for name in names)
    return f'resource.type="{resource}" AND ({calls})'


AUDIT_METRICS: Final[tuple[AuditMetric, ...]] = (
    AuditMetric(
        key="owner-changes",
        title="Project ownership changed",
        control="2.5",
        filter='(protoPayload.serviceName="cloudresourcemanager.googleapis.com")'
        " AND (ProjectOwnership OR projectOwnerInvitee)"
        f' OR ({_ACTION}="REMOVE" AND {_OWNER}) OR ({_ACTION}="ADD" AND {_OWNER})',
        resource="global",
    ),
    AuditMetric(
        key="audit-config-changes",
        title="Audit configuration changed",
        control="2.6",
        filter='protoPayload.methodName="SetIamPolicy"'
        " AND protoPayload.serviceData.policyDelta.auditConfigDeltas:*",
        resource="global",
    ),
    AuditMetric(
        key="custom-role-changes",
        title="Custom role changed",
        control="2.7",
        filter='resource.type="iam_role" AND ('
        + " OR ".join(
            f'protoPayload.methodName="google.iam.admin.v1.{name}Role"'
            for name in ("Create", "Delete", "Update")
        )
        + ")",
        resource="global",
    ),
    AuditMetric(
        key="firewall-changes",
        title="Firewall rule changed",
        control="2.8",
        filter=_methods("gce_firewall_rule", "firewalls", "patch", "insert", "delete"),
        resource="global",
    ),
    AuditMetric(
        key="route-changes",
        title="Network route changed",
        control="2.9",
        filter=_methods("gce_route", "routes", "delete", "insert"),
        resource="global",
    ),
    AuditMetric(
        key="network-changes",
        title="Network changed",
        control="2.10",
        filter=_methods(
            "gce_network", "networks", "insert", "patch", "delete", "removePeering", "addPeering"
        ),
        resource="gce_network",
    ),
    AuditMetric(
        key="bucket-iam-changes",
        title="Bucket permissions changed",
        control="2.11",
        filter='resource.type="gcs_bucket" AND protoPayload.methodName="storage.setIamPermissions"',
        resource="gcs_bucket",
    ),
    AuditMetric(
        key="sql-changes",
        title="SQL instance configuration changed",
        control="2.12",
        filter='protoPayload.methodName="cloudsql.instances.update"',
        resource="cloudsql_database",
    ),
)
"""The eight metric filters of CIS 2.5 to 2.12."""
