// Save: storing a record value as a create or an update.

package record

import "context"

// NewRecord returns a new record of the collection, for Save. The fault is NotFound if
// there is no such collection.
func (s *Service) NewRecord(collection string) (*Record, error) {
	c := s.cfg.Snapshot().Find(collection)
	if c == nil {
		return nil, (&Query{Collection: collection}).in(missingCollection())
	}
	r := Blank(c)
	r.home = s
	return r, nil
}

// Save stores the changes of Set in r, and returns the stored record; r does not change. A record
// without a stored state is created, with the faults of Create; any other record is updated, with
// the faults of Update: only the fields that r has changed are written, so concurrent changes of
// other fields are kept.
//
// For a mistake in a call of Set (see there) the error is not a fault.
//
// Save writes as Create and Update do, so hidden fields are set only for superusers, and autodate
// fields never. A new password needs no repetition, but the old password is required wherever
// Update requires it, so accounts change their own passwords by Update. Files are uploaded by
// Create and Update; Save can take names of files out of a field.
func (s *Service) Save(ctx context.Context, caller Caller, r *Record) (*Record, error) {
	if r.misuse != nil {
		return nil, r.misuse
	}
	body := map[string]any{}
	for _, i := range r.changed() {
		f := r.collection.Fields[i]
		body[f.Name] = r.values[i]
		if f.IsPassword() && r.collection.IsAuth() && f.Name == "password" {
			// The repetition guards against typing errors, which code does not make.
			body["passwordConfirm"] = r.values[i]
		}
	}
	if r.stored {
		// Set may have changed the id: the stored record is updated, and the change of its id will
		// be refused.
		id := r.Text("id")
		if r.original != nil {
			id, _ = r.original[r.collection.FieldIndex("id")].(string)
		}
		return s.Update(ctx, caller, r.collection.ID, id, Input{Body: body})
	}
	return s.Create(ctx, caller, r.collection.ID, Input{Body: body})
}
