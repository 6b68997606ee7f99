package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

type event struct{ body, signature string }

// served returns the service with two signed-in clients; told receives its outgoing webhooks.
func served(t *testing.T) (s *service, ann, bob *apitest.Client, told chan event) {
	t.Helper()
	told = make(chan event, 10)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told <- event{string(body), r.Header.Get("X-Signature")}
	}))
	t.Cleanup(other.Close)
	s = newService("hush", other.URL)
	coretest.Start(t, s.App)
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	sign := func(email string) *apitest.Client {
		coretest.User(t, s.App, "users", email)
		return apitest.SignedIn(t, h, "users", email, coretest.Password)
	}
	return s, sign("ann@example.com"), sign("bob@example.com"), told
}

func TestTeams(t *testing.T) {
	s, ann, bob, told := served(t)
	h, _ := s.Handler()
	guest := apitest.As(t, h, "")
	box := coretest.MailBox(t, s.App)

	guest.Post("/api/collections/teams/records", `{"name":"x"}`).Want(400)
	ann.Post("/api/collections/teams/records", `{"name":"x","plan":"pro"}`).Want(400)
	var team struct{ ID string }
	ann.Post("/api/collections/teams/records", `{"name":"The <b>Moles</b>"}`).Want(200).JSON(&team)
	ann.Get("/api/collections/teams/records").Want(200, `"totalItems":1`)
	bob.Get("/api/collections/teams/records").Want(200, `"totalItems":0`)
	guest.Get("/").Want(200, "<h1>1 teams")

	invite := "/api/teams/" + team.ID + "/invitations"
	guest.Post(invite, `{"email":"bob@example.com","role":"admin"}`).Want(401)
	bob.Post(invite, `{"email":"bob@example.com","role":"admin"}`).Want(404)
	ann.Post(invite, `{"email":"bob@example.com","role":"owner"}`).Want(400, `"role":`)
	ann.Post(invite, `{"email":"bob@example.com","role":"member"}`).Want(204)
	ann.Post(invite, `{"email":"bob@example.com","role":"member"}`).Want(400, "validation_not_unique")
	mail := box.Next(t)
	token := regexp.MustCompile(`/join/([a-z0-9]{40})`).FindStringSubmatch(mail.HTML)
	if len(token) == 0 || mail.To[0] != "bob@example.com" || strings.Contains(mail.HTML, "<b>Moles") {
		t.Fatalf("the mail to %v is %s", mail.To, mail.HTML)
	}
	guest.Get("/join/"+token[1]).Want(200, "&lt;b&gt;Moles", "bob@example.com")
	guest.Get("/join/nothing").Want(404)

	accept := "/api/invitations/" + token[1] + "/accept"
	guest.Post(accept, nil).Want(401)
	ann.Post(accept, nil).Want(403)
	bob.Post(accept, nil).Want(204)
	bob.Post(accept, nil).Want(404)
	bob.Get("/api/collections/teams/records").Want(200, `"totalItems":1`)
	bob.Post(invite, `{"email":"eve@example.com","role":"member"}`).Want(404)
	bob.Patch("/api/collections/teams/records/"+team.ID, `{"name":"Mine"}`).Want(404)
	ann.Patch("/api/collections/teams/records/"+team.ID, `{"plan":"pro"}`).Want(404)
	ann.Patch("/api/collections/teams/records/"+team.ID, `{"name":"Moles"}`).Want(200)

	if err := s.App.Jobs().RunAndWait(t.Context(), "report"); err != nil {
		t.Fatal(err)
	}
	bob.Get("/api/collections/reports/records").Want(200, `"members":2`)
	if len(told) != 0 {
		t.Errorf("others are told of %+v", <-told)
	}
}

func TestBilling(t *testing.T) {
	s, ann, _, told := served(t)
	h, _ := s.Handler()
	var team struct{ ID string }
	ann.Post("/api/collections/teams/records", `{"name":"Moles"}`).Want(200).JSON(&team)
	pay := func(body, signature string) int {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/billing", strings.NewReader(body))
		r.Header.Set("X-Signature", signature)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	body := `{"team":"` + team.ID + `","plan":"pro"}`
	for signature, want := range map[string]int{"": 401, "x": 401, s.sign([]byte(body + " ")): 401} {
		if got := pay(body, signature); got != want {
			t.Errorf("signed %q = %d, want %d", signature, got, want)
		}
	}
	long := strings.Repeat(" ", 65<<10)
	for body, want := range map[string]int{`{`: 400, `{"team":"nothing"}`: 404, `{"team":"` + team.ID + `","plan":"gold"}`: 400, long: 413, body: 204} {
		if got := pay(body, s.sign([]byte(body))); got != want {
			t.Errorf("%.60s = %d, want %d", body, got, want)
		}
	}
	ann.Get("/api/collections/teams/records/"+team.ID).Want(200, `"plan":"pro"`)
	if e := <-told; !strings.Contains(e.body, `"plan":"pro"`) || e.signature != s.sign([]byte(e.body)) {
		t.Errorf("others are told %+v", e)
	}
}

// TestReport runs the report job on two nights, and stores a backup in an S3 bucket.
func TestReport(t *testing.T) {
	s := newService("hush", "")
	clock := coretest.NewClock(time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC))
	s.App.Config.Now = clock.Now
	coretest.Start(t, s.App)
	bucket := coretest.Bucket(t, s.App)
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	coretest.User(t, s.App, "users", "ann@example.com")
	ann := apitest.SignedIn(t, h, "users", "ann@example.com", coretest.Password)
	ann.Post("/api/collections/teams/records", `{"name":"Moles"}`).Want(200)
	for range 2 {
		if err := s.App.Jobs().RunAndWait(t.Context(), "report"); err != nil {
			t.Fatal(err)
		}
		clock.Advance(24 * time.Hour)
	}
	reports := ann.Get("/api/collections/reports/records?sort=created&fields=members,created").Want(200)
	coretest.Golden(t, "reports.json", reports.Body)
	if _, err := s.App.Backups().Create(t.Context(), record.Root(), "night.zip"); err != nil {
		t.Fatal(err)
	}
	if keys := bucket.Keys(); len(keys) != 1 || keys[0] != "night.zip" {
		t.Errorf("the bucket has %q", keys)
	}
}
