"""PostgreSQL on Cloud SQL: one primary a shard, its replicas, its users; private and TLS only.

Owns the data. Shards and replicas have stable keys, so adding or removing one never touches
another. Replicas carry no data of their own: only primaries are protected (docs/adr/0007).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import pulumi
import pulumi_gcp as gcp
import pulumi_random as random

from components.base import Component
from components.naming import physical
from palier.data_sizes import PostgresSize, ShardSize
from palier.errors import PalierError
from palier.sites import Site

VERSION = "POSTGRES_17"
DATABASE = "app"
USER = "app"
PASSWORD_LENGTH = 40
BACKUP_START = "01:00"
FINAL_BACKUP_DAYS = 30

FLAGS = {
    "cloudsql.iam_authentication": "on",
    "cloudsql.enable_pgaudit": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_error_verbosity": "default",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "error",
    "log_min_messages": "warning",
    "log_statement": "ddl",
    "pgaudit.log": "ddl,role",
}
"""Database flags of the CIS benchmark (6.2.1 to 6.2.8, 6.6); see docs/hardening.md."""


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """What the databases need to know."""

    size: PostgresSize
    """Shards by name."""
    regions: Mapping[Site, str]
    """Region of each site's primaries and replicas."""
    recovery_regions: Mapping[Site, str]
    """Region of each site's disaster-recovery replicas: the same continent."""
    network: pulumi.Input[str]
    """Id of the VPC."""
    private_services: pulumi.Resource
    """The private services access that instances wait for."""
    keys: Mapping[str, pulumi.Input[str]]
    """Encryption key of each region used: decided at creation, for adding one later replaces."""
    iam_users: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Service accounts that log in without a password, by a stable key."""


@final
@dataclass(frozen=True)
class PostgresResources:
    """What the component creates, by shard; replicas by shard and key."""

    primaries: dict[str, gcp.sql.DatabaseInstance]
    replicas: dict[tuple[str, str], gcp.sql.DatabaseInstance]
    passwords: dict[str, random.RandomPassword]


class Postgres(Component):
    """Primaries, read replicas, read pools and disaster-recovery replicas of all shards.

    Example:
        Postgres("postgres", PostgresArgs(
            size=PostgresSize(shards={"eu-1": ShardSize(site="eu", edition="ENTERPRISE",
                tier="db-g1-small", ha=False, disk_gib=10, backups=7)}),
            regions={"eu": "europe-west1"}, recovery_regions={"eu": "europe-west4"},
            network=network.id, private_services=network.resources.private_services,
            keys={"europe-west1": key_id}))
    """

    TOKEN = "palier:postgres:Postgres"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self.args = args
        for shard_name, shard in args.size.shards.items():
            for region in _regions_of(shard, args):
                if region not in args.keys:
                    raise PalierError(f"postgres: {shard_name} is in {region}, which has no key")
        super().__init__(name, {"size": args.size}, opts)
        primaries: dict[str, gcp.sql.DatabaseInstance] = {}
        replicas: dict[tuple[str, str], gcp.sql.DatabaseInstance] = {}
        passwords: dict[str, random.RandomPassword] = {}
        for shard_name, shard in args.size.shards.items():
            primary = self._primary(shard_name, shard)
            primaries[shard_name] = primary
            replicas |= self._copies(shard_name, shard, primary)
            passwords[shard_name] = self._access(shard_name, primary)
        self.resources = PostgresResources(
            primaries=primaries, replicas=replicas, passwords=passwords
        )
        self.finish({"instances": {key: item.name for key, item in primaries.items()}})

    def _primary(self, shard_name: str, shard: ShardSize) -> gcp.sql.DatabaseInstance:
        region = self.args.regions[shard.site]
        return gcp.sql.DatabaseInstance(
            f"{self.name}-{shard_name}",
            name=physical(self.name, shard_name),
            region=region,
            database_version=VERSION,
            encryption_key_name=self.args.keys[region],
            deletion_protection=True,
            deletion_policy="PREVENT",
            final_backup_description="Taken when the instance was deleted",
            settings=self._settings(
                shard,
                tier=shard.tier,
                availability="REGIONAL" if shard.ha else "ZONAL",
                backup_configuration=_backups(shard),
                final_backup_config=gcp.sql.DatabaseInstanceSettingsFinalBackupConfigArgs(
                    enabled=True, retention_days=FINAL_BACKUP_DAYS
                ),
                retain_backups_on_delete=True,
                deletion_protection_enabled=True,
            ),
            opts=self.stateful(depends_on=[self.args.private_services]),
        )

    def _settings(
        self,
        shard: ShardSize,
        *,
        tier: str,
        availability: str,
        **more: Any,  # noqa: ANN401
    ) -> gcp.sql.DatabaseInstanceSettingsArgs:
        """What primaries and copies have in common. Every default that costs is spelt out."""
        return gcp.sql.DatabaseInstanceSettingsArgs(
            tier=tier,
            edition=shard.edition,
            availability_type=availability,
            activation_policy="ALWAYS",
            disk_type="PD_SSD",
            disk_size=shard.disk_gib,
            disk_autoresize=True,
            disk_autoresize_limit=shard.disk_limit_gib,
            pricing_plan="PER_USE",
            connector_enforcement="NOT_REQUIRED",
            ip_configuration=gcp.sql.DatabaseInstanceSettingsIpConfigurationArgs(
                ipv4_enabled=False,
                private_network=self.args.network,
                ssl_mode="ENCRYPTED_ONLY",
                enable_private_path_for_google_cloud_services=True,
            ),
            database_flags=[
                gcp.sql.DatabaseInstanceSettingsDatabaseFlagArgs(name=flag, value=value)
                for flag, value in FLAGS.items()
            ],
            insights_config=gcp.sql.DatabaseInstanceSettingsInsightsConfigArgs(
                query_insights_enabled=True,
                record_application_tags=True,
                record_client_address=False,
            ),
            maintenance_window=gcp.sql.DatabaseInstanceSettingsMaintenanceWindowArgs(
                day=2, hour=3, update_track="stable"
            ),
            connection_pool_configs=(
                [
                    gcp.sql.DatabaseInstanceSettingsConnectionPoolConfigArgs(
                        connection_pooling_enabled=True
                    )
                ]
                if shard.managed_pooling
                else None
            ),
            **more,
        )

    def _copies(
        self, shard_name: str, shard: ShardSize, primary: gcp.sql.DatabaseInstance
    ) -> dict[tuple[str, str], gcp.sql.DatabaseInstance]:
        here = self.args.regions[shard.site]
        away = self.args.recovery_regions[shard.site]
        copies = {key: self._copy(shard_name, shard, primary, key, here) for key in shard.replicas}
        if shard.read_pool_nodes:
            copies["pool"] = self._copy(shard_name, shard, primary, "pool", here, pool=True)
        if shard.disaster_recovery:
            copies["dr"] = self._copy(shard_name, shard, primary, "dr", away)
        return {(shard_name, key): copy for key, copy in copies.items()}

    def _copy(
        self,
        shard_name: str,
        shard: ShardSize,
        primary: gcp.sql.DatabaseInstance,
        key: str,
        region: str,
        *,
        pool: bool = False,
    ) -> gcp.sql.DatabaseInstance:
        """A replica or a read pool. It waits for its primary and has the replicas' own tier."""
        pool_settings: dict[str, Any] = {}
        if pool:
            pool_settings["read_pool_auto_scale_config"] = (
                gcp.sql.DatabaseInstanceSettingsReadPoolAutoScaleConfigArgs(
                    enabled=True,
                    min_node_count=shard.read_pool_nodes,
                    max_node_count=shard.read_pool_max_nodes,
                )
            )
        return gcp.sql.DatabaseInstance(
            f"{self.name}-{shard_name}-{key}",
            name=physical(self.name, shard_name, key),
            region=region,
            database_version=VERSION,
            master_instance_name=primary.name,
            instance_type="READ_POOL_INSTANCE" if pool else "READ_REPLICA_INSTANCE",
            node_count=shard.read_pool_nodes if pool else None,
            encryption_key_name=self.args.keys[region],
            deletion_protection=shard.copies_protected,
            settings=self._settings(
                shard, tier=shard.replica_tier, availability="ZONAL", **pool_settings
            ),
            opts=self.child(),
        )

    def _access(self, shard_name: str, primary: gcp.sql.DatabaseInstance) -> random.RandomPassword:
        """The application's database and its users: the pooler's password, and IAM for the rest.

        Databases and users are left where they are when the stack goes: they live and die with
        their instance.
        """
        gcp.sql.Database(
            f"{self.name}-{shard_name}-{DATABASE}",
            name=DATABASE,
            instance=primary.name,
            charset="UTF8",
            deletion_policy="ABANDON",
            opts=self.stateful(),
        )
        password = random.RandomPassword(
            f"{self.name}-{shard_name}-password",
            length=PASSWORD_LENGTH,
            special=False,
            opts=self.child(additional_secret_outputs=["result"]),
        )
        gcp.sql.User(
            f"{self.name}-{shard_name}-{USER}",
            name=USER,
            instance=primary.name,
            password=password.result,
            deletion_policy="ABANDON",
            opts=self.child(),
        )
        for key, account in self.args.iam_users.items():
            gcp.sql.User(
                f"{self.name}-{shard_name}-iam-{key}",
                name=pulumi.Output.from_input(account).apply(database_user),
                instance=primary.name,
                type="CLOUD_IAM_SERVICE_ACCOUNT",
                deletion_policy="ABANDON",
                opts=self.child(),
            )
        return password


def database_user(email: str) -> str:
    """Name of a service account inside PostgreSQL: its e-mail without the last part."""
    return email.removesuffix(".gserviceaccount.com")


def _regions_of(shard: ShardSize, args: PostgresArgs) -> list[str]:
    maps = [args.regions, args.recovery_regions] if shard.disaster_recovery else [args.regions]
    if any(shard.site not in regions for regions in maps):
        raise PalierError(f"postgres: no region is given for site {shard.site}")
    return [regions[shard.site] for regions in maps]


def _backups(shard: ShardSize) -> gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs:
    return gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs(
        enabled=True,
        start_time=BACKUP_START,
        point_in_time_recovery_enabled=True,
        transaction_log_retention_days=shard.log_retention_days,
        backup_retention_settings=(
            gcp.sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
                retained_backups=shard.backups, retention_unit="COUNT"
            )
        ),
    )
