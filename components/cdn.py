"""The edge: one address, an HTTPS load balancer that outlives every cluster, CDN, Cloud Armor.

Pulumi owns the load balancer; the autoneg controller attaches the pods' endpoints to the backend
service from inside the cluster. So the default route is the static bucket (the load balancer is
valid before any pod exists) and the program ignores the backends that others attach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import pulumi
import pulumi_gcp as gcp

from components.armor import armor_rules
from components.base import Component
from components.naming import physical
from palier.sizes import CdnSize

STATIC_ROLE = "static-site"
"""Label of the one public bucket: a backend bucket does not read a private one."""
API_TIMEOUT_S: Final = 30
HEALTH_PATH: Final = "/healthz"
NOT_FOUND_TTL_S: Final = 60
STALE_S: Final = 86_400


@dataclass(frozen=True, kw_only=True)
class CdnArgs:
    """What the edge needs to know."""

    size: CdnSize
    """Times to live, Armor rules, log sampling."""
    project: str
    """Project that owns the load balancer; the bucket's name begins with it."""
    domain: str
    """Apex domain that users type."""
    zone: pulumi.Input[str]
    """Name of the managed DNS zone of that domain."""
    location: str
    """Location of the static bucket: `EU` or `US`. Changing it replaces the bucket."""


@final
@dataclass(frozen=True)
class CdnResources:
    """What the edge creates that others refer to."""

    address: gcp.compute.GlobalAddress
    bucket: gcp.storage.Bucket
    backend: gcp.compute.BackendService


