package record_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	app := coretest.With(t, `{"name":"posts","viewRule":"title = 'open'","updateRule":null,"fields":[{"name":"title","type":"text"},
		{"name":"pictures","type":"file","maxSelect":3,"protected":true},{"name":"cover","type":"file","maxSelect":1}]}`)
	upload := func(name string) *blob.Upload {
		t.Helper()
		u, err := blob.FromBytes(name, []byte("content of "+name))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	ctx, id := t.Context(), coretest.Record(t, app, "posts", map[string]any{"title": "open"}).ID()
	pictures, cover := app.Records().Files("posts", "pictures"), app.Records().Files("posts", "cover")
	names, err := pictures.Add(ctx, id, upload("a.txt"), upload("b.txt"))
	if err != nil || len(names) != 2 || names[0][0] != 'a' || names[1][0] != 'b' {
		t.Fatalf("Add = %q, %v", names, err)
	}
	file, err := pictures.As(record.Caller{}).Open(ctx, id, names[1])
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil || string(text) != "content of b.txt" || file.Attributes().OriginalName != "b.txt" {
		t.Errorf("Open has %q of %q, %v", text, file.Attributes().OriginalName, err)
	}
	if _, err := cover.Add(ctx, id, upload("c.txt")); err != nil {
		t.Fatal(err)
	}
	covers, err := cover.Add(ctx, id, upload("d.txt"))
	if err != nil || len(covers) != 1 || covers[0][0] != 'd' {
		t.Errorf("Add to a field for one file = %q, %v", covers, err)
	}
	// A transaction can open the files that it has added; if it fails, no file is stored.
	undone := errors.New("undone")
	err = app.Transaction(ctx, func(tx *core.Tx) error {
		in := pictures.In(tx.Records)
		names, err := in.Add(tx.Context, id, upload("e.txt"))
		if err != nil {
			return err
		}
		file, err := in.Open(tx.Context, id, names[2])
		if err != nil {
			return err
		}
		return errors.Join(file.Close(), undone)
	})
	if !errors.Is(err, undone) {
		t.Errorf("the transaction = %v", err)
	}
	left, err := pictures.Remove(ctx, id, names[0], "unknown.txt")
	if err != nil || len(left) != 1 || left[0] != names[1] {
		t.Errorf("Remove = %q, %v", left, err)
	}
	for name, test := range map[string]struct {
		call func() error
		want string
	}{
		"a removed file": {func() error { _, err := pictures.Open(ctx, id, names[0]); return err }, "not found"},
		"another field":  {func() error { _, err := pictures.Open(ctx, id, covers[0]); return err }, "not found"},
		"no record":      {func() error { _, err := pictures.Add(ctx, "none", upload("x")); return err }, "not found"},
		"a guest adds":   {func() error { _, err := pictures.As(record.Caller{}).Add(ctx, id, upload("x")); return err }, "superusers"},
		"too many": {func() error {
			_, err := pictures.Add(ctx, id, upload("x"), upload("y"), upload("z"))
			return err
		}, "pictures"},
		"no collection":   {func() error { _, err := app.Records().Files("none", "x").Open(ctx, id, "x"); return err }, "none.x"},
		"no field":        {func() error { _, err := app.Records().Files("posts", "none").Remove(ctx, id, "x"); return err }, "posts.none"},
		"a field of text": {func() error { _, err := app.Records().Files("posts", "title").Add(ctx, id); return err }, "posts.title"},
		"not open": {func() error {
			_, err := core.New(core.Config{}).Records().Files("posts", "pictures").Open(ctx, id, "x")
			return err
		}, "not open"},
	} {
		if err := test.call(); err == nil || !strings.Contains(strings.ToLower(err.Error()), test.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, test.want)
		}
	}
	if _, err := app.Records().Update(ctx, record.Root(), "posts", id, record.Input{Body: map[string]any{"title": "closed"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := pictures.As(record.Caller{}).Open(ctx, id, names[1]); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a protected file that the view rule hides: %v", err)
	}
	if err := app.Blobs().DeletePrefix(ctx, app.Snapshot().Find("posts").ID); err != nil {
		t.Fatal(err)
	}
	if _, err := pictures.Open(ctx, id, names[1]); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a file that the store has lost: %v", err)
	}
}
