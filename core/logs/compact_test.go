package logs

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/settings"
)

// ofSQLite skips the test on PostgreSQL, which does not have the compact form.
func ofSQLite(t *testing.T) {
	t.Helper()
	if enginetest.Postgres() {
		t.Skip("of SQLite")
	}
}

// variety adds entries of every kind: of requests with and without optional attributes, of requests
// whose message is not the method and the URL, and of log messages.
func (k *keeper) variety() {
	request := func(level slog.Level, message, method, url string, more ...string) {
		k.at(k.now.Load().Add(1234567 * time.Microsecond))
		e := k.Entry(level)
		if message != method+" "+url {
			e.Message(message)
		}
		e.Answered(k.cfg.Now(), 1234*time.Microsecond, 200, method, url, "abc")
		for i := 0; i < len(more); i += 2 {
			e.Text(more[i], more[i+1])
		}
		e.Add()
	}
	for range rowsAtOnce { // all rows of one statement have derived messages
		request(0, "GET /api/x", "GET", "/api/x", "auth", "users", "userIP", "::1", "remoteIP", "::1", "referer", "", "userAgent", "x")
	}
	request(8, "GET /api/x", "GET", "/api/x", "auth", "", "error", "no", "details", "because", "userAgent", "x")
	request(0, "GET /a b", "GET", "/a%20b", "authId", "me")
	request(0, "GET /\"\\\u0001", "GET", "/\"\\\u0001")
	request(0, "GET /ü", "GET", "/ü")
	request(0, "\x00\"x /", "\x00\"x", "/")
	request(0, " ", "", "", "url", "again")
	request(0, "other GET /api/x", "GET", "/api/x")
	for _, pair := range [][2]string{{"requestId", "url"}, {"url", "method"}, {"userAgent", "error"}, {"x", "status"}} {
		e := k.Entry(4)
		e.Message("a message")
		e.Text(pair[0], "first")
		e.Text(pair[1], "\u0001second\n")
		e.Value("group\u0002", slog.GroupValue(slog.String("execTime", "\u0003")))
		e.Add()
	}
	k.set(func(l *settings.Logs) { l.MaxDataSize = 60 })
	request(0, "GET /api/x", "GET", "/api/x", "auth", "users")
	k.set(func(l *settings.Logs) { l.MaxDataSize = 0 })
	k.Entry(0).Add()
}

var anyID = regexp.MustCompile(`"id":"[a-z0-9]{15}"`)

// all returns the entries of a filter as JSON, one entry per line, without ids.
func (k *keeper) all(filter, sort string) string {
	k.t.Helper()
	k.flush(k.t.Context())
	page, err := k.List(k.t.Context(), record.Root(), record.ListParams{Filter: filter, Sort: sort, PerPage: 1000})
	if err != nil {
		k.t.Fatal(err)
	}
	return strings.ReplaceAll(anyID.ReplaceAllString(string(page.Items), ""), "},{", "},\n{")
}

// TestFormsAreAlike checks that queries of both forms return the same bytes.
func TestFormsAreAlike(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	plain, compact := newKeeper(t), newKeeper(t)
	plain.cfg.Compact = false
	plain.variety()
	compact.variety()
	for _, q := range [][2]string{
		{"", ""}, {"", "-@rowid"}, {"", "-created,-@rowid"}, {"", "message,@rowid"}, {"", "-data.status,@rowid"}, {"level > 0", ""},
		{`message ~ "/api"`, ""}, {`message = "GET /api/x"`, ""}, {"data.execTime > 1.2", ""}, {"data.error = 'no'", ""},
		{"message = 'GET /ü'", ""}, {"message = ' '", ""}, {"data.url ~ 'b'", ""}, {`created > "2026-03-01 12:01:00"`, ""}, {"data.__pb_truncated__ = true", ""}, {"data.requestId = 'abc'", ""},
	} {
		got, want := compact.all(q[0], q[1]), plain.all(q[0], q[1])
		if got != want || len(want) < 20 {
			t.Errorf("filter %q, sort %q:\n%s\nwant\n%s", q[0], q[1], got, want)
		}
	}
	for _, message := range []string{`GET /api/x`, `GET /\"\\\u0001`, `\"x /`} {
		if !strings.Contains(compact.all("", ""), `"message":"`+message+`"`) {
			t.Errorf("no entry has the message %s", message)
		}
	}
	hours, err := compact.Stats(t.Context(), record.Root(), "")
	want, err2 := plain.Stats(t.Context(), record.Root(), "")
	if fmt.Sprint(hours, err) != fmt.Sprint(want, err2) || len(want) == 0 {
		t.Errorf("Stats = %v, %v, want %v, %v", hours, err, want, err2)
	}
}

