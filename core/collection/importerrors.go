package collection

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// collectionError is the failure of one collection of an import.
func collectionError(c *schema.Collection, err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	text, failed := json.MarshalIndent(plainFields(e.Fields), "", "  ")
	if failed != nil {
		return failed
	}
	return undone(fmt.Sprintf("Data validations failed for collection %q (%s):\n%s", c.Name, c.ID, text), err)
}

// joinFailures is the failure of an import of which several collections are wrong.
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

// plainFields are failures as their messages.
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

// unimported is any failure of an import as the wire has it. What is internal stays so.
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

func undone(message string, err error) error {
	fails := fault.Fields{}
	fails.Set(fault.Leaf("validation_collections_import_failure", message), "collections")
	return &fault.Error{Kind: fault.Invalid, Message: importFailed, Fields: fails, Err: err}
}
