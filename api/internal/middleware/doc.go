// Package middleware holds the middleware of every request, one per file. Each is a function from
// handler to handler; api.Server defines their order. None of them allocates for a request that it
// does not concern. Their ResponseWriters keep the abilities of net/http's: flushing, hijacking the
// connection, sending files.
package middleware
