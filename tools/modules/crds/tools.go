//go:build tools

// Package tools pins the modules whose custom resource definitions are read; nothing is built.
package tools
