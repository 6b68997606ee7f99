package collection

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/definition"
)

// Replace creates or replaces the collections of the definitions, and deletes the collections whose
// ids or names are in deleted, in one transaction. A definition has the form of the body of Create,
// with the id. An existing collection is replaced: a field that its definition does not name is
// deleted with its values, and a field whose kind changes is converted. Other collections stay
// unchanged. The errors are those of Import, and NotFound for an unknown name in deleted.
func (s *Service) Replace(ctx context.Context, caller record.Caller, definitions []json.RawMessage, deleted ...string) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	in := &Import{Collections: definitions, DeleteMissing: true, Convert: true}
	if err := in.check(); err != nil && len(definitions) > 0 {
		return err
	}
	snapshot, heads := s.cfg.Snapshots.Load(), in.heads()
	met := map[string]bool{}
	for _, h := range heads {
		if c := match(snapshot, h, heads); c != nil {
			met[c.ID] = true
		}
	}
	for _, name := range deleted {
		c := snapshot.Find(name)
		if c == nil {
			return fault.New(fault.NotFound, "There is no collection "+name+".")
		}
		if len(definitions) == 0 && len(deleted) == 1 {
			return s.Delete(ctx, caller, c.ID)
		}
		met[c.ID] = true
	}
	kept, err := texts(snapshot, met)
	if err != nil {
		return err
	}
	in.Collections = slices.Concat(definitions, kept)
	return s.Import(ctx, caller, in)
}

// texts returns the definitions of all collections that are neither left out nor system
// collections. leftOut has ids.
func texts(s *schema.Snapshot, leftOut map[string]bool) (list []json.RawMessage, err error) {
	for _, c := range definition.Own(s) {
		if leftOut[c.ID] {
			continue
		}
		text, err := definition.Text(c, definition.JSON)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}
