// Whether a filter can be used, without anything being read.

package record

import (
	"context"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
)

// CheckFilter judges a filter as List does. Faults: NotFound for an unknown collection;
// Forbidden for a filter that only superusers may use; Invalid for one that cannot be read.
func (s *Service) CheckFilter(_ context.Context, caller Caller, collection, filter string) error {
	if filter == "" {
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
		sel := query.Select{Scope: rq.scope(c, nil), Columns: []string{"id"}, Filter: filter, Restricted: !rq.superuser}
		_, err := rq.service.planner.Compile(sel)
		return readFault(err, fault.Invalid)
	})
}
