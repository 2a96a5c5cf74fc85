//go:build tools

// Package tools pins the linter of manifests: its module and everything below it, by checksum.
package tools

import _ "github.com/zegl/kube-score/cmd/kube-score"
