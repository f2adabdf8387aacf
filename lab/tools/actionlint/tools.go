//go:build tools

// Package tools pins actionlint, which the tests of the workflows build.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
