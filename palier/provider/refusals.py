"""What only the diff of the provider refuses: rules over several properties, a missing project.

The texts are those of `gcp-schema.json` (`refusedByDiff`, `needsFromProvider`), and so is the
order: the test at a place here is the `when` at the same place there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from palier.facts import UNKNOWN, Value, read
from palier.provider.filled import shaped
from palier.provider.formats import fill
from palier.provider.same import key_ring
from palier.provider.tree import messages, schema_of

Fields = Mapping[str, object]
"""What to put into the text."""


@dataclass(frozen=True)
class _Case:
    """What the program gives, and the state where there is one."""

    new: Mapping[str, Value]
    old: Mapping[str, Value]

    def get(self, path: str) -> Value:
        """A property given, else that of the state."""
        value = read(self.new, path)
        return read(self.old, path) if value is None else value

    def given(self, path: str) -> bool:
        """Whether the program gives a property, known or not; an empty one is not given."""
        return read(self.new, path) not in (None, "", [], {})


Test = Callable[[_Case], Fields | None]
"""What to put into the text when the case is refused, none when it is not."""


def refusals(
    type_: str,
    new_inputs: Mapping[str, Value],
    *,
    creating: bool,
    old_inputs: Mapping[str, Value] | None = None,
    provider_project: str | None,
    provider_region: str | None = None,
    provider_zone: str | None = None,
) -> list[str]:
    """Tell why the diff fails; nothing when it does not. The provider says `diffing URN:` before.

    Args:
        type_: type of the resource.
        new_inputs: what Check answers.
        creating: there is no such resource yet.
        old_inputs: the state of the one there is: its inputs, with what its outputs tell.
        provider_project: project of the provider's configuration.
        provider_region: its region.
        provider_zone: its zone.

    Raises:
        UnknownTypeError: the data do not have this type.
    """
    case = _Case(shaped(type_, new_inputs), old_inputs or {})
    told = {"project": provider_project, "region": provider_region, "zone": provider_zone}
    needed = schema_of(type_).get("needsFromProvider", ()) if creating else ()
    lacking = [key for key in needed if not case.given(key) and not told[key]]
    return [messages()["needsFromProvider"].replace("project", key) for key in lacking] + [
        _text(rule["says"], fields)
        for rule, test in zip(_rules(type_), TESTS.get(type_, ()), strict=True)
        if _applies(rule["when"], creating=creating) and (fields := test(case)) is not None
    ]


def _rules(type_: str) -> tuple[Mapping[str, str], ...]:
    return tuple(schema_of(type_).get("refusedByDiff", ()))


def _text(says: str, fields: Fields) -> str:
    """A text with its places filled; one about labels has the name of another as an example."""
    if "label" in fields:
        return says.replace("auth_token", str(fields["label"]))
    return fill(says, fields) if fields else says


def _applies(when: str, *, creating: bool) -> bool:
    return not when.startswith("update:" if creating else "create:")


def _plain(test: Callable[[_Case], bool]) -> Test:
    """A test whose text has no places."""
    return lambda case: {} if test(case) else None


def _two_tokens(case: _Case) -> bool:
    return case.given("httpTarget.oauthToken") and case.given("httpTarget.oidcToken")


def _no_source(case: _Case) -> bool:
    sources = ("sourceRanges", "sourceTags", "sourceServiceAccounts")
    inward = case.get("direction") not in ("EGRESS", UNKNOWN)
    return inward and not any(map(case.given, sources))


def _log_without_logging(case: _Case) -> bool:
    return case.new.get("logConfig") is not None and case.new.get("enableLogging") is False


def _port(specification: str) -> Test:
    return _plain(
        lambda case: (
            case.get("httpHealthCheck.portSpecification") == specification
            and case.get("httpHealthCheck.port") not in (None, 0)
        )
    )


def _port_name(specification: str, *, given: bool) -> Test:
    """A name of a port, given or not; a port beside it is told first."""

    def test(case: _Case) -> bool:
        check = case.get("httpHealthCheck")
        if not isinstance(check, Mapping) or check.get("portSpecification") != specification:
            return False
        return not check.get("port") and bool(check.get("portName")) is given

    return _plain(test)


def _advertises_by_default(case: _Case) -> bool:
    bgp = case.get("bgp")
    return isinstance(bgp, Mapping) and bgp.get("advertiseMode", "DEFAULT") == "DEFAULT"


def _groups(case: _Case) -> bool:
    return _advertises_by_default(case) and case.given("bgp.advertisedGroups")


def _ranges(case: _Case) -> bool:
    return (
        _advertises_by_default(case)
        and not case.given("bgp.advertisedGroups")
        and case.given("bgp.advertisedIpRanges")
    )


def _drained(case: _Case) -> list[str]:
    """Addresses newly drained; none when any of them is not known."""
    drained = case.new.get("drainNatIps") or []
    if drained is UNKNOWN or UNKNOWN in drained:
        return []
    return [ip for ip in drained if ip not in (case.old.get("drainNatIps") or [])]


def _drained_at_once(case: _Case) -> Fields | None:
    drained = _drained(case)
    return {"names": " ".join(drained)} if drained else None


def _drained_unused(case: _Case) -> Fields | None:
    used = case.old.get("natIps") or []
    found = next((ip for ip in _drained(case) if ip not in used), None)
    return {"name": found, "names": " ".join(used)} if found else None


def _drained_in_use(case: _Case) -> Fields | None:
    used = case.get("natIps") or []
    if used is UNKNOWN or _drained_unused(case):
        return None
    found = next((ip for ip in _drained(case) if ip in used), None)
    return {"name": found, "names": " ".join(used)} if found else None


def _ssl_features(*, custom: bool) -> Test:
    def test(case: _Case) -> Fields | None:
        profile = case.get("profile") or "COMPATIBLE"
        wrong = case.given("customFeatures") is not custom and (profile == "CUSTOM") is custom
        if profile is UNKNOWN or not wrong:
            return None
        return {"name": case.get("name") or "", "profile": profile}

    return test


def _repeated(path: str, key: str) -> Callable[[_Case], object]:
    """The first value of a key that two elements of a list share."""

    def find(case: _Case) -> object:
        items = case.get(path)
        if not isinstance(items, list) or UNKNOWN in items:
            return None
        counts = Counter(item.get(key) for item in items)
        return next((v for v, n in counts.items() if n > 1 and v not in (None, UNKNOWN)), None)

    return find


def _same_priority(case: _Case) -> bool:
    return _repeated("rules", "priority")(case) is not None


def _same_context(case: _Case) -> Fields | None:
    found = _repeated("contexts.customs", "key")(case)
    return None if found is None else {"key": found}


def _both(switch: str, other: str) -> Test:
    """A switch that is on, with a property that must not be given then."""
    return _plain(lambda case: case.get(switch) is True and case.given(other))


def _surge_without_surge(case: _Case) -> bool:
    upgrade = case.get("clusterAutoscaling.autoProvisioningDefaults.upgradeSettings")
    if not isinstance(upgrade, Mapping):
        return False
    other = upgrade.get("strategy") not in (None, "", "SURGE", UNKNOWN)
    return other and bool(upgrade.get("maxSurge") or upgrade.get("maxUnavailable"))


_SECRET_LABELS: Final = {
    "auth_token": "authToken",
    "password": "password",
    "service_key": "serviceKey",
}


def _label_twice(case: _Case) -> Fields | None:
    labels, secret = (case.get(key) or {} for key in ("labels", "sensitiveLabels"))
    if UNKNOWN in (labels, secret):
        return None
    for label, key in _SECRET_LABELS.items():
        if labels.get(label) and (secret.get(key) or secret.get(f"{key}Wo")):
            return {"label": label}
    return None


def _recovery_of_mysql(case: _Case) -> bool:
    version = case.get("databaseVersion")
    recovers = case.get("settings.backupConfiguration.pointInTimeRecoveryEnabled") is True
    known = isinstance(version, str)
    return recovers and known and not version.startswith(("POSTGRES", "SQLSERVER"))


def _directory_incomplete(case: _Case) -> bool:
    config: Any = case.get("settings.activeDirectoryConfig")
    if not isinstance(config, Mapping):
        return False
    needed = ("dnsServers", "adminCredentialSecretName", "organizationalUnit")
    own = config.get("mode") == "CUSTOMER_MANAGED_ACTIVE_DIRECTORY"
    return own and not all(config.get(key) for key in needed)


def _promoted(case: _Case) -> bool:
    types = case.old.get("instanceType"), case.new.get("instanceType")
    return types == ("READ_REPLICA_INSTANCE", "CLOUD_SQL_INSTANCE")


def _promoted_with_master(case: _Case) -> bool:
    return _promoted(case) and case.given("masterInstanceName")


def _promoted_as_replica(case: _Case) -> bool:
    has_replica = case.new.get("replicaConfiguration") is not None
    return _promoted(case) and not case.given("masterInstanceName") and has_replica


def _key_ring_unreadable(case: _Case) -> bool:
    ring = case.old.get("keyRing")
    return isinstance(ring, str) and key_ring(ring) is None


def _no_context(case: _Case) -> bool:
    return bool(read(case.new, "contexts.customs") == [])


_PORTS: Final = (
    _port("USE_NAMED_PORT"),
    _port_name("USE_NAMED_PORT", given=False),
    _port("USE_SERVING_PORT"),
    _port_name("USE_SERVING_PORT", given=True),
)
TESTS: Final[Mapping[str, tuple[Test, ...]]] = {
    "gcp:cloudscheduler/job:Job": (_plain(_two_tokens),),
    "gcp:compute/firewall:Firewall": (_plain(_no_source), _plain(_log_without_logging)),
    "gcp:compute/healthCheck:HealthCheck": _PORTS,
    "gcp:compute/regionHealthCheck:RegionHealthCheck": _PORTS,
    "gcp:compute/router:Router": (_plain(_groups), _plain(_ranges)),
    "gcp:compute/routerNat:RouterNat": (_drained_at_once, _drained_unused, _drained_in_use),
    "gcp:compute/sSLPolicy:SSLPolicy": (_ssl_features(custom=True), _ssl_features(custom=False)),
    "gcp:compute/securityPolicy:SecurityPolicy": (_plain(_same_priority),),
    "gcp:container/cluster:Cluster": (
        _both("removeDefaultNodePool", "nodeVersion"),
        _both("skipNodePoolRefresh", "nodePools"),
        _plain(_surge_without_surge),
    ),
    "gcp:kms/cryptoKey:CryptoKey": (_plain(_key_ring_unreadable),),
    "gcp:monitoring/notificationChannel:NotificationChannel": (_label_twice,),
    "gcp:sql/databaseInstance:DatabaseInstance": (
        _plain(_recovery_of_mysql),
        _plain(_directory_incomplete),
        _plain(_promoted_with_master),
        _plain(_promoted_as_replica),
    ),
    "gcp:storage/bucketObject:BucketObject": (_same_context, _plain(_no_context)),
}
"""By type, in the order of `refusedByDiff`."""
