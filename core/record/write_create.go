package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/pattern"
)

const createFailed = "Failed to create record."

// Create stores a new record and returns it as JSON, as the caller may see it
// (docs/wire/records.md §4.4). Faults: NotFound for an unknown collection,
// Forbidden where only superusers may create, Invalid for a record that the create
// rule denies (then without fields) or that is not valid, TooMany when there are
// too many passwords to hash.
func (s *Service) Create(ctx context.Context, caller Caller, collection string, in Input, expand string) ([]byte, error) {
	return s.single(ctx, Op{Caller: caller, Action: ActionCreate, Collection: collection, Input: in, Expand: expand})
}

// Upsert updates the record whose id the input names, if there is one, and
// creates one otherwise, with the faults of Update and Create.
func (s *Service) Upsert(ctx context.Context, caller Caller, collection string, in Input, expand string) ([]byte, error) {
	return s.single(ctx, Op{Caller: caller, Action: ActionUpsert, Collection: collection, Input: in, Expand: expand})
}

// newID is the id that was sent, else a random one: files are stored under it
// before the record is.
func (w *write) newID() (string, error) {
	if id := w.input.text(w.table.id); id != "" {
		return id, nil
	}
	return generated(w.collection.Fields[w.table.id])
}

// generated is a random text for a field that makes such.
func generated(f *schema.Field) (string, error) {
	text, ok := f.Kind.(*schema.Text)
	if !ok {
		return "", nil
	}
	return pattern.Generate(text.AutogeneratePattern)
}

// judgeCreate judges the rule before anything else, on a record in which what
// the server fills in is still missing.
func (w *write) judgeCreate(r store.Reader) error {
	rule, err := w.rule(w.collection.CreateRule)
	if err != nil {
		return err
	}
	w.record, w.body = w.input.resolve(w.table.blank)
	w.record.values[w.table.id] = w.id
	w.setPasswords()
	if err := w.permit(r, rule, true); err != nil {
		return denied(err, fault.Invalid, createFailed)
	}
	if w.rulesOnly {
		return nil
	}
	if fails, err := w.form(); err != nil || len(fails) > 0 {
		return invalid(err, createFailed, fails)
	}
	w.override()
	if err := w.complete(); err != nil {
		return err
	}
	fails, err := w.validate(r)
	if err == nil && len(fails) == 0 {
		fails, err = w.foreignID(r)
	}
	return invalid(err, createFailed, fails)
}

// candidate is the record as the create rule sees it. Nobody verifies himself.
func (w *write) candidate() []store.Value {
	values := w.table.parameters(w.record)
	if w.collection.IsAuth() {
		values[w.collection.FieldIndex("verified")] = store.Bool(false)
	}
	return values
}

// complete fills in what is the server's to fill in.
func (w *write) complete() error {
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
func (w *write) stamp(fields []int) {
	for _, i := range fields {
		w.record.values[i] = schema.FormatTime(w.now)
	}
}

// verifySuperuser sets what is true of all superusers.
func (r *Record) verifySuperuser() {
	if r.collection.Name == schema.Superusers {
		r.Set("verified", true)
	}
}

// foreignID is the failure of a new auth record whose id belongs to a record of
// another auth collection: tokens and references name them by it.
func (w *write) foreignID(r store.Reader) (fault.Fields, error) {
	if !w.collection.IsAuth() {
		return nil, nil
	}
	for _, c := range w.snapshot.All() {
		if !c.IsAuth() || c == w.collection {
			continue
		}
		taken, err := w.service.table(w.snapshot, c).has(r, w.id)
		if err != nil {
			return nil, err
		}
		if taken {
			return fault.Fields{"id": fault.Leaf("validation_invalid_auth_id", "Invalid or duplicated auth record id")}, nil
		}
	}
	return nil, nil
}

// create performs the write after judgeCreate.
func (u *unit) create(w *write) error {
	if err := w.table.add(u.tx, w.record); err != nil {
		return notUnique(err, w.collection, createFailed)
	}
	u.changed(w.collection, w.id, change.Create, nil)
	return nil
}

// invalid is the fault of what is wrong with the fields, nil if nothing is; err
// goes first.
func invalid(err error, message string, fails fault.Fields) error {
	if err == nil && len(fails) > 0 {
		return fault.Invalidate(message, fails)
	}
	return err
}

// notUnique is the fault of a record that a unique index refused; other errors
// stay as they are.
func notUnique(err error, c *schema.Collection, message string) error {
	var refused *store.UniqueError
	if !errors.As(err, &refused) {
		return err
	}
	fails := fault.Fields{}
	for _, column := range refused.Columns {
		if c.Field(column) != nil {
			fails[column] = fault.Leaf("validation_not_unique", "Value must be unique")
		}
	}
	return &fault.Error{Kind: fault.Invalid, Message: message, Fields: fails, Err: err}
}
