package auth

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// Contract auth-realtime-system.md §1.8.
func TestRefresh(t *testing.T) {
	t.Parallel()
	const guest = "unauthenticated: The request requires valid record authorization token."
	f := newFixture(t)
	coretest.Collection(t, f.app, `{"name":"notes","type":"base"}`)
	ann := f.member(map[string]any{"email": "ann@example.com"})
	f.member(map[string]any{"email": "bob@example.com"})
	token, other := f.login("ann@example.com").Token, f.login("bob@example.com").Token
	for _, tt := range []struct {
		name, collection, token string
		caller                  record.Caller
		want                    string
	}{
		{"own", "members", token, f.caller(token), ""},
		{"by id", f.app.Snapshot().Find("members").ID, token, f.caller(token), ""},
		{"guest", "members", "", record.Caller{}, guest},
		{"guest, base collection", "notes", "", record.Caller{}, guest},
		{"bad token", "members", token + "x", record.Caller{}, guest},
		{"token of another caller", "members", other, f.caller(token), guest},
		{"another collection", "users", token, f.caller(token), "forbidden: The request requires auth record from members collection."},
		{"base collection", "notes", token, f.caller(token), "forbidden: The request requires auth record from members collection."},
		{"unknown collection", "missing", token, f.caller(token), notFound},
	} {
		response, err := f.Refresh(context.Background(), tt.caller, tt.collection, tt.token, "")
		if describe(err) != tt.want {
			t.Errorf("%s: Refresh = %q, want %q", tt.name, describe(err), tt.want)
		}
		if err == nil {
			if r := f.Authenticate(context.Background(), response.Token); r == nil || r.ID() != ann {
				t.Errorf("%s: the new token stands for %v", tt.name, r)
			}
			if got := decode(t, response.Record); got["id"] != ann || got["email"] != "ann@example.com" {
				t.Errorf("%s: the record is %s", tt.name, response.Record)
			}
		}
	}
}

func TestRefreshAuthRule(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.member(map[string]any{"email": "ann@example.com"})
	f.configure("members", `{"authRule":"blocked = false"}`)
	token := f.login("ann@example.com").Token
	f.update("members", id, map[string]any{"blocked": true})
	if _, err := f.Refresh(context.Background(), f.caller(token), "members", token, ""); describe(err) != notAllowed {
		t.Errorf("Refresh of a blocked member = %q, want %q", describe(err), notAllowed)
	}
}

// A token lives as long as its collection says. Refreshing extends its life only if the token
// allows it.
func TestTokenLife(t *testing.T) {
	t.Parallel()
	start := time.Now()
	var passed atomic.Int64
	clock := func() time.Time { return start.Add(time.Duration(passed.Load())) }
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Now: clock})
	f := &fixture{Service: New(app), t: t, app: app}
	coretest.Collection(t, app, members)
	id := f.member(map[string]any{"email": "ann@example.com"})
	f.configure("members", `{"authToken":{"duration":60}}`)

	login := f.login("ann@example.com")
	r, err := app.Records().FindByID(context.Background(), "members", id)
	if err != nil {
		t.Fatal(err)
	}
	static, err := jwt.NewWithClaims(jwt.SigningMethodHS256, &claims{
		CollectionID: r.Collection().ID, ID: id, Type: Auth, ExpiresAt: jwt.NewNumericDate(start.Add(time.Minute)),
	}).SignedString(signingKey(r, Auth))
	if err != nil {
		t.Fatal(err)
	}
	passed.Add(int64(50 * time.Second))
	again, err := f.Refresh(context.Background(), f.caller(login.Token), "members", login.Token, "")
	if err != nil {
		t.Fatal(err)
	}
	same, err := f.Refresh(context.Background(), f.caller(static), "members", static, "")
	if err != nil || same.Token != static {
		t.Errorf("Refresh of a static token = %v, %v, want the same", same, err)
	}
	passed.Add(int64(20 * time.Second))
	for _, tt := range []struct {
		name, token string
		want        bool
	}{{"first", login.Token, false}, {"refreshed", again.Token, true}, {"static", static, false}} {
		if got := f.Authenticate(context.Background(), tt.token) != nil; got != tt.want {
			t.Errorf("after 70 s the %s token is valid: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A session that may last two minutes ends then, however often it is refreshed, and at once at the
// next refresh if the limit was reduced. Without a limit, tokens work as before.
func TestSessionDuration(t *testing.T) {
	t.Parallel()
	const over = "unauthenticated: The session is over, please sign in again."
	start := time.Unix(time.Now().Unix(), 0)
	var passed atomic.Int64
	clock := func() time.Time { return start.Add(time.Duration(passed.Load())) }
	app := coretest.Open(t, core.Config{Dir: t.TempDir(), Now: clock})
	f := &fixture{Service: New(app), t: t, app: app}
	coretest.Collection(t, app, members)
	f.member(map[string]any{"email": "ann@example.com"})
	f.configure("members", `{"authToken":{"duration":60}}`)
	old := f.login("ann@example.com").Token
	if said := unverifiedClaims(old); said.AuthTime != nil {
		t.Errorf("without a limit a token says when its session began: %v", said.AuthTime)
	}
	f.configure("members", `{"sessionDuration":120}`)
	refresh := func(token string) (string, error) {
		t.Helper()
		response, err := f.Refresh(context.Background(), f.caller(token), "members", token, "")
		if err != nil {
			return "", err
		}
		return response.Token, nil
	}
	expires := func(token string) time.Duration { return unverifiedClaims(token).ExpiresAt.Sub(start) }

	adopted, err := refresh(old) // its session begins now
	if err != nil {
		t.Fatal(err)
	}
	token := f.login("ann@example.com").Token
	for _, tt := range []struct{ at, expires time.Duration }{
		{50 * time.Second, 110 * time.Second}, {100 * time.Second, 120 * time.Second}, {119 * time.Second, 120 * time.Second},
	} {
		passed.Store(int64(tt.at))
		if token, err = refresh(token); err != nil || expires(token) != tt.expires {
			t.Fatalf("after %v: Refresh = a token until %v, %v, want one until %v", tt.at, expires(token), err, tt.expires)
		}
		if adopted, err = refresh(adopted); err != nil || expires(adopted) != tt.expires {
			t.Fatalf("after %v: Refresh of the older = a token until %v, %v, want one until %v", tt.at, expires(adopted), err, tt.expires)
		}
	}
	passed.Store(int64(120 * time.Second))
	if r := f.Authenticate(context.Background(), token); r != nil {
		t.Error("a token outlives its session")
	}

	late := f.login("ann@example.com").Token
	passed.Store(int64(150 * time.Second))
	f.configure("members", `{"sessionDuration":20}`)
	if _, err := refresh(late); describe(err) != over {
		t.Errorf("Refresh of a session that may not last as long any more = %q, want %q", describe(err), over)
	}
	f.configure("members", `{"sessionDuration":0}`)
	if _, err := refresh(late); err != nil {
		t.Errorf("Refresh without a limit = %v", err)
	}
}
