package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

// TestRestoreOnPostgresThatIsCutOff interrupts a restore: with SIGKILL, with a crash of the
// database, and with a damaged archive. Afterwards the server has the complete old state or the
// complete restored state, of rows and files.
func TestRestoreOnPostgresThatIsCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers again and again")
	}
	db := startPostgres(t)
	p := prepare(t, db.URL)
	p.withPapers()
	p.fillNotes(20_000)
	p.start()
	r := &restoring{program: p, token: p.rootToken()}
	paper := func() {
		t.Helper()
		if err := p.paperwork(rand.New(rand.NewPCG(1, 1))); err != nil {
			t.Fatal(err)
		}
		p.comparePapers() // an interrupted removal is repeated ten minutes later
	}
	paper()
	if text := r.send(http.MethodPost, "/api/backups", `{"name":"old.zip"}`); text != "" {
		t.Fatal(text)
	}
	paper() // the restore removes it
	if a := p.ask(http.MethodPost, notes, `{"key":"newer"}`); !a.ok() {
		t.Fatal(a)
	}

	for _, part := range []float64{0.1, 0.5, 0.8, 0.95} {
		done := r.begin(part)
		p.signal(syscall.SIGKILL)
		<-done
		_ = p.wait() // its exit status says that it was killed
		p.start()
		r.check(fmt.Sprintf("killed at %v", part), 20_001, 20_000)
		if r.notes == 20_000 {
			break // the restore has replaced the old state
		}
	}
	for _, part := range []float64{0.3, 0.9} {
		done := r.begin(part)
		if err := db.Crash(); err != nil {
			t.Fatal(err)
		}
		answer := <-done
		if err := db.Resume(); err != nil {
			t.Fatal(err)
		}
		r.check(fmt.Sprintf("without a database at %v, answered %s", part, answer), r.notes, 20_000)
	}
	r.damage("old.zip", "damaged.zip")
	if answer := r.send(http.MethodPost, "/api/backups/damaged.zip/restore", ""); !strings.Contains(answer, `"status":400`) {
		t.Errorf("a damaged archive: %s", answer)
	}
	r.check("damaged", r.notes, r.notes)
	if answer := r.send(http.MethodPost, "/api/backups/old.zip/restore", ""); answer != "" {
		t.Errorf("in the end: %s", answer)
	}
	r.check("restored", 20_000, 20_000)
}

// fillNotes stores n notes and creates the superuser, before the program starts.
func (p *program) fillNotes(n int) {
	p.t.Helper()
	ctx := context.Background()
	app := core.New(core.Config{Dir: p.dir, DB: p.db})
	if err := app.Open(ctx, core.Tool); err != nil {
		p.t.Fatal(err)
	}
	_, err := app.Records().Create(ctx, record.Root(), "_superusers", record.Input{Body: map[string]any{
		"email": root, "password": rootPassword, "passwordConfirm": rootPassword}})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		p.t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, p.db)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `INSERT INTO "notes" ("id", "key", "n", "text")
		SELECT 'r' || lpad(i::text, 14, '0'), 'key' || i, i, repeat('x', 300) FROM generate_series(1, $1::int) i`, n)
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) rootToken() string {
	p.t.Helper()
	a := p.ask(http.MethodPost, "/api/collections/_superusers/auth-with-password", fmt.Sprintf(`{"identity":%q,"password":%q}`, root, rootPassword))
	if !a.ok() {
		p.t.Fatal(a)
	}
	return a.body["token"].(string)
}

// restoring is a program that restores an archive.
type restoring struct {
	*program
	token string
	notes int // at the last check
}

// send sends a request of the superuser. It returns the body of the answer, or the text of the
// error.
func (r *restoring) send(method, path, body string) string {
	request, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", r.token)
	res, err := r.client.Do(request)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// begin starts the restore of old.zip, and returns when the given part of it, or all of it, is
// done. done receives the answer.
func (r *restoring) begin(part float64) (done <-chan string) {
	r.t.Helper()
	answer := make(chan string, 1)
	go func() { answer <- r.send(http.MethodPost, "/api/backups/old.zip/restore", "") }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for begun := false; ; <-tick.C {
		var health struct {
			Data struct {
				Backup *struct{ Done, Total float64 }
			}
		}
		if err := json.Unmarshal([]byte(r.send(http.MethodGet, "/api/health", "")), &health); err != nil {
			r.t.Fatal(err)
		}
		b := health.Data.Backup
		if b != nil && b.Total > 0 && b.Done >= part*b.Total || b == nil && (begun || len(answer) > 0) {
			return answer
		}
		begun = begun || b != nil
	}
}

// check fails the test unless the number of notes is old or restored, and the stored files are
// those that records name.
func (r *restoring) check(when string, old, restored int) {
	r.t.Helper()
	var a answer
	for end := time.Now().Add(30 * time.Second); !a.ok(); {
		if a = r.ask(http.MethodGet, notes+"?perPage=1", ""); time.Now().After(end) {
			r.t.Fatalf("%s: %v\n%s", when, a, &r.stderr)
		}
	}
	n := int(a.body["totalItems"].(float64))
	if n != old && n != restored {
		r.t.Fatalf("%s: there are %d notes, want %d or %d\n%s", when, n, old, restored, &r.stderr)
	}
	r.notes = n
	r.t.Logf("%s: %d notes", when, n)
	r.comparePapers()
}

// damage copies the archive with one wrong byte.
func (r *restoring) damage(name, as string) {
	r.t.Helper()
	folder := filepath.Join(r.dir, "backups")
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		r.t.Fatal(err)
	}
	text[len(text)/2] ^= 0xff
	if err := os.WriteFile(filepath.Join(folder, as), text, 0o600); err != nil {
		r.t.Fatal(err)
	}
}
