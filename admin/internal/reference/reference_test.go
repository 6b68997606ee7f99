package reference

import (
	"go/format"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/schema"
)

// Each operation has code in each language for any typed values, and gofmt accepts the Go code.
func TestSnippets(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	coretest.Collection(t, app, `{"name":"seeds","fields":[{"name":"title","type":"text"},{"name":"kind","type":"select","values":["a'b","c"]},{"name":"amount","type":"number"},
		{"name":"keeper","type":"relation","collectionId":"`+app.Snapshot().Find("users").ID+`"},{"name":"data","type":"json"},{"name":"secret","type":"text","hidden":true}]}`)
	coretest.Collection(t, app, `{"name":"short","type":"view","viewQuery":"SELECT id, title FROM seeds"}`)
	types := schema.TypeNames(app.Snapshot().All())
	for _, name := range []string{"seeds", "users", "short"} {
		seen := map[string]bool{}
		for _, op := range operations(app.Snapshot().Find(name), types, example{}) {
			if seen[op.id] {
				t.Errorf("%s has %s twice", name, op.id)
			}
			seen[op.id] = true
			for _, typed := range []string{"", "a'b`$\"\\\n"} {
				f := filled{operation: op, base: "http://127.0.0.1:8090", collection: name, values: map[string]string{}, sent: op.body}
				for _, p := range op.params {
					f.values[p.name] = p.sample + typed
				}
				if op.body != "" {
					f.sent += typed
				}
				for _, s := range f.snippets() {
					if s.code == "" || strings.Contains(s.code, "secret") {
						t.Errorf("%s %s in %s: %q", name, op.id, s.language, s.code)
					}
					if s.language != "Go" {
						continue
					}
					if out, err := format.Source([]byte(s.code)); err != nil || string(out) != s.code {
						t.Errorf("%s %s: %v\n%s", name, op.id, err, s.code)
					}
				}
			}
		}
		if writes := seen["create"]; writes == (name == "short") || seen["password"] != (name == "users") {
			t.Errorf("%s has %v", name, seen)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	f := filled{operation: operation{path: "/api/collections/a/records/{id}", params: []param{{name: "id", inPath: true}, {name: "filter"}, {name: "sort"}}},
		values: map[string]string{"id": "a/b?c", "filter": "a = 'x y' && b > 1"}}
	if got, want := f.address(), "/api/collections/a/records/a%2Fb%3Fc?filter=a%20%3D%20%27x%20y%27%20%26%26%20b%20%3E%201"; got != want {
		t.Errorf("the address is %s, want %s", got, want)
	}
}

func TestBatchAsCalls(t *testing.T) {
	t.Parallel()
	f := filled{operation: operation{client: "batch"}, base: "http://127.0.0.1:8090", collection: "a", sent: `{"requests": [
		{"method": "POST", "url": "/api/collections/a/records", "body": {"price": "$5"}}, {"method": "PATCH", "url": "/api/collections/b/records/x%2Fy?expand=c", "body": {}},
		{"method": "DELETE", "url": "/api/collections/a/records/z"}, {"method": "GET", "url": "/api/health"}]}`}
	for language, calls := range map[string]string{
		"JavaScript": "batch.collection('a').create({\n  \"price\": \"$5\"\n});\nbatch.collection('b').update('x/y', {});\nbatch.collection('a').delete('z');\nconst",
		"Dart":       "batch.collection('a').create(body: {\n  \"price\": \"\\$5\"\n});\nbatch.collection('b').update('x/y', body: {});\nbatch.collection('a').delete('z');\nfinal",
	} {
		for _, s := range f.snippets() {
			if s.language == language && !strings.Contains(s.code, calls) {
				t.Errorf("%s:\n%s\nwant\n%s", language, s.code, calls)
			}
		}
	}
	for language := range parts {
		for _, code := range []string{f.golang(), f.curl(), f.javaScript(), f.dart(), f.sent, "'", "\"\\", "`"} {
			var text strings.Builder
			for _, part := range tokens(language, code) {
				text.WriteString(part.text)
			}
			if text.String() != code {
				t.Errorf("%s in colours is %q, want %q", language, text.String(), code)
			}
		}
	}
}
