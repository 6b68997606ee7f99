package rest

import (
	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/wire"
)

// bodyLimit returns how many bytes the body of a call may have. An error refuses the
// call before its body is read.
type bodyLimit func(*call) (int64, error)

// maxBody returns how many bytes the body of the call may have.
func (r *route) maxBody(c *call) (int64, error) {
	if r.limit == nil {
		return wire.DefaultLimit, nil
	}
	return r.limit(c)
}

// ofCollection returns how many bytes a record of the call's collection may have
// (docs/wire/records.md §1.9). Without the collection the call is refused.
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

// ofBatch returns how many bytes a batch may have. Where batches are not enabled it
// refuses the call.
func ofBatch(c *call) (int64, error) {
	settings := c.Settings.Batch
	if !settings.Enabled || settings.MaxRequests <= 0 {
		return 0, fault.New(fault.Forbidden, "Batch requests are not allowed.")
	}
	return settings.BodyLimit(), nil
}

// ofGraphQL returns how many bytes a GraphQL request may have: with files, as a batch.
func ofGraphQL(c *call) (int64, error) {
	if graphql.IsMultipart(c.r) {
		return c.Settings.Batch.BodyLimit(), nil
	}
	return c.Settings.GraphQL.MaxBodyBytes, nil
}
