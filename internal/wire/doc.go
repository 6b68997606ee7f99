// Package wire reads the bodies and parameters of requests, and writes records, pages and errors.
// Only this package knows the statuses and the JSON envelopes of the API (docs/wire/records.md §1).
//
// The package makes no decisions: a handler reads the request with it, calls a service, and writes
// the answer with it.
package wire
