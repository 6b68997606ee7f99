package collection

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/definition"
)

// Replace makes collections as the definitions say, in the form of Create with their ids:
// one that is there is replaced, so a field that its definition does not name goes, with its
// values, and one of another kind is converted. It deletes the collections of those ids or
// names. All others stay as they are. It is one change: all of it is made or nothing.
// Errors are those of Import; a name to delete that there is not is a NotFound fault.
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

// texts are the definitions of the collections that are not left out, nor of the system.
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
