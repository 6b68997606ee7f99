package core_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

const posts = `{"name":"posts","fields":[{"name":"title","type":"text"},{"name":"attached","type":"file","maxSelect":1}]}`

// write creates a post with the service Records of a transaction.
func write(tx *core.Tx, title string) error {
	_, err := tx.Records.Create(tx.Context, record.Root(), "posts", record.Input{Body: map[string]any{"title": title}})
	return err
}

// titles returns the titles of all posts.
func titles(t *testing.T, app *core.App) (list []string) {
	t.Helper()
	for r, err := range app.Records().Each(t.Context(), record.Root(), record.Query{Collection: "posts"}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r.Text("title"))
	}
	return list
}

// A transaction with the context of another is a part of it: both have one number in the change
// log, and a part that fails is undone alone.
func TestTransactionsJoin(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, posts)
	var told [][]change.Change
	app.OnCommitted(func(changes []change.Change) { told = append(told, changes) })
	failed := errors.New("no luck")
	err := app.Transaction(t.Context(), func(tx *core.Tx) error {
		err := app.Transaction(tx.Context, func(part *core.Tx) error {
			if err := everything(part); err != nil {
				return err
			}
			return write(part, "undone")
		})
		if err == nil {
			err = app.Transaction(tx.Context, func(part *core.Tx) error {
				if _, err := part.Settings.Patch(part.Context, record.Root(), []byte(`{"meta":{"appName":"Undone"}}`)); err != nil {
					return err
				}
				in := record.Input{Body: map[string]any{"title": "undone"}}
				in.Files = map[string][]*blob.Upload{"attached": {upload("b.txt")}}
				if _, err := part.Records.Create(part.Context, record.Root(), "posts", in); err != nil {
					return err
				}
				if _, err := part.Collections.Create(part.Context, record.Root(), []byte(`{"name":"undone"}`)); err != nil {
					return err
				}
				return failed
			})
		}
		if !errors.Is(err, failed) {
			return fmt.Errorf("the part that fails: %w", err)
		}
		if got := tx.Settings.Current().Meta.AppName; got != "Moved" {
			return fmt.Errorf("the settings are of %q after a part that was undone", got)
		}
		if tx.Collections.Snapshot().Find("undone") != nil || tx.Collections.Snapshot().Find("notes") == nil {
			return errors.New("the collections are not those before the part that was undone")
		}
		return app.Transaction(tx.Context, func(part *core.Tx) error {
			return app.Transaction(part.Context, func(inner *core.Tx) error { return write(inner, "kept") })
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := titles(t, app); !slices.Equal(got, []string{"undone", "kept"}) {
		t.Errorf("the posts are %q", got)
	}
	if len(told) != 1 || len(told[0]) != 5 {
		t.Errorf("observers were told of %v, want one transaction of five changes", told)
	}
	if n := files(t, app); n != 2 { // with its attributes
		t.Errorf("%d files are stored, want those of one upload", n)
	}
	if err := app.Transaction(t.Context(), func(tx *core.Tx) error {
		return app.Transaction(tx.Context, func(part *core.Tx) error { return errors.Join(write(part, "lost"), failed) })
	}); !errors.Is(err, failed) || len(titles(t, app)) != 2 {
		t.Errorf("a whole whose part fails: %v, %q", err, titles(t, app))
	}
}

// A transaction with the context of a hook that runs in a transaction is a part of that transaction.
func TestTransactionsOfHooksJoin(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, posts)
	coretest.Collection(t, app, `{"name":"log","fields":[{"name":"text","type":"text"}]}`)
	var told [][]change.Change
	app.OnCommitted(func(changes []change.Change) { told = append(told, changes) })
	app.Hooks().Records.InTx.BindFunc(func(e *record.WriteEvent) error {
		return app.Transaction(e.Context, func(tx *core.Tx) error {
			in := record.Input{Body: map[string]any{"text": e.Record.Text("title")}}
			if _, err := tx.Records.Create(tx.Context, record.Root(), "log", in); err != nil {
				return err
			}
			_, err := tx.Settings.Patch(tx.Context, record.Root(), fmt.Appendf(nil, `{"meta":{"appName":%q}}`, e.Record.Text("title")))
			if err != nil || e.Record.Text("title") != "changes collections" {
				return err
			}
			_, err = tx.Collections.Create(tx.Context, record.Root(), []byte(`{"name":"more"}`))
			return err
		})
	}, "posts")
	app.Hooks().Records.AfterSuccess.BindFunc(func(e *record.WriteEvent) error {
		return app.Transaction(e.Context, func(tx *core.Tx) error { // a new transaction: that of the write has ended
			in := record.Input{Body: map[string]any{"text": "after " + e.Record.Text("title")}}
			_, err := tx.Records.Create(tx.Context, record.Root(), "log", in)
			return err
		})
	}, "posts")
	post := func(title string) error {
		_, err := app.Records().Create(t.Context(), record.Root(), "posts", record.Input{Body: map[string]any{"title": title}})
		return err
	}
	logged := func() int {
		n, err := app.Records().Count(t.Context(), "log")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := post("one"); err != nil || logged() != 2 || app.Settings().Current().Meta.AppName != "one" {
		t.Errorf("a write whose hook joins: %v, %d logged, the name is %q", err, logged(), app.Settings().Current().Meta.AppName)
	}
	if len(told) != 2 || len(told[0]) != 3 || len(told[1]) != 1 {
		t.Errorf("observers were told of %v, want the write with its hook, then the hook after it", told)
	}
	if err := post("changes collections"); err == nil || !strings.Contains(err.Error(), "cannot change collections") || app.Snapshot().Find("more") != nil {
		t.Errorf("a hook that changes collections: %v", err)
	}
	err := app.Transaction(t.Context(), func(tx *core.Tx) error {
		if err := write(tx, "two"); err != nil {
			return err
		}
		if got := tx.Settings.Current().Meta.AppName; got != "two" {
			return fmt.Errorf("the transaction sees the name %q, which its hook has changed", got)
		}
		return nil
	})
	if err != nil || logged() != 4 || app.Settings().Current().Meta.AppName != "two" {
		t.Errorf("a transaction with a write whose hook joins: %v, %d logged", err, logged())
	}
}

// A hook that uses the services of the transaction around its write gets an error: it would wait
// for itself.
func TestHookThatUsesTheOuterTransaction(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, posts)
	var outer *core.Tx
	uses := map[string]func() error{
		"writes":  func() error { return write(outer, "again") },
		"reads":   func() error { _, err := outer.Records.Count(outer.Context, "posts"); return err },
		"patches": func() error { _, err := outer.Settings.Patch(outer.Context, record.Root(), []byte(`{}`)); return err },
		"joins": func() error {
			return app.Transaction(outer.Context, func(tx *core.Tx) error { return write(tx, "again") })
		},
	}
	var use func() error
	app.Hooks().Records.InTx.BindFunc(func(*record.WriteEvent) error { return use() }, "posts")
	for name := range uses {
		use = uses[name]
		err := app.Transaction(t.Context(), func(tx *core.Tx) error {
			outer = tx
			return write(tx, "one")
		})
		if err == nil || !strings.Contains(err.Error(), "the service of its event") {
			t.Errorf("a hook that %s by the outer transaction: %v", name, err)
		}
	}
	if got := titles(t, app); len(got) != 0 {
		t.Errorf("%q are stored", got)
	}
}

// The context of a transaction of one app is an ordinary context for another app.
func TestTransactionsOfTwoApps(t *testing.T) {
	t.Parallel()
	one, two := coretest.New(t), coretest.New(t)
	coretest.Collection(t, two, posts)
	err := one.Transaction(t.Context(), func(tx *core.Tx) error {
		return two.Transaction(tx.Context, func(tx *core.Tx) error { return write(tx, "x") })
	})
	if err == nil || !strings.Contains(err.Error(), "inside of a transaction") || len(titles(t, two)) != 0 {
		t.Errorf("a transaction of another app inside of one = %v, %q", err, titles(t, two))
	}
}