// TestAnsweredAtItsTime checks that the entry of a request has the time of the answer, and that a
// message that was added before stays.
func TestAnsweredAtItsTime(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	for _, message := range []string{"", "own"} {
		e := k.Entry(0)
		e.Message(message)
		e.Text("error", "dropped by Answered")
		e.Answered(time.Date(2026, 2, 28, 23, 59, 59, 999e6, time.UTC), time.Millisecond, 204, "PUT", "/api/x", "abc")
		e.Add()
	}
	const want = `{,"created":"2026-02-28 23:59:59.999Z","data":{"type":"request","execTime":1,"status":204,"method":"PUT",` +
		`"url":"/api/x","requestId":"abc"},"message":"%s","level":0}`
	if got, want := k.all("", "@rowid"), fmt.Sprintf("["+want+",\n"+want+"]", "PUT /api/x", "own"); got != want {
		t.Errorf("the entries are\n%s\nwant\n%s", got, want)
	}
}

// TestPlainFilesAreConverted checks that a file in the plain form is converted when the file is
// opened, and that its entries keep their ids.
func TestPlainFilesAreConverted(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	old := newKeeper(t)
	old.cfg.Compact = false
	old.variety()
	want := old.all("", "")
	entries, _ := old.list(record.ListParams{})
	db := old.db.Store
	for range 2 { // the second file has been converted already
		k := newKeeper(t)
		k.cfg.Open = func(context.Context) (store.Store, error) { return db, nil }
		if got := k.all("", ""); got != want {
			t.Errorf("the entries are\n%s\nwant\n%s", got, want)
		}
		for _, e := range entries {
			if _, err := k.Get(t.Context(), record.Root(), e.ID); err != nil {
				t.Errorf("Get(%q) = %v", e.ID, err)
			}
		}
	}
	k := newKeeper(t)
	k.cfg.Open = func(context.Context) (store.Store, error) { return db, nil }
	k.at(old.now.Load().Add(time.Hour))
	k.log(0, "newer", 1)
	if got := k.all("", ""); !strings.HasPrefix(got, want[:len(want)-1]) || !strings.Contains(got, "newer") {
		t.Errorf("after another entry they are\n%s", got)
	}
	entries, _ = k.list(record.ListParams{PerPage: 1000})
	if !slices.IsSortedFunc(entries, func(a, b entry) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("ids are not in the order of their entries: %+v", entries)
	}
}

// TestNewestFirstNeedsNoSort checks that a page in descending order of rows is read from the end of
// the table, without a sort.
func TestNewestFirstNeedsNoSort(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	k := newKeeper(t)
	k.log(0, "one", 1)
	k.flush(t.Context())
	explain := k.db.Dialect()
	statement, column := explain.Explain(newestFirst)
	err := k.db.Read(t.Context(), func(r store.Reader) error {
		rows, err := r.Query(statement)
		if err != nil {
			return err
		}
		for rows.Next() {
			if step := rows.Text(column); step != "SCAN _log_entries" {
				t.Errorf("a step is %q", step)
			}
		}
		return rows.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
}