class Cdn(Component):
    """Global external HTTPS load balancer with CDN, Armor, managed certificate, HTTP redirect.

    Example:
        Cdn("cdn", CdnArgs(size=CdnSize(armor_rules=2), project="acme", domain="example.com",
                           zone=dns.zone_name, location="EU"))
    """

    TOKEN = "palier:cdn:Cdn"  # noqa: S105 a type token

    def __init__(
        self, name: str, args: CdnArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, {"size": args.size, "domain": args.domain}, opts)
        self.args = args
        address = gcp.compute.GlobalAddress(
            f"{name}-address",
            name=physical(name, "address"),
            address_type="EXTERNAL",
            ip_version="IPV4",
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )
        bucket, static = self._static_site()
        backend = self._api()
        self._https(address, self._routes(static, backend))
        self._http_redirect(address)
        self._record("address", f"{args.domain}.", "A", address.address)
        self.resources = CdnResources(address=address, bucket=bucket, backend=backend)
        self.finish({"address": address.address, "backend_service": backend.name})

    def _static_site(self) -> tuple[gcp.storage.Bucket, gcp.compute.BackendBucket]:
        bucket = gcp.storage.Bucket(
            f"{self.name}-static",
            name=physical(self.args.project, self.name, "static"),
            location=self.args.location,
            uniform_bucket_level_access=True,
            public_access_prevention="inherited",
            force_destroy=False,
            versioning=gcp.storage.BucketVersioningArgs(enabled=True),
            lifecycle_rules=[
                gcp.storage.BucketLifecycleRuleArgs(
                    action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
                    condition=gcp.storage.BucketLifecycleRuleConditionArgs(
                        num_newer_versions=3, with_state="ARCHIVED"
                    ),
                )
            ],
            website=gcp.storage.BucketWebsiteArgs(
                main_page_suffix="index.html", not_found_page="404.html"
            ),
            labels={"palier-role": STATIC_ROLE},
            deletion_policy="PREVENT",
            opts=self.stateful(),
        )
        gcp.storage.BucketIAMMember(
            f"{self.name}-static-readers",
            bucket=bucket.name,
            role="roles/storage.legacyObjectReader",
            member="allUsers",
            opts=self.child(),
        )
        size = self.args.size
        backend = gcp.compute.BackendBucket(
            f"{self.name}-static",
            name=physical(self.name, "static"),
            bucket_name=bucket.name,
            enable_cdn=True,
            compression_mode="AUTOMATIC",
            cdn_policy=gcp.compute.BackendBucketCdnPolicyArgs(
                cache_mode="CACHE_ALL_STATIC",
                client_ttl=size.browser_ttl_s,
                default_ttl=size.cdn_ttl_s,
                max_ttl=size.cdn_ttl_s,
                negative_caching=True,
                negative_caching_policies=[
                    gcp.compute.BackendBucketCdnPolicyNegativeCachingPolicyArgs(
                        code=404, ttl=NOT_FOUND_TTL_S
                    )
                ],
                serve_while_stale=STALE_S,
                request_coalescing=True,
            ),
            opts=self.child(),
        )
        return bucket, backend

    def _api(self) -> gcp.compute.BackendService:
        size = self.args.size
        policy = gcp.compute.SecurityPolicy(
            f"{self.name}-armor",
            name=physical(self.name, "armor"),
            type="CLOUD_ARMOR",
            rules=armor_rules(size.armor_rules),
            opts=self.child(),
        )
        health = gcp.compute.HealthCheck(
            f"{self.name}-health",
            name=physical(self.name, "health"),
            check_interval_sec=10,
            timeout_sec=5,
            healthy_threshold=2,
            unhealthy_threshold=3,
            http_health_check=gcp.compute.HealthCheckHttpHealthCheckArgs(
                port_specification="USE_SERVING_PORT", request_path=HEALTH_PATH
            ),
            opts=self.child(),
        )
        return gcp.compute.BackendService(
            f"{self.name}-api",
            name=physical(self.name, "api"),
            load_balancing_scheme="EXTERNAL_MANAGED",
            protocol="HTTP",
            timeout_sec=API_TIMEOUT_S,
            connection_draining_timeout_sec=60,
            health_checks=health.id,
            security_policy=policy.id,
            enable_cdn=True,
            compression_mode="AUTOMATIC",
            cdn_policy=gcp.compute.BackendServiceCdnPolicyArgs(
                cache_mode="USE_ORIGIN_HEADERS",
                negative_caching=False,
                serve_while_stale=0,
                cache_key_policy=gcp.compute.BackendServiceCdnPolicyCacheKeyPolicyArgs(
                    include_host=True, include_protocol=True, include_query_string=True
                ),
            ),
            log_config=gcp.compute.BackendServiceLogConfigArgs(
                enable=True, sample_rate=float(size.log_sample)
            ),
            opts=self.child(ignore_changes=["backends"]),
        )

    def _routes(
        self, static: gcp.compute.BackendBucket, backend: gcp.compute.BackendService
    ) -> gcp.compute.URLMap:
        return gcp.compute.URLMap(
            f"{self.name}-routes",
            name=physical(self.name, "routes"),
            default_service=static.id,
            host_rules=[
                gcp.compute.URLMapHostRuleArgs(hosts=[self.args.domain], path_matcher="paths")
            ],
            path_matchers=[
                gcp.compute.URLMapPathMatcherArgs(
                    name="paths",
                    default_service=static.id,
                    path_rules=[
                        gcp.compute.URLMapPathMatcherPathRuleArgs(
                            paths=["/api", "/api/*"], service=backend.id
                        )
                    ],
                )
            ],
            opts=self.child(),
        )

    def _https(self, address: gcp.compute.GlobalAddress, routes: gcp.compute.URLMap) -> None:
        tls = gcp.compute.SSLPolicy(
            f"{self.name}-tls",
            name=physical(self.name, "tls"),
            profile="RESTRICTED",
            min_tls_version="TLS_1_2",
            opts=self.child(),
        )
        proxy = gcp.compute.TargetHttpsProxy(
            f"{self.name}-https",
            name=physical(self.name, "https"),
            url_map=routes.id,
            certificate_map=self._certificate_map().id.apply(
                lambda id_: f"//certificatemanager.googleapis.com/{id_}"
            ),
            ssl_policy=tls.id,
            quic_override="ENABLE",
            opts=self.child(),
        )
        self._forward("https", "443", proxy.id, address)

    def _certificate_map(self) -> gcp.certificatemanager.CertificateMap:
        domain = self.args.domain
        authorization = gcp.certificatemanager.DnsAuthorization(
            f"{self.name}-domain",
            name=physical(self.name, "domain"),
            domain=domain,
            type="FIXED_RECORD",
            opts=self.child(),
        )
        proof = authorization.dns_resource_records[0]
        self._record("domain-proof", proof.name, proof.type, proof.data)
        certificate = gcp.certificatemanager.Certificate(
            f"{self.name}-certificate",
            name=physical(self.name, "certificate"),
            managed=gcp.certificatemanager.CertificateManagedArgs(
                domains=[domain, f"*.{domain}"], dns_authorizations=[authorization.id]
            ),
            opts=self.child(),
        )
        certificate_map = gcp.certificatemanager.CertificateMap(
            f"{self.name}-certificates",
            name=physical(self.name, "certificates"),
            opts=self.child(),
        )
        for key, host in (("apex", domain), ("wildcard", f"*.{domain}")):
            gcp.certificatemanager.CertificateMapEntry(
                f"{self.name}-{key}",
                name=physical(self.name, key),
                map=certificate_map.name,
                certificates=[certificate.id],
                hostname=host,
                opts=self.child(),
            )
        return certificate_map

    def _http_redirect(self, address: gcp.compute.GlobalAddress) -> None:
        redirect = gcp.compute.URLMap(
            f"{self.name}-redirect",
            name=physical(self.name, "redirect"),
            default_url_redirect=gcp.compute.URLMapDefaultUrlRedirectArgs(
                https_redirect=True,
                redirect_response_code="MOVED_PERMANENTLY_DEFAULT",
                strip_query=False,
            ),
            opts=self.child(),
        )
        proxy = gcp.compute.TargetHttpProxy(
            f"{self.name}-http",
            name=physical(self.name, "http"),
            url_map=redirect.id,
            opts=self.child(),
        )
        self._forward("http", "80", proxy.id, address)

    def _forward(
        self,
        key: str,
        port: str,
        target: pulumi.Output[str],
        address: gcp.compute.GlobalAddress,
    ) -> None:
        gcp.compute.GlobalForwardingRule(
            f"{self.name}-{key}",
            name=physical(self.name, key),
            ip_address=address.id,
            ip_protocol="TCP",
            port_range=port,
            load_balancing_scheme="EXTERNAL_MANAGED",
            network_tier="PREMIUM",
            target=target,
            opts=self.child(),
        )

    def _record(
        self,
        key: str,
        name: pulumi.Input[str],
        type_: pulumi.Input[str],
        value: pulumi.Input[str],
    ) -> None:
        gcp.dns.RecordSet(
            f"{self.name}-{key}",
            name=name,
            type=type_,
            ttl=300,
            managed_zone=self.args.zone,
            rrdatas=[value],
            opts=self.child(),
        )
