// Refuse: operations that are refused before a transport reads a body.

package record

import "github.com/loambase/loam/core/schema"

// Refuse returns the fault of an operation that is refused whatever its input: the collection is
// unknown, its type does not have the operation, or the rule is for superusers only. It is nil if
// the input decides, and if the collection has Request hooks, which may change the caller.
// Transports call Refuse before they read a body; the operation judges again.
func (s *Service) Refuse(caller Caller, operation Operation, collection string) error {
	c := s.cfg.Snapshot().Find(collection)
	if c != nil && s.cfg.Hooks.Request.Bound(c.ID, c.Name) {
		return nil
	}
	rq := readRequest{service: s, snapshot: s.cfg.Snapshot(), caller: caller, superuser: caller.Superuser()}
	op := Op{Caller: caller, Collection: collection}
	var pick func(*schema.Collection) *string
	switch operation {
	case OpCreate:
		op.Action = ActionCreate
	case OpUpdate:
		op.Action = ActionUpdate
	case OpDelete:
		op.Action = ActionDelete
	case OpView:
		pick = func(c *schema.Collection) *string { return c.ViewRule }
	default:
		pick = func(c *schema.Collection) *string { return c.ListRule }
	}
	if pick != nil {
		_, _, err := rq.resolve(collection, pick)
		return err
	}
	w := writeRequest{rq: &rq, op: op, collection: c}
	return w.rejectEarly()
}
