// Package middleware holds what wraps every request, one idea a file. Each is a
// function from handler to handler; api.Config.Handler says in which order they
// stand. None of them allocates for a request that it has nothing to do for.
package middleware
