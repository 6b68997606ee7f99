package record

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// readBed is a service on a database whose tables and rows the test makes.
type readBed struct {
	*Service
	t        testing.TB
	snapshot *schema.Snapshot
}

func newReadBed(t testing.TB, collections ...*schema.Collection) *readBed {
	t.Helper()
	db := enginetest.Open(t)
	supers := authCollection(schema.Superusers)
	bed := &readBed{t: t, snapshot: schema.NewSnapshot(1, append(collections, supers))}
	bed.Service = New(Config{Store: db, Snapshot: func() *schema.Snapshot { return bed.snapshot }, Log: slog.New(slog.DiscardHandler)})
	err := db.Exclusive(t.Context(), func(tx store.Tx) error {
		for _, c := range bed.snapshot.All() {
			columns := make([]store.Column, len(c.Fields))
			for i, f := range c.Fields {
				columns[i] = f.Column()
			}
			if err := db.Catalog().CreateTable(tx, c.Name, columns); err != nil {
				return err
			}
			for _, ix := range c.ParsedIndexes() {
				if err := db.Catalog().CreateIndex(tx, ix); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return bed
}

// object holds the fields of a record by name.
type object = map[string]any

// insert stores records; fields that an object lacks get their zero value.
func (b *readBed) insert(collection string, objects ...object) {
	b.t.Helper()
	c := b.snapshot.Find(collection)
	err := b.cfg.Store.Write(b.t.Context(), func(tx store.Tx) error {
		for _, o := range objects {
			r := Blank(c)
			for name, v := range o {
				r.Set(name, v)
			}
			var names, marks []string
			var args []store.Value
			for i, f := range c.Fields {
				names = append(names, `"`+f.Name+`"`)
				marks = append(marks, "$"+strconv.Itoa(i+1))
				args = append(args, f.Value(r.values[i]))
			}
			if _, err := tx.Exec(`INSERT INTO "`+c.Name+`" (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *readBed) exec(sql string, args ...store.Value) {
	b.t.Helper()
	err := b.cfg.Store.Exclusive(b.t.Context(), func(tx store.Tx) error {
		_, err := tx.Exec(sql, args...)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// as returns a caller who has signed in as a record of that collection and id.
func (b *readBed) as(collection, id string) Caller {
	r := Blank(b.snapshot.Find(collection))
	r.Set("id", id)
	return Caller{Auth: r}
}

func (b *readBed) super() Caller { return b.as(schema.Superusers, "super") }

// mustList returns the page and its items.
func (b *readBed) mustList(c Caller, collection string, p ListParams) (*Page, []object) {
	b.t.Helper()
	page, err := b.List(b.t.Context(), c, collection, p)
	if err != nil {
		b.t.Fatalf("List(%s, %+v): %v", collection, p, err)
	}
	var items []object
	if err := json.Unmarshal(page.Items, &items); err != nil {
		b.t.Fatalf("List(%s, %+v): %v: %s", collection, p, err, page.Items)
	}
	return page, items
}

// ids returns the joined ids of a list.
func (b *readBed) ids(c Caller, collection string, p ListParams) string {
	b.t.Helper()
	_, items := b.mustList(c, collection, p)
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = item["id"].(string)
	}
	return strings.Join(list, " ")
}

func (b *readBed) get(c Caller, collection, id, expand string) (string, error) {
	b.t.Helper()
	got, err := b.Get(context.Background(), c, collection, id, expand)
	if err == nil && !json.Valid(got) {
		b.t.Errorf("Get(%s, %s) is not JSON: %s", collection, id, got)
	}
	return string(got), err
}

// checkFault checks kind and message; a kind of none means no error.
func checkFault(t *testing.T, what string, err error, kind fault.Kind, message string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Errorf("%s: %v, want a fault that is %s", what, err, kind)
		return
	}
	if f.Kind != kind || f.Message != message {
		t.Errorf("%s: %s %q, want %s %q", what, f.Kind, f.Message, kind, message)
	}
}

func rule(text string) *string { return &text }

func idField() *schema.Field {
	return &schema.Field{Name: "id", System: true, Kind: &schema.Text{PrimaryKey: true}}
}

func textField(name string) *schema.Field { return &schema.Field{Name: name, Kind: &schema.Text{}} }

func relationField(name, collection string, most int) *schema.Field {
	return &schema.Field{Name: name, Kind: &schema.Relation{CollectionID: collection, MaxSelect: most}}
}

// base returns a collection that everybody may list and view; its id is its name after "id_".
func base(name string, fields ...*schema.Field) *schema.Collection {
	return &schema.Collection{ID: "id_" + name, Name: name, Type: schema.Base, ListRule: rule(""), ViewRule: rule(""),
		Fields: append([]*schema.Field{idField()}, fields...)}
}

// A statement is refused if its table was renamed a moment before.
func TestRefusedReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	bed := newReadBed(t)
	moved := &store.StatementError{Message: "relation does not exist"}
	for _, c := range []struct {
		name    string
		refused int // the number of refusals
		want    error
		calls   int
	}{
		{"never", 0, nil, 1},
		{"once", 1, nil, 2},
		{"for good", 9, moved, 2},
	} {
		calls := 0
		err := bed.readWithRetry(Caller{}, func(*readRequest) error {
			if calls++; calls > c.refused {
				return nil
			}
			return moved
		})
		if err != c.want || calls != c.calls {
			t.Errorf("%s: error %v after %d calls, want %v after %d", c.name, err, calls, c.want, c.calls)
		}
	}
}
