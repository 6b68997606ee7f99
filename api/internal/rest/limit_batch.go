package rest

import (
	"github.com/loambase/loam/api/internal/ratelimit"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// limitOperation counts a write of a batch like a request of its own. An upsert with an id counts
// as a create and as an update.
func (c *call) limitOperation(op *record.Op) *fault.Error {
	if !c.api.limiter.Enabled() || c.Caller.Superuser() {
		return nil
	}
	in := c.api.app.Snapshot().Find(op.Collection)
	if in == nil {
		return nil
	}
	rest := "/records"
	if op.ID != "" {
		rest += "/" + op.ID
	}
	for _, tag := range tagsOf(op) {
		verdict := c.api.limiter.Take(clientOf(c.Caller), &ratelimit.Action{
			Method: op.Caller.Method, Paths: [3]string{"/api/collections/" + in.Name + rest, "/api/collections/" + in.ID + rest},
			Collection: in.Name, CollectionID: in.ID, Route: "*:" + tag, Tags: []string{tag},
		})
		if err := verdict.Err(); err != nil {
			c.api.proxies.warn(c.api.app, c.Request, c.r)
			return err
		}
	}
	return nil
}

func tagsOf(op *record.Op) []string {
	switch op.Action {
	case record.ActionCreate:
		return []string{"create"}
	case record.ActionUpdate:
		return []string{"update"}
	case record.ActionDelete:
		return []string{"delete"}
	}
	if op.Input.Body["id"] == nil {
		return []string{"create"}
	}
	return []string{"create", "update"}
}
