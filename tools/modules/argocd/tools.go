//go:build tools

// Package tools pins Argo CD: its module and everything below it, by checksum.
package tools

import _ "github.com/argoproj/argo-cd/v3/cmd"
