package api_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/disktest"
)

const (
	unavailable = `{"data":{},"message":"The database is not available at the moment.","status":503}`
	noSpace     = `{"data":{},"message":"There is no space left to store this.","status":503}`
	inDoubt     = `{"data":{},"message":"Something went wrong while processing your request.","status":500}`
)

// shop is a server in this process whose database is on a disk that fails on demand.
type shop struct {
	t    *testing.T
	disk *disktest.Disk
	url  string
}

func newShop(t *testing.T) shop {
	t.Helper()
	if enginetest.Postgres() {
		t.Skip("the disk is that of SQLite")
	}
	disk, dir := disktest.Default(t), t.TempDir()
	disk.Only(filepath.Join(dir, "data.db")) // the server writes to its logs at any time
	app := coretest.Open(t, core.Config{Dir: dir})
	coretest.Collection(t, app, `{"name":"notes","listRule":"","viewRule":"","createRule":"","updateRule":"","deleteRule":"",
		"fields":[{"name":"key","type":"text"}]}`)
	if _, err := app.Settings().Patch(t.Context(), record.Root(), []byte(`{"batch":{"enabled":true}}`)); err != nil {
		t.Fatal(err)
	}
	handler, err := (&api.Program{App: app}).Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s := shop{t, disk, server.URL}
	s.want("POST", notes, `{"id":"first0000000000","key":"first"}`, 200, "")
	return s
}

// want sends a request and compares the answer. An empty text matches any text.
func (s shop) want(method, path, body string, status int, text string) {
	s.t.Helper()
	a := ask(http.DefaultClient, method, s.url+path, body)
	if a.err != nil || a.status != status || text != "" && a.text != text || (a.retry != "") != (status == 503) {
		s.t.Errorf("%s %s = %v, Retry-After %q; want %d %s", method, path, a, a.retry, status, text)
	}
}

// keys compares the keys of the stored records, and their count, with want.
func (s shop) keys(want string) {
	s.t.Helper()
	a := ask(http.DefaultClient, "GET", s.url+notes+"?fields=key", "")
	var got []string
	list, _ := a.body["items"].([]any)
	for _, item := range list {
		got = append(got, item.(map[string]any)["key"].(string))
	}
	if a.status != 200 || strings.Join(got, " ") != want || a.body["totalItems"] != float64(len(got)) {
		s.t.Errorf("the records are %q (%v of them), want %q", got, a.body["totalItems"], want)
	}
}

// TestDiskFailsOnce checks that a write that fails is answered with an error and changes nothing,
// and that the next write succeeds.
func TestDiskFailsOnce(t *testing.T) {
	for _, test := range []struct {
		name   string
		fail   func(*disktest.Disk)
		answer string
	}{
		{"sync", func(d *disktest.Disk) { d.FailSyncs(1) }, unavailable},
		{"write", func(d *disktest.Disk) { d.FailWrites(1) }, unavailable},
		{"space", func(d *disktest.Disk) { d.FillUp(1) }, noSpace},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newShop(t)
			for _, request := range []struct{ method, path, body string }{
				{"POST", notes, `{"key":"second"}`},
				{"PATCH", notes + "/first0000000000", `{"key":"changed"}`},
				{"DELETE", notes + "/first0000000000", ``},
				{"POST", "/api/batch", `{"requests":[{"method":"POST","url":"` + notes + `","body":{"key":"second"}},
					{"method":"DELETE","url":"` + notes + `/first0000000000"}]}`},
			} {
				test.fail(s.disk)
				s.want(request.method, request.path, request.body, 503, test.answer)
				s.keys("first")
			}
			s.want("POST", notes, `{"key":"second"}`, 200, "")
			s.keys("first second")
		})
	}
}

// TestDiskIsFull checks that a full disk allows reads and refuses writes, until it has room.
func TestDiskIsFull(t *testing.T) {
	s := newShop(t)
	s.disk.FillUp(1_000_000)
	for range 3 {
		s.want("POST", notes, `{"key":"second"}`, 503, noSpace)
		s.want("GET", notes+"/first0000000000", "", 200, "")
	}
	s.disk.FillUp(0)
	s.want("POST", notes, `{"key":"third"}`, 200, "")
	s.keys("first third")
}

// TestDiskIsBroken checks that a broken disk allows reads and refuses writes, until it is repaired.
// The result of the first write, which detects the fault, is unknown.
func TestDiskIsBroken(t *testing.T) {
	s := newShop(t)
	s.disk.FailSyncs(1_000_000)
	s.want("POST", notes, `{"key":"second"}`, 500, inDoubt)
	for range 3 {
		s.want("POST", notes, `{"key":"third"}`, 503, unavailable)
		s.keys("first")
	}
	s.disk.FailSyncs(0)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !ask(http.DefaultClient, "POST", s.url+notes, `{"key":"fourth"}`).ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("the server does not recover")
		}
	}
	s.keys("first fourth")
}
