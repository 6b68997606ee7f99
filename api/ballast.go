package api

// ballastSize is what the collector may let lie, at least, before it runs.
const ballastSize = 32 << 20

// ballast is memory that counts as used and is never touched, so that it takes
// none. The rows and their caches lie outside of Go's heap, so what lives in it is
// a few MiB; without ballast the collector would run each time that as much has been
// thrown away again, under load dozens of times a second. Whoever sets GOGC or
// GOMEMLIMIT still decides how far the heap goes beyond that.
func ballast() []byte { return make([]byte, ballastSize) }
