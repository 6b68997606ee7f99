package graphql_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/s3test"
	"github.com/loambase/loam/core/record"
)

// newAlbums returns a server with count albums, each with a cover and two pictures, and a view of
// the albums.
func newAlbums(t *testing.T, count int) *blog {
	t.Helper()
	b := newBlog(t)
	coretest.Collection(t, b.app, `{"name":"albums","type":"base","listRule":"","viewRule":"","createRule":"","fields":[{"name":"name","type":"text"},
		{"name":"cover","type":"file","protected":true},{"name":"pictures","type":"file","maxSelect":3}]}`)
	coretest.Collection(t, b.app, `{"name":"covers_shown","type":"view","listRule":"","viewRule":"","viewQuery":"SELECT id, cover FROM albums"}`)
	for i := range count {
		b.addAlbum(i)
	}
	return b
}

// addAlbum uploads the i-th album, whose cover has i+1 bytes, and returns the answer.
func (b *blog) addAlbum(i int) (answer string) {
	b.t.Helper()
	text, err := json.Marshal(object{"query": `mutation ($n: String, $c: Upload, $p: [Upload!]) { createAlbum(input: {name: $n, cover: $c, pictures: $p}) { cover { size type } } }`,
		"variables": object{"n": fmt.Sprintf("%03d", i), "c": nil, "p": []any{nil, nil}}})
	if err != nil {
		b.t.Fatal(err)
	}
	status, answer := b.upload("Apollo-Require-Preflight", part{"operations", "", string(text)},
		part{"map", "", `{"0":["variables.c"],"1":["variables.p.0"],"2":["variables.p.1"]}`},
		part{"0", "a.txt", strings.Repeat("x", i+1)}, part{"1", "b.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"}, part{"2", "c.json", `{"a":1}`})
	if status != http.StatusOK {
		b.t.Fatalf("%d %s", status, answer)
	}
	return answer
}

// facts queries the size and the type of all files of the first albums.
func (b *blog) facts(albums int) (list []object, answer string) {
	b.t.Helper()
	answer = b.ask("", fmt.Sprintf(`{ albums(first: %d, sort: {name: ASC}) { items { cover { size type } pictures { size type url } } } }`, albums), nil)
	var got struct {
		Data struct{ Albums struct{ Items []object } }
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		b.t.Fatal(err)
	}
	return got.Data.Albums.Items, answer
}

// TestFactsOfFiles compares size and type with the length and the Content-Type of the downloads.
func TestFactsOfFiles(t *testing.T) {
	t.Parallel()
	b := newAlbums(t, 2)
	if got := b.addAlbum(2); got != `{"data":{"createAlbum":{"cover":{"size":3,"type":"text/plain; charset=utf-8"}}}}` && got != `{"data":{"createAlbum":{"cover":{"size":3,"type":"text/plain"}}}}` {
		t.Errorf("a created record: %s", got)
	}
	for range 2 { // the second answer comes from the cache
		list, answer := b.facts(3)
		if len(list) != 3 {
			t.Fatal(answer)
		}
		for i, album := range list {
			if cover := album["cover"].(object); cover["size"] != float64(i+1) || !strings.HasPrefix(cover["type"].(string), "text/plain") {
				t.Errorf("cover %d: %v", i, cover)
			}
			for _, p := range album["pictures"].([]any) {
				picture := p.(object)
				r := httptest.NewRecorder()
				b.ServeHTTP(r, httptest.NewRequest(http.MethodGet, picture["url"].(string), nil))
				if size, kind := float64(r.Body.Len()), r.Header().Get("Content-Type"); picture["size"] != size || picture["type"] != kind {
					t.Errorf("%v, but it is served with %v bytes as %s", picture, size, kind)
				}
			}
		}
	}
	shown := `{ coversShown: covers_shown(sort: {id: ASC}) { items { cover { size } } } }`
	if answer := b.ask("", shown, nil); strings.Count(answer, `"size":`) != 3 || strings.Contains(answer, "null") {
		t.Errorf("files of a view: %s", answer)
	}
	if answer := b.ask("", `{ posts(sort: {title: ASC}, first: 1) { items { picture { size } } } }`, nil); answer != `{"data":{"posts":{"items":[{"picture":null}]}}}` {
		t.Errorf("no file: %s", answer)
	}
	albums := b.app.Snapshot().Find("albums")
	if err := b.app.Blobs().DeletePrefix(t.Context(), albums.ID); err != nil {
		t.Fatal(err)
	}
	b.create("albums", object{"name": "009"})
	if list, _ := b.facts(3); list[0]["cover"].(object)["size"] != 1.0 {
		t.Errorf("what is known was forgotten: %v", list[0])
	}
}

