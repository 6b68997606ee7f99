package record_test

import (
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
)

// TestFileOfView finds files through views, by the first record that has the file.
func TestFileOfView(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name":"docs","fields":[{"name":"one","type":"file"},{"name":"many","type":"file","maxSelect":9},{"name":"title","type":"text"}]}`,
		`{"name":"gallery","type":"view","viewRule":"","viewQuery":"SELECT d.id, d.many AS pictures, d.one, upper(d.one) AS shouted FROM docs d"}`,
		`{"name":"wall","type":"view","viewRule":"","viewQuery":"SELECT id, pictures, one FROM gallery"}`)
	id := b.add("docs", object{"title": "x"})
	_, err := b.send(root, "docs", id, nil, map[string][]*blob.Upload{"one": {file(t, "a.txt", "a")}, "many": {file(t, "b.txt", "b")}})
	check(t, "upload", err, "ok")
	r := b.stored("docs", id)
	for _, name := range append(r.Strings("many"), r.Text("one")) {
		for _, collection := range []string{"docs", "gallery", "wall"} {
			f, err := b.Records().File(t.Context(), guest, collection, id, name)
			if err != nil || f.Key != b.Snapshot().Find("docs").ID+"/"+id+"/"+name {
				t.Errorf("%s of %s is at %q, %v", name, collection, f.Key, err)
			}
		}
	}
	if _, err := b.Records().File(t.Context(), guest, "gallery", id, "none.txt"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a name that is nowhere: %v", err)
	}
}
