package api

import (
	"net/http"
	"slices"

	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/core/fault"
)

// guard is an Option that calls check before the handler.
type guard struct {
	describe func(*ownRoute) // for the document of OpenAPI
	check    func(*Request) error
}

func (g guard) apply(r *ownRoute) {
	if g.describe != nil {
		g.describe(r)
	}
	Middleware(func(next Handler) Handler {
		return func(w http.ResponseWriter, r *Request) error {
			if err := g.check(r); err != nil {
				return err
			}
			return next(w, r)
		}
	}).apply(r)
}

func signedIn(r *ownRoute) { r.SignedIn = true }

// RequireAuth lets accounts of the named collections call the route, without names those of
// every auth collection. A guest is 401, an account of another collection 403. Superusers
// are such an account: they pass where "_superusers" is named, or nothing.
func RequireAuth(collections ...string) Option {
	return guard{signedIn, func(r *Request) error {
		if r.Caller.Auth == nil {
			return errSignIn()
		}
		c := r.Caller.Auth.Collection()
		if len(collections) > 0 && !slices.Contains(collections, c.Name) && !slices.Contains(collections, c.ID) {
			return errNotAllowed()
		}
		return nil
	}}
}

// RequireGuest lets only guests call the route. Others are 400.
func RequireGuest() Option {
	return guard{check: func(r *Request) error {
		if r.Caller.Auth != nil {
			return fault.New(fault.Invalid, "The request can be accessed only by guests.")
		}
		return nil
	}}
}

// RequireSuperuser lets superusers alone call the route, as the routes of the API that are
// theirs do: a guest is 401, another account 403.
func RequireSuperuser() Option {
	return guard{
		func(r *ownRoute) { r.Audience, r.SignedIn = request.Superusers, true },
		func(r *Request) error { return r.Caller.RequireSuperuser() },
	}
}

// RequireOwner lets superusers call the route, and the account whose id is the part of the
// path with that name, as "id" of "/api/profiles/{id}". A guest is 401, another one 403. An
// id is unique in its collection only: RequireAuth beside it says which one.
func RequireOwner(part string) Option {
	return guard{signedIn, func(r *Request) error {
		if r.Caller.Auth == nil {
			return errSignIn()
		}
		if !r.Caller.Superuser() && r.Caller.Auth.ID() != r.PathValue(part) {
			return errNotAllowed()
		}
		return nil
	}}
}

// Wire: the sentences of docs/wire/auth-realtime-system.md §0.1.
func errSignIn() error {
	return fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
}

func errNotAllowed() error {
	return fault.New(fault.Forbidden, "The authorized record is not allowed to perform this action.")
}
