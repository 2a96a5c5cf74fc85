//go:build tools

// Package tools pins the linter of workflows: its module and everything below it, by checksum.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
