// Package request is a request before it belongs to a transport. Service.Track wraps
// every request of a server; it gives the request an id, one settings pointer for its
// whole life, and a place for its outcome. Begin adds the caller. REST, and every
// other transport, starts from what Begin returns; a middleware around them reads
// the Outcome when they have answered.
//
//	q, err := service.Begin(r)
//	if err != nil {
//		q.Fail(w, r, err)
//		return
//	}
//	… q.Caller, q.Settings, q.Query …
package request