// TestFactsOfLostFiles expects null, without an error, for files that the store does not have.
func TestFactsOfLostFiles(t *testing.T) {
	t.Parallel()
	b := newAlbums(t, 1)
	first := b.addAlbum(1)
	if !strings.Contains(first, `"size":2`) {
		t.Fatal(first)
	}
	if err := b.app.Blobs().DeletePrefix(t.Context(), b.app.Snapshot().Find("albums").ID); err != nil {
		t.Fatal(err)
	}
	list, answer := b.facts(1)
	pictures := list[0]["pictures"].([]any)
	if strings.Contains(answer, "errors") || len(pictures) != 2 || pictures[0].(object)["size"] != nil || pictures[0].(object)["type"] != nil {
		t.Errorf("%s", answer)
	}
}

// TestFactsOfFilesInABucket expects one HEAD request for each file, at most eight at a time. While
// the bucket fails, all other fields are answered.
func TestFactsOfFilesInABucket(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	var asked, now, most atomic.Int64
	var refuse atomic.Bool
	server.Fail = func(r *http.Request) int {
		if r.Method != http.MethodHead {
			return 0
		}
		asked.Add(1)
		defer now.Add(-1)
		for n := now.Add(1); ; {
			if seen := most.Load(); n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		if refuse.Load() {
			return http.StatusForbidden
		}
		return 0
	}
	b := newBlog(t)
	b.set(fmt.Sprintf(`{"s3":{"enabled":true,"endpoint":%q,"bucket":%q,"region":%q,"accessKey":%q,"secret":%q,"forcePathStyle":true}}`,
		server.URL, s3test.Bucket, s3test.Region, s3test.AccessKey, s3test.Secret))
	coretest.Collection(t, b.app, `{"name":"albums","type":"base","listRule":"","viewRule":"","createRule":"","fields":[{"name":"name","type":"text"},{"name":"cover","type":"file"},{"name":"pictures","type":"file","maxSelect":3}]}`)
	for i := range 10 {
		b.addAlbum(i)
	}
	before := asked.Load() // the mutations have read the facts of the covers
	list, answer := b.facts(10)
	if asked.Load() != before+20 || strings.Contains(answer, "null") || list[9]["cover"].(object)["size"] != 10.0 {
		t.Errorf("%d questions for 20 pictures: %s", asked.Load()-before, answer)
	}
	if again, _ := b.facts(10); asked.Load() != before+20 || !reflect.DeepEqual(again, list) {
		t.Errorf("%d questions after the second answer %v", asked.Load()-before, again)
	}
	if most.Load() > 8 {
		t.Errorf("%d questions at a time", most.Load())
	}
	refuse.Store(true)
	if answer := b.addAlbum(10); !strings.Contains(answer, `{"createAlbum":{"cover":{"size":null,"type":null}}}`) || !strings.Contains(answer, "INTERNAL_SERVER_ERROR") {
		t.Errorf("a record that is created while the bucket is away: %s", answer)
	}
	answer = b.ask("", `{ albums(first: 2, sort: {name: DESC}) { items { name cover { size } } } }`, nil)
	if !strings.Contains(answer, `[{"name":"010","cover":{"size":null}},{"name":"009","cover":{"size":10}}]`) || strings.Count(answer, `"code"`) != 1 ||
		!strings.Contains(answer, `"path":["albums","items",0,"cover","size"]`) || strings.Contains(answer, server.URL) {
		t.Errorf("the bucket is away: %s", answer)
	}
}

// TestFactsOfFilesAreLimited exceeds the limit of rows, and selects facts in a message about a
// change.
func TestFactsOfFilesAreLimited(t *testing.T) {
	t.Parallel()
	b := newAlbums(t, 1)
	b.set(`{"graphql":{"maxRows":100}}`)
	for query, want := range map[string]string{
		`{ albums(first: 50) { items { cover { size } } } }`:    `"cover"`,
		`{ albums(first: 25) { items { pictures { type } } } }`: `"pictures"`,
		`{ albums(first: 26) { items { pictures { type } } } }`: "may read 104 records, which are more than 100",
		`{ albums(first: 51) { items { cover { size } } } }`:    "may read 102 records, which are more than 100",
		`{ albums(first: 100) { items { cover { url } } } }`:    `"cover"`,
	} {
		if answer := b.ask("", query, nil); !strings.Contains(answer, want) {
			t.Errorf("%s: %s", query, answer)
		}
	}
	s := graphql.New(graphql.Config{Records: b.app.Records, Snapshot: b.app.Snapshot, Blobs: b.app.Blobs(), BrokenViews: b.app.Collections().BrokenViews})
	for query, want := range map[string]front.Code{
		`subscription { albumChanged { record { cover { name size } } } }`: front.BadUserInput,
		`subscription { albumChanged { record { cover { name url } } } }`:  "",
		`subscription { albumsLive { items { cover { name size } } } }`:    "",
	} {
		_, refused := s.Start(t.Context(), "r", record.Root(), b.app.Settings().Current().GraphQL, graphql.Operation{Query: query}, nil)
		var got front.Code
		if refused != nil {
			got = refused.Errors[0].Code
		}
		if got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
