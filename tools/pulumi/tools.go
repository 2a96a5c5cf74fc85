//go:build tools

// Package tools pins the Pulumi CLI: its module and everything below it, by checksum.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
