// Package provider implements the services through which people sign in by OAuth2: their addresses,
// the requests to them, and the meaning of their answers (docs/wire/auth-realtime-system.md
// §1.6.5).
//
// table.go has a row for each service. Behaviour that a row cannot describe is a function: short
// ones are in accounts.go, Apple, Microsoft and OpenID Connect have files of their own. A Client
// sends requests to one service in the configuration of a collection. The package does not use
// records, and stores nothing.
//
// Errors of this package contain no code, token, secret or answer of a service, so all of them may
// be logged.
package provider
