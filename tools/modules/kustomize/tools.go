//go:build tools

// Package tools pins the renderer of overlays: its module and everything below it, by checksum.
package tools

import _ "sigs.k8s.io/kustomize/kustomize/v5"
