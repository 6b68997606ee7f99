package collection_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// elsewhere returns a collection as another installation has stored it.
func elsewhere(t *testing.T, name string, indexes string) *schema.Collection {
	t.Helper()
	c := &schema.Collection{ID: "id_" + name, Name: name, Type: schema.Base, Created: "2020-01-01 00:00:00.000Z"}
	err := c.LoadJSON([]byte(`[{"id":"a","name":"id","type":"text","primaryKey":true},{"id":"b","name":"title","type":"text"}]`), []byte(indexes), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAdopt(t *testing.T) {
	w := newWorld(t)
	c := elsewhere(t, "moved", `["CREATE UNIQUE INDEX twice ON moved (title)","CREATE INDEX fine ON moved (title)","CREATE INDEX none ON moved (nothing)"]`)
	wrong := "nothing = 1"
	c.ListRule = &wrong
	var refused []collection.RefusedIndex
	var odd []string
	w.must(w.Adopt(context.Background(), record.Root(), func(a *collection.AdoptTx) ([]*schema.Collection, error) {
		if err := a.Table(c); err != nil {
			return nil, err
		}
		extra := store.Column{Name: "Left Over", Kind: store.ColumnText}
		if reason, err := a.Column(c, extra); reason != "" || err != nil {
			t.Errorf("Column() = %q, %v", reason, err)
		}
		if reason, err := a.Column(c, store.Column{Name: "TITLE"}); (reason == "") != enginetest.Postgres() || err != nil {
			t.Errorf("Column() of a name that is taken in other letters = %q, %v", reason, err)
		}
		b := record.NewBulk(a.Tx, c, []store.Column{extra})
		for _, id := range []string{"one", "two"} {
			if err := b.Add([]store.Value{store.Text(id), store.Text("same"), store.Text("more")}); err != nil {
				return nil, err
			}
		}
		if err := b.Flush(); err != nil {
			return nil, err
		}
		var err error
		if refused, err = a.Indexes(c); err != nil {
			return nil, err
		}
		fails, err := a.Judge(schema.NewSnapshot(0, []*schema.Collection{c}), c)
		odd = fails.Lines()
		return []*schema.Collection{c}, err
	}))
	if got := strings.Join(w.rows(3, `SELECT id, title, "Left Over" FROM moved ORDER BY id`), " "); got != "one,same,more two,same,more" {
		t.Errorf("the records are %s", got)
	}
	if len(refused) != 2 || !strings.Contains(refused[0].Index, "twice") || !strings.Contains(refused[1].Index, "none") {
		t.Errorf("refused indexes: %q, want twice and none", refused)
	}
	is := w.snapshots.Load().ByID("id_moved")
	if is == nil || len(is.Indexes) != 1 || is.Created != c.Created || *is.ListRule != wrong {
		t.Fatalf("the collection is %+v", is)
	}
	if len(odd) != 2 || !strings.HasPrefix(odd[1], "listRule: ") {
		t.Errorf("Judge() = %q, want the pattern of the id and the rule", odd)
	}
	for _, name := range []string{"_superusers", "_externalAuths", "_mfas", "_otps", "_authOrigins"} {
		if w.snapshots.Load().Find(name) == nil {
			t.Errorf("the system collection %s is missing", name)
		}
	}
	if w.snapshots.Load().Find("users") != nil {
		t.Errorf("there is a collection users, which nobody has asked for")
	}
}

func TestAdoptNeedsNewInstallation(t *testing.T) {
	never := func(*collection.AdoptTx) ([]*schema.Collection, error) {
		t.Error("there was something, and it was filled")
		return nil, nil
	}
	w := newWorld(t)
	w.exec(`INSERT INTO users (id) VALUES ('somebody')`)
	if err := w.Adopt(context.Background(), record.Root(), never); err == nil || !strings.Contains(err.Error(), "records in users") {
		t.Errorf("Adopt() where there are records = %v", err)
	}
	w = newWorld(t)
	w.create(`{"name":"mine"}`)
	before := w.state()
	if err := w.Adopt(context.Background(), record.Root(), never); err == nil || !strings.Contains(err.Error(), "the collection mine") {
		t.Errorf("Adopt() where there is a collection = %v", err)
	}
	if w.state() != before {
		t.Errorf("a refused adoption has changed something")
	}
}

func TestAdoptionThatFailsLeavesNothing(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	failed := errors.New("failed")
	err := w.Adopt(context.Background(), record.Root(), func(a *collection.AdoptTx) ([]*schema.Collection, error) {
		c := elsewhere(t, "moved", `[]`)
		w.must(a.Table(c))
		return nil, failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("Adopt() = %v, want the error of its function", err)
	}
	if got := w.state(); got != before {
		t.Errorf("it has left\n%s\nand there was\n%s", got, before)
	}
}
