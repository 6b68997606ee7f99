// Cascades: the effects of a delete on records that refer to the deleted record.

package record

import (
	"errors"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/removal"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// errRequired is the error of a deletion of a record to which a required relation refers.
var errRequired = errors.New("record: a required relation refers to it")

// errCascade is the error of a deletion that changes more records than the caller may change.
var errCascade = errors.New("record: a deletion that changes too many records")

// defaultCascade is the maximum number of records that the deletions of one transaction may delete
// or change for callers who are not superusers: other writes wait meanwhile.
const defaultCascade = 10_000

// referringChunk is the number of deleted records whose referring records are looked up at a time.
const referringChunk = 500

// removed is a set of deleted records, with the relations to them that are not processed yet.
type removed struct {
	ids  []string
	refs []schema.Reference
}

// deleteRecords deletes records, with all effects of the deletion. A record that refers to a
// deleted record is deleted too (cascade), loses the reference, or makes the deletion fail with
// errRequired. The order is depth first, as if each record were deleted on its own; a stack
// replaces recursion, since a chain of records may be of any length. A cycle ends at a record that
// is already deleted.
func (t *writeTx) deleteRecords(table *table, ids []string) error {
	stack, err := t.remove(nil, table, ids)
	if err != nil {
		return err
	}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.refs) == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		ref := top.refs[0]
		top.refs = top.refs[1:]
		if ref.Collection.IsView() || ref.Collection == t.truncated {
			continue
		}
		doomed, err := t.detach(ref, top.ids)
		if err != nil {
			return fmt.Errorf("relation %s.%s: %w", ref.Collection.Name, ref.Field.Name, err)
		}
		if stack, err = t.remove(stack, t.table(ref.Collection), doomed); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes the rows of records and, if they are accounts, the rows of system collections that
// belong to them. It pushes the relations to them on the stack.
func (t *writeTx) remove(stack []removed, table *table, ids []string) ([]removed, error) {
	if len(ids) == 0 {
		return stack, nil
	}
	for _, id := range ids {
		if err := t.removeRow(table, id); err != nil {
			return nil, err
		}
	}
	stack = append(stack, removed{ids, t.snapshot.References(table.collection.ID)})
	if !table.collection.IsAuth() {
		return stack, nil
	}
	if err := t.keepSuperuser(table); err != nil {
		return nil, err
	}
	for _, name := range schema.AccountReferences() {
		holder, rows, err := t.refsOf(table.collection, ids, name)
		if err != nil {
			return nil, err
		}
		if stack, err = t.remove(stack, holder, rows); err != nil {
			return nil, err
		}
	}
	return stack, nil
}

// spend counts a record that is deleted or changed.
func (t *writeTx) spend() error {
	if t.cascade++; t.bounded && t.cascade > t.service.cfg.CascadeLimit {
		return errCascade
	}
	return nil
}

// removeRow deletes one record. It is not an error if another branch of the cascade has deleted the
// record already. Its files are deleted when the transaction is durable.
func (t *writeTx) removeRow(table *table, id string) error {
	if err := t.spend(); err != nil {
		return err
	}
	r, err := table.read(t.tx, id)
	if err != nil || r == nil {
		return err
	}
	if _, err := t.tx.Exec(table.remove, store.Text(id)); err != nil {
		return err
	}
	if len(table.files) > 0 {
		t.stale = append(t.stale, removal.Entry{Folder: fileFolder(table.collection, id), Names: table.fileNames(r), Rest: true})
	}
	t.changed(table.collection, id, change.Delete, table.before(r, table.all))
	return nil
}

// detach removes the deleted ids from the relation. It returns the ids of the records that must be
// deleted because of that.
func (t *writeTx) detach(ref schema.Reference, ids []string) (doomed []string, err error) {
	table := t.table(ref.Collection)
	for chunk := range slices.Chunk(ids, referringChunk) {
		most := 0 // no limit
		if t.bounded {
			most = max(0, t.service.cfg.CascadeLimit-t.cascade) + 1
		}
		referring, err := t.referring(ref, chunk, most)
		if err != nil {
			return nil, err
		}
		if t.bounded && len(referring) == most {
			return nil, errCascade // before any record is changed
		}
		for _, id := range referring {
			deletes, err := t.shorten(table, ref, id, chunk)
			if err != nil {
				return nil, err
			}
			if deletes {
				doomed = append(doomed, id)
			}
		}
	}
	return doomed, nil
}

// referring returns the ids of the records whose relation holds one of the ids. most is the maximum
// number of them, 0 for no maximum.
func (t *writeTx) referring(ref schema.Reference, ids []string, most int) ([]string, error) {
	plan, err := t.service.planner.Compile(query.Select{
		Scope:   query.Scope{Snapshot: t.snapshot, Collection: ref.Collection, Now: t.service.cfg.Now()},
		Columns: []string{"id"},
		RefBy:   &query.Ref{Field: ref.Field.Name, IDs: ids},
		Limit:   most,
	})
	if err != nil {
		return nil, err
	}
	return store.Texts(t.tx, plan.SQL, plan.Args...)
}

// shorten removes the ids from the relation of one record. Nothing else of the record is validated.
// If no id is left, deletes reports that the record must be deleted, or the error is errRequired.
func (t *writeTx) shorten(table *table, ref schema.Reference, id string, ids []string) (deletes bool, err error) {
	stored, err := table.read(t.tx, id)
	if err != nil || stored == nil {
		return false, err
	}
	i := table.collection.FieldIndex(ref.Field.Name)
	list := choices(stored.values[i])
	rest := without(list, ids)
	if len(rest) == len(list) {
		return false, nil
	}
	if len(rest) == 0 && ref.Relation.CascadeDelete {
		return true, nil
	}
	if len(rest) == 0 && ref.Field.Required {
		if t.goesLater(stored) {
			return false, nil
		}
		return false, errRequired
	}
	if err := t.spend(); err != nil {
		return false, err
	}
	r := stored.Clone()
	r.values[i] = ref.Relation.Cast(rest)
	now := schema.FormatTime(t.service.cfg.Now())
	for _, i := range table.onUpdate {
		r.values[i] = now
	}
	differ := table.differ(stored, r)
	if err := table.update(t.tx, r, differ); err != nil {
		return false, err
	}
	t.changed(table.collection, id, change.Update, table.before(stored, differ))
	return false, nil
}
