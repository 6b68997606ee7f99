// Checks of filters, without reading records.

package record

import (
	"context"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/where"
)

// CheckFilter checks a filter, and a further condition, as List does; "" and nil stand for no
// filter and no condition. Faults: NotFound for an unknown collection; Forbidden for a filter that
// only superusers may use; Invalid for a filter or condition that cannot be used.
func (s *Service) CheckFilter(_ context.Context, caller Caller, collection, filter string, where where.Expr) error {
	if filter == "" && where == nil {
		return nil
	}
	return s.readWithRetry(caller, func(rq *readRequest) error {
		c := rq.snapshot.Find(collection)
		if c == nil {
			return missingCollection()
		}
		if !rq.superuser {
			if err := forbidSuperuserWords(filter); err != nil {
				return err
			}
		}
		sel := query.Select{Scope: rq.scope(c, nil), Columns: []string{"id"}, Filter: filter, FilterExpr: where, Restricted: !rq.superuser}
		_, err := rq.service.planner.Compile(sel)
		return readFault(err, fault.Invalid)
	})
}
