package store

import (
	"runtime"
	"strings"
)

// Inside calls fn on behalf of a transaction that another goroutine holds while it
// waits for this one. A write by the store from within fn would wait for itself;
// engines refuse it.
//
//go:noinline
func Inside(fn func() error) error { return fn() }

// IsInside says whether the calling goroutine is within Inside, or within one of the
// functions, each named like "sqlite.(*writer).apply". It looks through the stack.
func IsInside(functions ...string) bool {
	functions = append(functions, "store.Inside")
	var pcs [512]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		for _, name := range functions {
			if strings.HasSuffix(f.Function, name) {
				return true
			}
		}
		if !more {
			return false
		}
	}
}
