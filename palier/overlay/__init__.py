"""Overlays: what the manifests of a phase need to know, worked out from what the program records.

The manifests in gitops/ are written by hand, but for the figures and names that a stack decides:
replicas, requests, quotas, pools, projects, secrets. `palier overlay` writes those beside them, so
that what Argo CD syncs is what the estimate prices.
"""
