// Package middleware holds what wraps every request, one idea a file. Each is a
// function from handler to handler; api.Server says in which order they stand. None of
// them allocates for a request that it has nothing to do for. Their writers keep what
// net/http's own can do: to flush, to hand over the connection, to send files.
package middleware
