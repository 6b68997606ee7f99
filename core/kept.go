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

// Kept decodes the document that is stored for the superuser under the name; without a document the
// value stays as it is. The console stores queries, places in the diagram and mappings of imports so: they
// follow a superuser to every browser. Other superusers do not get them.
func (a *App) Kept(ctx context.Context, caller record.Caller, name string, into any) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	return a.param(ctx, keptFor(caller, name), into)
}

// ChangeKept changes that document in a transaction. An error of change is returned, and nothing is written. A
// document of more than 256 KB as JSON is a fault that is Invalid.
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

// keptFor is the row of a document of a superuser.
func keptFor(caller record.Caller, name string) string { return name + ":" + caller.Actor() }
