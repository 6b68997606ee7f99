// Save: a record value is stored as a create or an update.

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

// Save stores what Set has changed in r, and returns the record as it is stored then; r
// stays as it is. A record without a stored state is created, with the faults of Create;
// any other is updated, with the faults of Update: only the fields that r has changed are
// written, so changes that others have made to other fields meanwhile are kept.
//
// A Set that cannot be stored (see there) is an error that is no fault.
//
// It is the same write as Create and Update, so hidden fields are set only for
// superusers, autodate fields never. A new password needs no repetition; the old one is
// asked for where Update asks for it, so that accounts change their own passwords by
// Update. Files are uploaded by Create and Update; Save can take names of files out of a
// field.
func (s *Service) Save(ctx context.Context, caller Caller, r *Record) (*Record, error) {
	if r.misuse != nil {
		return nil, r.misuse
	}
	body := map[string]any{}
	for _, i := range r.changed() {
		f := r.collection.Fields[i]
		body[f.Name] = r.values[i]
		if f.IsPassword() && r.collection.IsAuth() && f.Name == "password" {
			// A repetition guards against slips of the finger, which code does not make.
			body["passwordConfirm"] = r.values[i]
		}
	}
	if r.stored {
		// Set may have changed the id: the record to update is the stored one, whose update
		// will then be refused as a change of the id.
		id := r.Text("id")
		if r.original != nil {
			id, _ = r.original[r.collection.FieldIndex("id")].(string)
		}
		return s.Update(ctx, caller, r.collection.ID, id, Input{Body: body})
	}
	return s.Create(ctx, caller, r.collection.ID, Input{Body: body})
}
