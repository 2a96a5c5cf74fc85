"""What Argo CD is told: who may do what, when something is healthy, what it leaves alone.

Pure data: values of the chart beside those of `argocd_values`. No secret is among them: the ones
that Argo CD reads are named, and made by the team.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from components.argocd_health import APPLICATION, APPLICATION_SET
from palier.sizes import ArgocdSize

SSO_SECRET: Final = "argocd-sso"  # noqa: S105 a name
"""Made by the team: `clientID` and `clientSecret` of Google's console, and the label
`app.kubernetes.io/part-of: argocd`, without which Argo CD does not read it."""
SYNC_TIMEOUT_S: Final = 1800
"""A sync waits for health, and blocks the commit that would mend it: after this it gives up."""
WAVE_DELAY_S: Final = 10
"""An ApplicationSet does not say which of its generations its status is of. So long a wave waits
for it to have told its Applications, and for them to have compared."""

EXCLUDED: Final[dict[str, tuple[str, ...]]] = {
    "": ("Endpoints",),
    "discovery.k8s.io": ("EndpointSlice",),
    "coordination.k8s.io": ("Lease",),
    "authentication.k8s.io": ("SelfSubjectReview", "TokenReview"),
    "authorization.k8s.io": (
        "LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview",
        "SubjectAccessReview",
    ),
    "certificates.k8s.io": ("CertificateSigningRequest",),
    "cilium.io": ("CiliumIdentity", "CiliumEndpoint", "CiliumEndpointSlice"),
    "networking.gke.io": ("ServiceNetworkEndpointGroup",),
}  # fmt: skip
"""What the cluster writes by itself, often, and nobody declares: never watched, never pruned."""

EVENTS: Final = {
    "sync-failed": (
        "app.status?.operationState.phase in ['Error', 'Failed']",
        "{{.app.metadata.name}}: the sync failed. {{.app.status.operationState.message}}",
    ),
    "health-degraded": (
        "app.status?.health.status == 'Degraded'",
        "{{.app.metadata.name}} is degraded at {{.app.status.sync.revision}}.",
    ),
}
"""What is told: when, and in which words."""


def config_values(
    size: ArgocdSize, domain: str, slack_channel: str | None = None
) -> dict[str, Any]:
    """Values of the chart that configure Argo CD.

    Args:
        size: its mode.
        domain: of the platform; the server is argocd.DOMAIN, the groups are of DOMAIN.
        slack_channel: channel of alerts, e.g. `#alerts`; none: nobody is told.
    """
    values: dict[str, Any] = {
        "global": {"domain": f"argocd.{domain}"},
        "configs": {
            "cm": _settings(size, domain),
            "rbac": {
                "create": True,
                "policy.default": "",
                "policy.csv": _policy(domain),
                "scopes": "[email, groups]",
            },
            "params": _params(size),
        },
    }
    if size.mode == "ha" and slack_channel:
        values["notifications"] = _notifications(slack_channel)
    return values


def _settings(size: ArgocdSize, domain: str) -> dict[str, Any]:
    """Of the ConfigMap argocd-cm. The chart's templates ask some of them for their truth."""
    settings: dict[str, Any] = {
        "admin.enabled": False,
        "exec.enabled": False,
        "users.anonymous.enabled": False,
        "application.resourceTrackingMethod": "annotation",
        "timeout.reconciliation": "180s",
        "resource.customizations.health.argoproj.io_Application": APPLICATION,
        "resource.customizations.health.argoproj.io_ApplicationSet": APPLICATION_SET,
        "resource.exclusions": _text(
            [
                {"apiGroups": [group], "kinds": list(kinds), "clusters": ["*"]}
                for group, kinds in EXCLUDED.items()
            ]
        ),
    }
    if size.mode != "core":
        settings["url"] = f"https://argocd.{domain}"
        settings["oidc.config"] = _text(
            {
                "name": "Google",
                "issuer": "https://accounts.google.com",
                "clientID": f"${SSO_SECRET}:clientID",
                "clientSecret": f"${SSO_SECRET}:clientSecret",
                "requestedScopes": ["openid", "profile", "email"],
            }
        )
    return settings


def _policy(domain: str) -> str:
    """Two roles, and nobody else may anything.

    The platform's team may do all but take the root away or what it has made; nobody gets a shell.
    """
    rules = [
        "p, role:platform, applications, *, */*, allow",
        "p, role:platform, applications, delete*, palier/root, deny",
        "p, role:platform, applicationsets, get, */*, allow",
        "p, role:platform, clusters, get, *, allow",
        "p, role:platform, logs, get, */*, allow",
        "p, role:platform, projects, get, *, allow",
        "p, role:platform, repositories, get, *, allow",
        "p, role:developer, applications, get, */*, allow",
        "p, role:developer, applications, sync, apps/*, allow",
        "p, role:developer, applications, action/apps/Deployment/restart, apps/*, allow",
        "p, role:developer, applicationsets, get, */*, allow",
        "p, role:developer, clusters, get, *, allow",
        "p, role:developer, logs, get, apps/*, allow",
        "p, role:developer, projects, get, *, allow",
        "p, role:developer, repositories, get, *, allow",
        f"g, platform@{domain}, role:platform",
        f"g, developers@{domain}, role:developer",
    ]
    return "".join(f"{rule}\n" for rule in rules)


def _params(size: ArgocdSize) -> dict[str, Any]:
    """Of the ConfigMap argocd-cmd-params-cm: no more at once than the pods have memory for."""
    large = size.mode == "ha"
    params: dict[str, Any] = {
        "server.insecure": False,
        "server.sync.replace.allowed": "false",
        # The API server says what it would change: what it fills in by itself is no difference.
        "controller.diff.server.side": "true",
        "controller.status.processors": "20" if large else "10",
        "controller.operation.processors": "10" if large else "5",
        "controller.kubectl.parallelism.limit": "20" if large else "5",
        "controller.sync.timeout.seconds": str(SYNC_TIMEOUT_S),
        "reposerver.parallelism.limit": "4" if large else "2",
        "reposerver.enable.git.submodule": "false",
    }
    if size.application_sets:
        params |= {
            "controller.sync.wave.delay.seconds": str(WAVE_DELAY_S),
            "applicationsetcontroller.policy": "sync",
            # Without it a set's status keeps what its Applications were when they were made. No
            # set here has a strategy, so nothing else follows from it.
            "applicationsetcontroller.enable.progressive.syncs": "true",
            "applicationsetcontroller.enable.scm.providers": "false",
        }
    return params


def _notifications(channel: str) -> dict[str, Any]:
    """Slack, by the key `slack-token` that the team puts into argocd-notifications-secret."""
    return {
        "notifiers": {"service.slack": "token: $slack-token\n"},
        "templates": {
            f"template.{name}": _text({"message": words}) for name, (_, words) in EVENTS.items()
        },
        "triggers": {
            f"trigger.{name}": _text([{"when": when, "send": [name]}])
            for name, (when, _) in EVENTS.items()
        },
        "subscriptions": [
            {"recipients": [f"slack:{channel.removeprefix('#')}"], "triggers": list(EVENTS)}
        ],
    }


def _text(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False, width=1000)
