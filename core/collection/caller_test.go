package collection_test

import (
	"context"
	"slices"
	"testing"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// calls returns the methods that take a caller. The bodies are wrong on purpose: the caller is
// checked before any error of the body.
func calls(w *world, caller record.Caller) map[string]func(context.Context) error {
	wrong := []byte(`{"name":`)
	return map[string]func(context.Context) error{
		"Get": func(ctx context.Context) error { _, err := w.Get(ctx, caller, "nope"); return err },
		"List": func(ctx context.Context) error {
			_, err := w.List(ctx, caller, record.ListParams{Filter: "("})
			return err
		},
		"Create": func(ctx context.Context) error { _, err := w.Create(ctx, caller, wrong); return err },
		"Update": func(ctx context.Context) error { _, err := w.Update(ctx, caller, "nope", wrong); return err },
		"UpdateConverting": func(ctx context.Context) error {
			_, err := w.UpdateConverting(ctx, caller, "nope", wrong)
			return err
		},
		"Delete":     func(ctx context.Context) error { return w.Delete(ctx, caller, "nope") },
		"Import":     func(ctx context.Context) error { return w.Import(ctx, caller, &collection.Import{}) },
		"Plan":       func(ctx context.Context) error { _, err := w.Plan(ctx, caller, wrong); return err },
		"DryRunView": func(ctx context.Context) error { _, err := w.DryRunView(ctx, caller, ""); return err },
		"Scaffolds":  func(ctx context.Context) error { _, err := w.Scaffolds(ctx, caller); return err },
		"Adopt":      func(ctx context.Context) error { return w.Adopt(ctx, caller, nil) },
	}
}

func TestOnlySuperusers(t *testing.T) {
	w := newWorld(t)
	ann := record.Caller{Auth: record.Blank(w.snapshots.Load().Find("users"))}
	for name, call := range calls(w, record.Caller{}) {
		if err := call(t.Context()); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s by a guest: %v, want Unauthenticated", name, err)
		}
	}
	for name, call := range calls(w, ann) {
		if err := call(t.Context()); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s by a user: %v, want Forbidden", name, err)
		}
	}
}

func TestChangesNameTheirActor(t *testing.T) {
	w := newWorld(t)
	superusers := w.snapshots.Load().Find("_superusers")
	boss := record.Blank(superusers)
	boss.Set("id", "boss00000000001")
	caller := record.Caller{Auth: boss}
	var hooked []string
	w.hooks.Before.BindFunc(func(e *collection.RequestEvent) error {
		hooked = append(hooked, e.Caller.Actor())
		return nil
	})
	w.hooks.InTx.BindFunc(func(e *collection.Event) error {
		hooked = append(hooked, e.Caller.Actor())
		return nil
	})
	posts, err := w.Create(t.Context(), caller, []byte(`{"name":"posts"}`))
	w.must(err)
	_, err = w.Update(t.Context(), caller, "posts", []byte(`{"name":"articles"}`))
	w.must(err)
	w.must(w.Import(t.Context(), caller, imported(false, `{"name":"articles","listRule":""}`)))
	w.must(w.Delete(t.Context(), caller, "articles"))
	w.create(`{"name":"posts"}`)

	by := superusers.ID + "/boss00000000001"
	want := []string{"create," + by, "update," + by, "update," + by, "delete," + by, "create,"}
	got := w.rows(2, `SELECT "action", "by" FROM "_changes" WHERE "collection" = '`+posts.ID+`' ORDER BY "seq", "n"`)
	if !slices.Equal(got, want) {
		t.Errorf("the change log has %q, want %q", got, want)
	}
	if len(hooked) != 10 || slices.ContainsFunc(hooked[:8], func(actor string) bool { return actor != by }) || hooked[8] != "" {
		t.Errorf("hooks saw the callers %q, want %q eight times, then nobody twice", hooked, by)
	}
}
