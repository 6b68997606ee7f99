// Errors of an import, in the form of the wire format (docs/wire/records.md §2.10).

package collection

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// ItemError is the error of one collection of an import. It is wrapped in the fault of Import or
// Plan.
type ItemError struct {
	Collection *schema.Collection // as changed by the import; with id and name only if the item cannot be decoded
	Err        error
}

func (e *ItemError) Error() string { return fmt.Sprintf("collection %q: %v", e.Collection.Name, e.Err) }

// Unwrap returns the error of the collection.
func (e *ItemError) Unwrap() error { return e.Err }

// ItemErrors returns the errors of all collections that an error of Import or Plan wraps, in the order
// of the import.
func ItemErrors(err error) (list []*ItemError) {
	switch e := err.(type) {
	case *ItemError:
		return []*ItemError{e}
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			list = append(list, ItemErrors(err)...)
		}
	case interface{ Unwrap() error }:
		return ItemErrors(e.Unwrap())
	}
	return list
}

// collectionError returns the fault of one collection of an import. Its text names the collection
// and has the problems of its fields as JSON.
func collectionError(c *schema.Collection, err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	text, failed := json.MarshalIndent(plainFields(e.Fields), "", "  ")
	if failed != nil {
		return failed
	}
	return undone(fmt.Sprintf("Data validations failed for collection %q (%s):\n%s", c.Name, c.ID, text), &ItemError{c, err})
}

// joinFailures joins the texts of import faults. Any other error is returned alone, since it is
// more important.
func joinFailures(list []error) error {
	if len(list) < 2 {
		return errors.Join(list...)
	}
	var texts []string
	for _, err := range list {
		var e *fault.Error
		if !errors.As(err, &e) || e.Fields["collections"] == nil {
			return err
		}
		texts = append(texts, e.Fields["collections"].Message)
	}
	return undone(strings.Join(texts, "\n"), errors.Join(list...))
}

// plainFields returns nested field failures as their messages, without codes.
func plainFields(fields fault.Fields) map[string]any {
	out := map[string]any{}
	for name, f := range fields {
		if f.Code == "" {
			out[name] = plainFields(f.Fields)
		} else {
			out[name] = f.Message
		}
	}
	return out
}

// unimported gives the fault of an import the form of the wire format. Internal errors are returned
// unchanged, so that clients do not see their text.
func unimported(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind == fault.Internal || e.Fields["collections"] != nil {
		return err
	}
	reason := strings.TrimPrefix(e.Message, importFailed+" Raw error: \n")
	if leaf := e.Fields["fields"]; leaf != nil {
		reason = leaf.Message
	}
	if e.Err != nil && reason == e.Message {
		reason += " " + e.Err.Error()
	}
	return undone("Failed to import the collections configuration. Raw error:\n"+reason, err)
}

// undone returns the Invalid fault of an import, with the reason under "collections".
func undone(message string, err error) error {
	fails := fault.Fields{}
	fails.Set(fault.Leaf("validation_collections_import_failure", message), "collections")
	return &fault.Error{Kind: fault.Invalid, Message: importFailed, Fields: fails, Err: err}
}
