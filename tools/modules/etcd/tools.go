//go:build tools

// Package tools pins the store of the control plane: its module and everything below it, by checksum.
package tools

import _ "go.etcd.io/etcd/server/v3"
