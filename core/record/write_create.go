// Creating a record.

package record

import (
	"context"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/schema"
)

const createFailed = "Failed to create record."

// Create stores a new record and returns it as stored (docs/wire/records.md §4.4); Render makes the
// answer. Faults: NotFound for an unknown collection, Forbidden if only superusers may create,
// Invalid for a record that the create rule denies (then without fields) or that is not valid,
// TooMany if too many passwords wait to be hashed.
func (s *Service) Create(ctx context.Context, caller Caller, collection string, in Input) (*Record, error) {
	return s.write(ctx, Op{Caller: caller, Action: ActionCreate, Collection: collection, Input: in})
}

// Upsert updates the record whose id is in the input, or creates the record if it does not exist,
// with the faults of Update and Create.
func (s *Service) Upsert(ctx context.Context, caller Caller, collection string, in Input) (*Record, error) {
	return s.write(ctx, Op{Caller: caller, Action: ActionUpsert, Collection: collection, Input: in})
}

// newID returns the id in the input, else a random id: files are stored under the id before the
// record is stored.
func (w *writeRequest) newID() (string, error) {
	if id := w.input.text(w.table.id); id != "" {
		return id, nil
	}
	w.drawnID = true
	return generated(w.collection.Fields[w.table.id])
}

// generated returns a random text for a field with an autogenerate pattern, else "".
func generated(f *schema.Field) (string, error) {
	text, ok := f.Kind.(*schema.Text)
	if !ok {
		return "", nil
	}
	return text.Generate()
}

// fillIn sets the fields of a new record that only the server sets.
func (w *writeRequest) fillIn() error {
	for _, i := range w.table.generated {
		if w.record.values[i] != "" {
			continue
		}
		text, err := generated(w.collection.Fields[i])
		if err != nil {
			return err
		}
		w.record.values[i] = text
	}
	w.stamp(w.table.onCreate)
	w.record.verifySuperuser()
	if w.collection.IsAuth() && w.record.Text("tokenKey") == "" {
		return w.record.rotateTokenKey()
	}
	return nil
}

// stamp sets autodate fields to the time of the write.
func (w *writeRequest) stamp(fields []int) {
	for _, i := range fields {
		w.record.values[i] = schema.FormatTime(w.rq.now)
	}
}

// keepDates sets autodate fields to the times in the input of a superuser.
func (w *writeRequest) keepDates() {
	if !w.rq.superuser {
		return
	}
	for name, at := range w.op.Input.Dates {
		if i := w.collection.FieldIndex(name); i >= 0 && w.collection.Fields[i].Type() == "autodate" {
			w.record.values[i] = schema.FormatTime(at)
		}
	}
}

// create stores a new record that has been checked.
func (t *writeTx) create(w *writeRequest) error {
	if err := w.table.add(t.tx, w.record); err != nil {
		return uniqueFault(err, w.collection, createFailed)
	}
	t.changed(w.collection, w.id, change.Create, nil)
	return t.atMostInstaller(w)
}
