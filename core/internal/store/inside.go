// Detection of calls from inside a transaction, which would wait for themselves.

package store

import (
	"context"
	"reflect"
	"runtime"
	"slices"
)

// Inside calls fn on behalf of a transaction whose goroutine waits for this one. A write
// to the store from within fn would wait for that transaction, and so for itself: engines
// refuse it.
//
//go:noinline
func Inside(fn func() error) error { return fn() }

// FunctionName is the full name of a function or method expression, as the stack has
// it. It is taken from the function itself, so that a rename cannot break IsInside.
func FunctionName(fn any) string { return runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name() }

var inside = FunctionName(Inside)

// IsInside says whether the calling goroutine is within Inside, or within one of the
// functions of those names (see FunctionName). It looks at the innermost 512 calls of the stack, some
// microseconds' work. A context could not tell: the function of a write gets none that
// its caller must pass on.
func IsInside(functions ...string) bool {
	var pcs [512]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.Function == inside || slices.Contains(functions, f.Function) {
			return true
		}
		if !more {
			return false
		}
	}
}

type transactionKey struct{}

// WithTransaction returns a context for code that runs inside of the transaction. The code gets
// the transaction by TransactionOf, to join it. A nil transaction is for code outside of any.
func WithTransaction(ctx context.Context, transaction any) context.Context {
	return context.WithValue(ctx, transactionKey{}, transaction)
}

// TransactionOf returns the transaction that WithTransaction has put into ctx, nil without one.
func TransactionOf(ctx context.Context) any { return ctx.Value(transactionKey{}) }
