package rest

import (
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/wire"
)

// aggregate answers with figures over the records of a collection
// (docs/wire/records.md §4.9).
func (a *API) aggregate(c *call) error {
	if err := c.readForRules(record.OpAggregate); err != nil {
		return err
	}
	params, err := wire.AggregateParams(c.Query)
	if err != nil {
		return err
	}
	groups, err := a.app.Records().Aggregate(c.r.Context(), c.Caller, c.collection(), params)
	return c.respond(groups, err)
}
