package record

import (
	"fmt"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// validate judges all fields of the record as it is to be: of each the first
// failure (docs/wire/records.md §1.6).
func (w *write) validate(r store.Reader) (fault.Fields, error) {
	fails := fault.Fields{}
	for i, f := range w.collection.Fields {
		fail, err := w.validateField(r, i, f)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		if fail != nil {
			fails[f.Name] = fail
		}
	}
	if w.collection.System {
		return fails, w.validateReference(r, fails)
	}
	return fails, nil
}

func (w *write) validateField(r store.Reader, i int, f *schema.Field) (*fault.Field, error) {
	value := w.record.values[i]
	switch kind := f.Kind.(type) {
	case *schema.Text:
		if i == w.table.id {
			return w.validateID(r, f, kind)
		}
	case *schema.Password:
		text, set := w.input.password(i)
		if w.overrides(i) || !set && w.stored != nil { // the hash is not what the options are about
			return nil, nil
		}
		value = text
	case *schema.File:
		return w.validateFiles(i, f, kind), nil
	case *schema.Relation:
		if fail := kind.Validate(f, value); fail != nil {
			return fail, nil
		}
		return w.validateRelated(r, kind, choices(value))
	}
	return f.Kind.Validate(f, value), nil
}

// validateRelated fails ids that are not those of records, whoever may see them.
func (w *write) validateRelated(r store.Reader, kind *schema.Relation, ids []string) (*fault.Field, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	target := w.snapshot.ByID(kind.CollectionID)
	if target == nil {
		return fault.Leaf("validation_missing_rel_collection", "Relation connection is missing or cannot be accessed"), nil
	}
	n, err := w.service.table(w.snapshot, target).count(r, ids)
	if err != nil || n == len(ids) {
		return nil, err
	}
	return fault.Leaf("validation_missing_rel_records", "Failed to find all relation records with the provided ids"), nil
}

// validateReference judges a row that belongs to an auth record of any collection.
func (w *write) validateReference(r store.Reader, fails fault.Fields) error {
	if !slices.Contains(referenceCollections(), w.collection.Name) {
		return nil
	}
	owner := w.snapshot.ByID(w.record.Text("collectionRef"))
	switch {
	case owner == nil:
		fails.Set(fault.Leaf("validation_invalid_collection_id", "Missing or invalid collection"), "collectionRef")
		fails.Set(fault.Leaf("validation_invalid_collection", "Missing or invalid collection"), "recordRef")
	case !owner.IsAuth():
		fails.Set(fault.Leaf("validation_invalid_collection_type", "Invalid collection type - must be auth"), "collectionRef")
	default:
		found, err := w.service.table(w.snapshot, owner).has(r, w.record.Text("recordRef"))
		if err != nil {
			return err
		}
		if !found {
			fails.Set(fault.Leaf("validation_invalid_record", "Missing or invalid record"), "recordRef")
		}
	}
	if w.collection.Name == schema.ExternalAuths && !schema.KnownProvider(w.record.Text("provider")) {
		fails.Set(fault.Leaf("validation_in_invalid", "Must be a valid value"), "provider")
	}
	return nil
}

// referenceCollections are the system collections whose rows belong to auth records.
func referenceCollections() []string {
	return []string{schema.ExternalAuths, schema.MFAs, schema.OTPs, schema.AuthOrigins}
}
