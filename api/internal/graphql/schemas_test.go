package graphql_test

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

var (
	burstChanges     = flag.Int("burst.changes", 6, "changes of collections in TestBurstOfChanges")
	burstClients     = flag.Int("burst.clients", 8, "clients in TestBurstOfChanges")
	burstCollections = flag.Int("burst.collections", 20, "collections in TestBurstOfChanges")
)

// TestBurstOfChanges queries while collections change: each answer is right or SCHEMA_CHANGED, and
// the memory of outdated schemas is freed.
func TestBurstOfChanges(t *testing.T) {
	b := newBlog(t)
	for i := range *burstCollections {
		coretest.Collection(t, b.app, object{"name": fmt.Sprintf("things%d", i), "type": "base", "listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": "",
			"fields": []object{{"name": "a", "type": "number"}, {"name": "b", "type": "date"}, {"name": "c", "type": "select", "values": []string{"x", "y"}, "maxSelect": 1},
				{"name": "d", "type": "text"}, {"name": "e", "type": "bool"}, {"name": "f", "type": "json"}, {"name": "g", "type": "number"}, {"name": "h", "type": "text"}}})
	}
	const query = `{"query":"{posts(first:2,sort:{title:ASC}){items{title author{nick}}} tags{totalItems}}"}`
	const want = `{"data":{"posts":{"items":[{"title":"First","author":{"nick":"Ann"}},{"title":"Second","author":null}]},"tags":{"totalItems":2}}}`
	b.ask("", "{__typename}", nil)
	b.ask("root", "{__typename}", nil)
	runtime.GC()
	before := liveHeap()
	var peak, asked, refused atomic.Uint64
	var done atomic.Bool
	var clients sync.WaitGroup
	for range *burstClients {
		clients.Go(func() {
			for !done.Load() {
				status, answer := apitest.Ask(t, b, "", http.MethodPost, "/api/graphql", query)
				asked.Add(1)
				switch {
				case status == http.StatusOK && answer == want:
				case strings.Contains(answer, `"SCHEMA_CHANGED"`):
					refused.Add(1)
				default:
					t.Errorf("status %d: %s", status, answer)
					return
				}
				peak.Store(max(peak.Load(), liveHeap()))
			}
		})
	}
	for i := range *burstChanges {
		began := time.Now()
		change := fmt.Sprintf(`{"fields":[{"name":"name","type":"text"},{"name":"n%d","type":"number"}]}`, i)
		if status, answer := apitest.Ask(t, b, b.tokens["root"], http.MethodPatch, "/api/collections/tags", change); status != http.StatusOK {
			t.Fatalf("%d %s", status, answer)
		}
		if answer := b.ask("", fmt.Sprintf(`{tags(first:1){items{n%d}}}`, i), nil); !strings.HasPrefix(answer, fmt.Sprintf(`{"data":{"tags":{"items":[{"n%d":0}]`, i)) && !strings.Contains(answer, "SCHEMA_CHANGED") {
			t.Errorf("what was just made is not there: %s", answer)
		}
		if *burstChanges > 20 {
			time.Sleep(100*time.Millisecond - time.Since(began)) // in runs by hand: 50 changes in 5 s
		}
	}
	done.Store(true)
	clients.Wait()
	runtime.GC()
	t.Logf("%d answers, %d of them SCHEMA_CHANGED; live heap %d MB before, %d MB at most, %d MB after",
		asked.Load(), refused.Load(), before>>20, peak.Load()>>20, liveHeap()>>20)
	if grown := int64(peak.Load()) - int64(before); grown > 30<<20 {
		t.Errorf("the live heap grew by %d MB", grown>>20)
	}
}

// liveHeap returns the live heap after the last garbage collection, in bytes.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestChangesInMidRequest removes a field between planning and reading an operation: the operation
// is planned again once, for the new collections.
func TestChangesInMidRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query   string
		changes int
		want    string
	}{
		{"{covers{items{colour}}}", 1, `{"data":{"covers":{"items":[{"colour":""}]}}}`},
		{"{covers{items{colour}}}", 2, `SCHEMA_CHANGED`},
		{`mutation{createCover(input:{colour:"x"}){colour}}`, 1, `{"data":{"createCover":{"colour":"x"}}}`},
		{`mutation{createCover(input:{colour:"x"}){colour}}`, 2, `SCHEMA_CHANGED`},
		{"{posts{totalItems}}", 2, `{"data":{"posts":{"totalItems":4}}}`}, // does not depend on the changes
	} {
		b := newBlog(t)
		define := func(name string) {
			t.Helper()
			change := fmt.Sprintf(`{"fields":[{"name":%q,"type":"text"}],"indexes":[]}`, name)
			if status, answer := apitest.Ask(t, b, b.tokens["root"], http.MethodPatch, "/api/collections/covers", change); status != http.StatusOK {
				t.Fatal(answer)
			}
		}
		left, gone := c.changes, false
		s := graphql.New(graphql.Config{
			Snapshot: func() *schema.Snapshot {
				if gone {
					define("colour")
					gone = false
				}
				return b.app.Snapshot()
			},
			Records: func() *record.Service {
				if left > 0 {
					define("other")
					left, gone = left-1, true
				}
				return b.app.Records()
			},
			Blobs: b.app.Blobs(), BrokenViews: b.app.Collections().BrokenViews,
			Log:        func() *slog.Logger { return slog.New(slog.DiscardHandler) },
			WriteLimit: func() time.Duration { return time.Minute },
		})
		result := s.Execute(t.Context(), "r", record.Root(), b.app.Settings().Current().GraphQL, graphql.Operation{Query: c.query}, nil)
		if answer := string(result.Append(nil)); !strings.Contains(answer, c.want) {
			t.Errorf("%s with %d changes: %s\nwant %s", c.query, c.changes, answer, c.want)
		}
	}
}
