//go:build tools

// Package tools pins the simulator of nodes and pods: its module and everything below it, by checksum.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
