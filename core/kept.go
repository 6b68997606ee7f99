package core

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

const maxKept = 1 << 18 // bytes of a document, as JSON

// Kept decodes the JSON document that the superuser has stored under the name. Without a document
// into does not change. The console stores queries, columns of tables, positions in the diagram and
// mappings of imports in such documents, so that a superuser has them in every browser. Each
// superuser has documents of their own. A caller who is not a superuser gets the fault of
// record.Caller.RequireSuperuser.
func (a *App) Kept(ctx context.Context, caller record.Caller, name string, into any) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	return a.param(ctx, keptFor(caller, name), into)
}

// ChangeKept reads the document that Kept reads, or the zero T, calls change, and stores the
// result, in one transaction. An error of change is returned, and nothing is written. A document
// of more than 256 KB as JSON is a fault.Invalid. change may be called more than once.
func ChangeKept[T any](ctx context.Context, a *App, caller record.Caller, name string, change func(T) (T, error)) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	return a.store.Write(ctx, func(tx store.Tx) error {
		var document T
		if err := readParam(tx, keptFor(caller, name), &document); err != nil {
			return err
		}
		document, err := change(document)
		if err != nil {
			return err
		}
		text, err := json.Marshal(document)
		if err != nil {
			return err
		}
		if len(text) > maxKept {
			return fault.New(fault.Invalid, fmt.Sprintf("No more than %d KB are kept.", maxKept>>10))
		}
		return a.writeParam(tx, keptFor(caller, name), json.RawMessage(text))
	})
}

// keptFor returns the name of the parameter that holds a document of the superuser.
func keptFor(caller record.Caller, name string) string { return name + ":" + caller.Actor() }
