// Package request holds the part of a request that is common to all transports. Service.Track wraps
// every request of a server, and gives the request an id, one settings pointer for its whole life,
// and a place for its outcome. Begin adds the caller. REST and every other transport begins with
// the Request that Begin returns; middleware around the transports reads the Outcome after the
// answer.
//
//	q, err := service.Begin(r)
//	if err != nil {
//		q.Fail(w, r, err)
//		return
//	}
//	… q.Caller, q.Settings, q.Query …
package request
