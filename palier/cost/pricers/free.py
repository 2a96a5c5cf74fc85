"""Types that cost nothing, each with its reason. What is in neither list is unpriced."""

from __future__ import annotations

from typing import Final

IDENTITY: Final = "identities, roles and bindings have no charge"
RULES: Final = "configuration of a service that is charged elsewhere"
IN_CLUSTER: Final = "an object in the cluster: its pods are recorded as workloads and priced there"

FREE: Final[dict[str, str]] = {
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": IDENTITY,
    "gcp:billing/budget:Budget": "budgets and their alerts have no charge",
    "gcp:binaryauthorization/policy:Policy": "Binary Authorization has no charge on GKE",
    "gcp:certificatemanager/certificate:Certificate": (
        "the first 100 managed certificates have no charge"
    ),
    "gcp:certificatemanager/certificateMap:CertificateMap": RULES,
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": RULES,
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": RULES,
    "gcp:compute/firewall:Firewall": "VPC firewall rules have no charge",
    "gcp:compute/globalAddress:GlobalAddress": (
        "no charge while on a forwarding rule, or for a reserved internal range"
    ),
    "gcp:compute/healthCheck:HealthCheck": RULES,
    "gcp:compute/network:Network": "a network has no charge: its traffic has",
    "gcp:compute/router:Router": "a router has no charge: its NAT has",
    "gcp:compute/sSLPolicy:SSLPolicy": RULES,
    "gcp:compute/targetHttpProxy:TargetHttpProxy": RULES,
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": RULES,
    "gcp:compute/uRLMap:URLMap": RULES,
    "gcp:dns/policy:Policy": "a DNS policy has no charge: the logs it makes are base logs",
    "gcp:dns/recordSet:RecordSet": "records have no charge: the zone and its queries have",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": IDENTITY,
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": IDENTITY,
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": IDENTITY,
    "gcp:kms/keyRing:KeyRing": "a key ring has no charge: its key versions have",
    "gcp:logging/metric:Metric": "counters of log entries stay in the free metric volume",
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": (
        "30 days of retention are part of the price of a log's ingestion"
    ),
    "gcp:logging/projectExclusion:ProjectExclusion": RULES,
    "gcp:monitoring/customService:CustomService": RULES,
    "gcp:monitoring/dashboard:Dashboard": "dashboards have no charge",
    "gcp:monitoring/notificationChannel:NotificationChannel": "notifications have no charge",
    "gcp:monitoring/slo:Slo": "objectives are computed from metrics that are charged or free",
    "gcp:projects/iAMAuditConfig:IAMAuditConfig": "the audit logs it makes are charged as logs",
    "gcp:projects/iAMCustomRole:IAMCustomRole": IDENTITY,
    "gcp:projects/iAMMember:IAMMember": IDENTITY,
    "gcp:projects/service:Service": "an enabled API has no charge",
    "gcp:projects/serviceIdentity:ServiceIdentity": IDENTITY,
    "gcp:secretmanager/secret:Secret": "a secret has no charge: its active versions have",
    "gcp:secretmanager/secretIamMember:SecretIamMember": IDENTITY,
    "gcp:serviceaccount/account:Account": IDENTITY,
    "gcp:serviceaccount/iAMMember:IAMMember": IDENTITY,
    "gcp:servicenetworking/connection:Connection": "the peering has no charge",
    "gcp:sql/database:Database": "a database has no charge: its instance has",
    "gcp:sql/user:User": "a user has no charge: its instance has",
    "gcp:storage/bucketIAMMember:BucketIAMMember": IDENTITY,
    "kubernetes:apiextensions.k8s.io:CustomResource": IN_CLUSTER,
    "kubernetes:argoproj.io/v1alpha1:AppProject": IN_CLUSTER,
    "kubernetes:argoproj.io/v1alpha1:Application": IN_CLUSTER,
    "kubernetes:core/v1:Namespace": IN_CLUSTER,
    "kubernetes:core/v1:Secret": IN_CLUSTER,
    "kubernetes:helm.sh/v3:Release": IN_CLUSTER,
    "random:index/randomPassword:RandomPassword": "computed by Pulumi, nothing in a cloud",
}
