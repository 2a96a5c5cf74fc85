module palier/tools/modules/crds

go 1.26

require (
	github.com/GoogleCloudPlatform/prometheus-engine v0.17.2
	sigs.k8s.io/secrets-store-csi-driver v1.5.3
)
