// Package provider knows the services through which people sign in by OAuth2: where they
// are, what is asked of them, and how what they tell about a person is read
// (docs/wire/auth-realtime-system.md §1.6.5).
//
// table.go has a row for each of them. What a row cannot say is a function: short ones
// are in accounts.go, Apple, Microsoft and OpenID Connect have files of their own. A
// Client speaks to one service as a collection has configured it. Nothing here knows
// records, and nothing is stored.
//
// No error of this package holds a code, a token, a secret or what a service has
// answered, so all of them may be logged.
package provider
