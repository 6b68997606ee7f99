package typed

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/core/coretest"
)

var update = flag.Bool("update", false, "write the files in testdata")

// TestViews compares the generated sources with testdata, for collections with fields of every kind
// and with names that the languages reserve.
func TestViews(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	authors := coretest.Collection(t, app, `{"name":"authors","type":"auth","listRule":"","viewRule":"","createRule":"",
		"fields":[{"name":"name","type":"text","required":true}]}`)
	coretest.Collection(t, app, `{"name":"every_kinds","listRule":"","viewRule":"","createRule":"","updateRule":"","fields":[
		{"name":"text","type":"text","required":true,"help":"A title,\n*/* closed."},{"name":"editor","type":"editor"},{"name":"number","type":"number","required":true},
		{"name":"count","type":"number","onlyInt":true},{"name":"bool","type":"bool"},{"name":"email","type":"email"},{"name":"url","type":"url"},
		{"name":"date","type":"date"},{"name":"created","type":"autodate","onCreate":true},
		{"name":"status","type":"select","required":true,"values":["draft","two words","1st","1-st","values","none","$x \"\\\u0001"]},
		{"name":"sizes","type":"select","values":["s","M","L-XL"],"maxSelect":3},{"name":"json","type":"json"},{"name":"file","type":"file"},
		{"name":"files","type":"file","maxSelect":3},{"name":"author","type":"relation","collectionId":"`+authors.ID+`"},
		{"name":"authors","type":"relation","collectionId":"`+authors.ID+`","maxSelect":5},{"name":"point","type":"geoPoint"},
		{"name":"pin","type":"password"},{"name":"hidden","type":"text","hidden":true},
		{"name":"class","type":"text"},{"name":"fun","type":"text"},{"name":"func","type":"text"},{"name":"raw","type":"text"},{"name":"field","type":"text"},
		{"name":"_under","type":"text"},{"name":"under","type":"text"},{"name":"created_at","type":"text"},{"name":"URL_of","type":"text"}]}`)
	for _, name := range []string{"collections", "geo_points", "lists", "dates", "instants", "wires"} { // type names in the sources
		coretest.Collection(t, app, `{"name":"`+name+`","listRule":"","fields":[{"name":"text","type":"text"}]}`)
	}
	for _, l := range []Language{Dart, Kotlin, Swift} {
		got := l.Write(shape.Of(app.Snapshot(), false))
		if again := l.Write(shape.Of(app.Snapshot(), false)); !bytes.Equal(got, again) {
			t.Errorf("%s: the same collections give another text", l.Name())
		}
		file := "testdata/views." + l.Name()
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the text differs from %s (go test -update writes it): %v", l.Name(), file, err)
		}
	}
}
