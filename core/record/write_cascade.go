package record

import (
	"errors"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// errRequired is a record that must refer to one that is being deleted.
var errRequired = errors.New("record: a required relation refers to it")

// chunk is for how many deleted records at a time others that refer to them are
// looked for.
const chunk = 500

// removal is records that are gone and the relations to them that are still to be
// looked at.
type removal struct {
	ids  []string
	refs []schema.Reference
}

// deleteRecords deletes records and everything that follows from it: records that
// refer to them are deleted too, keep the rest of what they refer to, or forbid it
// all with errRequired. What a deleted record leads to comes before what else its
// own deletion was part of, as if each were deleted on its own; there is no
// recursion, since a chain of records may be of any length. A cycle ends where a
// record is gone already.
func (u *unit) deleteRecords(t *table, ids []string) error {
	stack, err := u.remove(nil, t, ids)
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
		if ref.Collection.IsView() {
			continue
		}
		doomed, err := u.detach(ref, top.ids)
		if err != nil {
			return fmt.Errorf("relation %s.%s: %w", ref.Collection.Name, ref.Field.Name, err)
		}
		if stack, err = u.remove(stack, u.table(u.snapshot, ref.Collection), doomed); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes the rows of records, and those that other collections keep for
// them if they can sign in. What is left to do goes on the stack.
func (u *unit) remove(stack []removal, t *table, ids []string) ([]removal, error) {
	if len(ids) == 0 {
		return stack, nil
	}
	for _, id := range ids {
		if err := u.removeRow(t, id); err != nil {
			return nil, err
		}
	}
	stack = append(stack, removal{ids, u.snapshot.References(t.collection.ID)})
	if !t.collection.IsAuth() {
		return stack, nil
	}
	if err := u.keepSuperuser(t); err != nil {
		return nil, err
	}
	for _, name := range referenceCollections() {
		holder, rows, err := u.references(t.collection, ids, name)
		if err != nil {
			return nil, err
		}
		if stack, err = u.remove(stack, holder, rows); err != nil {
			return nil, err
		}
	}
	return stack, nil
}

func (u *unit) removeRow(t *table, id string) error {
	r, err := t.read(u.tx, id)
	if err != nil || r == nil {
		return err
	}
	if _, err := u.tx.Exec(t.remove, store.Text(id)); err != nil {
		return err
	}
	u.orphans = append(u.orphans, t.fileKeys(r)...)
	u.changed(t.collection, id, change.Delete, t.before(r, t.all))
	return nil
}

// keepSuperuser fails if no superuser is left.
func (u *unit) keepSuperuser(t *table) error {
	if t.collection.Name != schema.Superusers {
		return nil
	}
	left, err := matches(u.tx, "SELECT 1 FROM "+quoteName(schema.Superusers)+" LIMIT 1")
	if err == nil && !left {
		return fault.New(fault.Invalid, "You can't delete the only existing superuser.")
	}
	return err
}

// detach takes the deleted ids out of the relation. It returns the records that
// are to be deleted because of it.
func (u *unit) detach(ref schema.Reference, ids []string) (doomed []string, err error) {
	t := u.table(u.snapshot, ref.Collection)
	for part := range slices.Chunk(ids, chunk) {
		referring, err := u.referring(ref, part)
		if err != nil {
			return nil, err
		}
		for _, id := range referring {
			deletes, err := u.shorten(t, ref, id, part)
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

// referring are the ids of the records whose relation holds one of the ids.
func (u *unit) referring(ref schema.Reference, ids []string) ([]string, error) {
	plan, err := u.planner.Compile(query.Select{
		Scope:   query.Scope{Snapshot: u.snapshot, Collection: ref.Collection, Now: u.Now()},
		Columns: []string{"id"},
		RefBy:   &query.Ref{Field: ref.Field.Name, IDs: ids},
	})
	if err != nil {
		return nil, err
	}
	return texts(u.tx, plan.SQL, plan.Args...)
}

// texts is the first column of a query.
func texts(r store.Reader, sql string, args ...store.Value) ([]string, error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		list = append(list, rows.Text(0))
	}
	return list, rows.Close()
}

// shorten takes the ids out of one record's relation. Nothing else of the record
// is judged. If nothing is left, the record is to be deleted, or may not.
func (u *unit) shorten(t *table, ref schema.Reference, id string, ids []string) (deletes bool, err error) {
	stored, err := t.read(u.tx, id)
	if err != nil || stored == nil {
		return false, err
	}
	i := t.collection.FieldIndex(ref.Field.Name)
	list := choices(stored.values[i])
	rest := without(list, ids)
	if len(rest) == len(list) {
		return false, nil
	}
	if len(rest) == 0 && ref.Relation.CascadeDelete {
		return true, nil
	}
	if len(rest) == 0 && ref.Field.Required {
		return false, errRequired
	}
	r := stored.Clone()
	r.values[i] = ref.Relation.Cast(rest)
	now := schema.FormatTime(u.Now())
	for _, i := range t.onUpdate {
		r.values[i] = now
	}
	differ := t.differ(stored, r)
	if err := t.update(u.tx, r, differ); err != nil {
		return false, err
	}
	u.changed(t.collection, id, change.Update, t.before(stored, differ))
	return false, nil
}

// references are the rows that the system collection of that name holds about auth
// records.
func (u *unit) references(c *schema.Collection, ids []string, name string) (holder *table, rows []string, err error) {
	h := u.snapshot.Find(name)
	if h == nil {
		return nil, nil, nil
	}
	sql := `SELECT "id" FROM ` + quoteName(name) + ` WHERE "collectionRef" = $1 AND "recordRef" = $2`
	for _, id := range ids {
		found, err := texts(u.tx, sql, store.Text(c.ID), store.Text(id))
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, found...)
	}
	return u.table(u.snapshot, h), rows, nil
}

// deleteReferences deletes what the system collections of those names hold about
// an auth record, and returns how many rows that were.
func (u *unit) deleteReferences(c *schema.Collection, id string, names ...string) (int, error) {
	n := 0
	for _, name := range names {
		holder, rows, err := u.references(c, []string{id}, name)
		if err != nil {
			return 0, err
		}
		if len(rows) == 0 {
			continue
		}
		if err := u.deleteRecords(holder, rows); err != nil {
			return 0, err
		}
		n += len(rows)
	}
	return n, nil
}
