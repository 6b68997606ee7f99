package api

import (
	"net/http"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/request"
)

// guard is an Option that calls check before the handler.
type guard struct {
	describe func(*ownRoute) // sets the properties that the OpenAPI document shows; may be nil
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

// RequireAuth lets only accounts of the given collections, by name or id, call the route;
// without arguments, accounts of every auth collection. A guest gets 401, an account of
// another collection 403. Superusers are accounts of the collection "_superusers": they pass
// if it is given, or if no collection is.
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

// RequireGuest lets only guests call the route. A caller who is signed in gets 400.
func RequireGuest() Option {
	return guard{check: func(r *Request) error {
		if r.Caller.Auth != nil {
			return fault.New(fault.Invalid, "The request can be accessed only by guests.")
		}
		return nil
	}}
}

// RequireSuperuser lets only superusers call the route, like the API's routes for superusers:
// a guest gets 401, another account 403.
func RequireSuperuser() Option {
	return guard{
		func(r *ownRoute) { r.Audience, r.SignedIn = request.Superusers, true },
		func(r *Request) error { return r.Caller.RequireSuperuser() },
	}
}

// RequireOwner lets superusers call the route, and the account whose id equals the named part
// of the path, for example "id" of "/api/profiles/{id}". A guest gets 401, another account 403.
// An id is unique only within its collection: add RequireAuth to fix the collection.
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

// Wire: the messages of docs/wire/auth-realtime-system.md §0.1.
func errSignIn() error {
	return fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
}

func errNotAllowed() error {
	return fault.New(fault.Forbidden, "The authorized record is not allowed to perform this action.")
}
