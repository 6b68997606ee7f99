// Package wire is the outer form of the API: how a request's body and parameters
// are read, and how records, pages and failures are written. It is the only place
// that knows statuses and envelopes (docs/wire/records.md §1).
//
// Nothing here decides anything: handlers read with it, call a service, and write
// with it.
package wire
