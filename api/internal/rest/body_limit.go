package rest

import (
	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/wire"
)

// bodyLimit returns the maximum number of bytes of the body of a call. An error refuses the call
// before its body is read.
type bodyLimit func(*call) (int64, error)

// maxBody returns the maximum number of bytes of the body of the call.
func (r *route) maxBody(c *call) (int64, error) {
	if r.limit == nil {
		return wire.DefaultLimit, nil
	}
	return r.limit(c)
}

// ofCollection returns the maximum number of bytes of a record of the call's collection
// (docs/wire/records.md §1.9). If the collection does not exist, the call is refused.
func ofCollection(c *call) (int64, error) {
	collection := c.api.app.Snapshot().Find(c.collection())
	if collection == nil {
		return 0, fault.New(fault.NotFound, "Missing or invalid collection context.")
	}
	limit := int64(wire.DefaultLimit)
	if collection.IsView() {
		return limit, nil
	}
	for _, f := range collection.Fields {
		limit += f.BodySize()
	}
	return limit, nil
}

// ofBatch returns the maximum number of bytes of a batch. If batches are not enabled, it refuses
// the call.
func ofBatch(c *call) (int64, error) {
	settings := c.Settings.Batch
	if !settings.Enabled || settings.MaxRequests <= 0 {
		return 0, fault.New(fault.Forbidden, "Batch requests are not allowed.")
	}
	return settings.BodyLimit(), nil
}

// ofGraphQL returns the maximum number of bytes of a GraphQL request: with files it is that of a
// batch.
func ofGraphQL(c *call) (int64, error) {
	if graphql.IsMultipart(c.r) {
		return c.Settings.Batch.BodyLimit(), nil
	}
	return c.Settings.GraphQL.MaxBodyBytes, nil
}
