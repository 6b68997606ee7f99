// Detection of calls from inside a transaction that would wait for the transaction.

package store

import (
	"context"
	"reflect"
	"runtime"
	"slices"
)

// Inside calls fn on behalf of a transaction whose goroutine waits for this one. A write inside
// fn would wait for that transaction, and so for itself: engines refuse it.
//
//go:noinline
func Inside(fn func() error) error { return fn() }

// FunctionName returns the full name of a function or method expression, as in a stack trace. It
// is computed from the function itself, so that a rename cannot break IsInside.
func FunctionName(fn any) string { return runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name() }

var inside = FunctionName(Inside)

// IsInside reports whether the calling goroutine is inside of Inside, or of one of the functions
// with these names (see FunctionName). It checks the innermost 512 calls of the stack, in some
// microseconds. A context could not be used: the function of a write gets no context that its
// calls must pass on.
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
