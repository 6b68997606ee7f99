package ratelimit

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/settings"
)

// clock is the time of a test.
type clock struct{ atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.Load(), 0) }

func newLimiter(excluded []string, rules ...settings.Rule) (*Limiter, *clock) {
	c := &clock{}
	c.Store(1_000_000)
	l := New(c.now)
	l.Set(settings.RateLimits{Enabled: true, Rules: rules, ExcludedIPs: excluded})
	return l, c
}

var health = Action{Method: "GET", Paths: [3]string{"/api/health"}}

const someone = "192.0.2.1"

func TestWindow(t *testing.T) {
	t.Parallel()
	l, c := newLimiter(nil, ruleOf("/api/", 3, 10))
	for i, tt := range []struct {
		after int64 // seconds
		want  Verdict
	}{
		{0, Verdict{3, 2, 10, false}},
		{4, Verdict{3, 1, 6, false}},
		{0, Verdict{3, 0, 6, false}},
		{0, Verdict{3, 0, 6, true}},
		{5, Verdict{3, 0, 1, true}}, // refused requests neither count nor begin a window
		{1, Verdict{3, 2, 10, false}},
		{100, Verdict{3, 2, 10, false}},
		{0, Verdict{3, 1, 10, false}},
		{-3600, Verdict{3, 2, 10, false}}, // the clock was put back
	} {
		c.Add(tt.after)
		if got := l.Take(Client{IP: someone}, health); got != tt.want {
			t.Errorf("request %d: %+v, want %+v", i, got, tt.want)
		}
	}
}

func TestOddRules(t *testing.T) {
	t.Parallel()
	// As an import may have stored them; validation refuses both.
	l, _ := newLimiter(nil, ruleOf("/api/none", 0, 5), ruleOf("/api/always", 1, 0), ruleOf("/api/huge", 1<<40, 1<<40))
	for path, want := range map[string]Verdict{
		"/api/none":   {Limit: 0, Left: 0, Reset: 5, Denied: true},
		"/api/always": {Limit: 1, Left: 0, Reset: 1},
		"/api/huge":   {Limit: 1<<32 - 1, Left: 1<<32 - 2, Reset: 1<<32 - 1},
	} {
		if got := l.Take(Client{IP: someone}, Action{Method: "GET", Paths: [3]string{path}}); got != want {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
}

func TestWhoIsCountedTogether(t *testing.T) {
	t.Parallel()
	records := func(collection, route string) Action {
		return Action{Method: "GET", Paths: [3]string{"/api/collections/" + collection + "/records"},
			Collection: collection, CollectionID: "id of " + collection, Route: route, Tags: []string{"list"}}
	}
	guest := func(ip string) Client { return Client{IP: ip} }
	for _, tt := range []struct {
		name    string
		c, d    Client
		a, b    Action
		counted bool // the second request is counted with the first
	}{
		{"the same", guest(someone), guest(someone), health, health, true},
		{"another path under the rule", guest(someone), guest(someone), health, Action{Method: "PUT", Paths: [3]string{"/api/x"}}, true},
		{"another address", guest(someone), guest("192.0.2.2"), health, health, false},
		{"signed in", guest(someone), Client{IP: someone, SignedIn: true}, health, health, true},
		{"one /64 network", guest("2001:db8::1"), guest("2001:0db8:0000:0000:ffff:0000:0000:0001"), health, health, true},
		{"another /64 network", guest("2001:db8::1"), guest("2001:db8:0:1::1"), health, health, false},
		{"IPv4 in the form of IPv6", guest(someone), guest("::ffff:192.0.2.1"), health, health, true},
		{"no address", guest(""), guest("pipe"), health, health, true},
		{"another collection", guest(someone), guest(someone), records("a", "*:list"), records("b", "*:list"), false},
		{"another route", guest(someone), guest(someone), records("a", "*:list"), records("a", "*:view"), false},
		{"a collection and all", guest(someone), guest(someone), records("a", "*:list"), health, false},
	} {
		l, _ := newLimiter(nil, ruleOf("/api/", 1, 60))
		if v := l.Take(tt.c, tt.a); v.Denied {
			t.Errorf("%s: the first request is denied", tt.name)
		}
		if v := l.Take(tt.d, tt.b); v.Denied != tt.counted {
			t.Errorf("%s: counted together: %t, want %t", tt.name, v.Denied, tt.counted)
		}
	}
}

func TestExcluded(t *testing.T) {
	t.Parallel()
	l, _ := newLimiter([]string{"10.0.0.0/8", "2001:db8::7"}, ruleOf("/api/", 1, 60))
	for ip, excluded := range map[string]bool{
		"10.9.8.7": true, "::ffff:10.1.1.1": true, "2001:0db8:0000:0000:0000:0000:0000:0007": true,
		"2001:db8::8": false, "11.0.0.1": false, "": false,
	} {
		if got := !l.Take(Client{IP: ip}, health).Counted(); got != excluded {
			t.Errorf("%q is excluded: %t, want %t", ip, got, excluded)
		}
	}
}

func TestSettingsChange(t *testing.T) {
	t.Parallel()
	l, _ := newLimiter(nil, ruleOf("/api/", 1, 60))
	l.Take(Client{IP: someone}, health)
	l.Start(settings.RateLimits{}) // comes too late
	if v := l.Take(Client{IP: someone}, health); !v.Denied {
		t.Errorf("Start after Set: %+v", v)
	}
	l.Set(settings.RateLimits{Enabled: true, Rules: settings.Rules{ruleOf("/api/", 1, 60)}})
	if v := l.Take(Client{IP: someone}, health); v.Denied {
		t.Error("what was counted is not forgotten")
	}
	l.Set(settings.RateLimits{Rules: settings.Rules{ruleOf("/api/", 1, 60)}})
	if v := l.Take(Client{IP: someone}, health); v.Counted() || l.Enabled() || l.Concerns("GET", "/api/health") {
		t.Errorf("limits that are off: %+v", v)
	}
	if v := New(time.Now).Take(Client{IP: someone}, health); v.Counted() {
		t.Errorf("a limiter without rules: %+v", v)
	}
}

// TestManyAddresses: somebody has a /48 network, which are 65,536 clients, and then some.
// The memory stays bounded, and whoever is refused stays so while going on.
func TestManyAddresses(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector")
	}
	t.Parallel()
	l, c := newLimiter(nil, ruleOf("/api/", 1, 60))
	l.Take(Client{IP: someone}, health)
	for i := range 3 * maxCounters {
		l.Take(Client{IP: fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)}, health)
		if i%1000 == 0 && !l.Take(Client{IP: someone}, health).Denied {
			t.Fatalf("after %d addresses a refused client is let through", i)
		}
	}
	windows := l.current().counters.windows
	if n := windows.Len(); n > maxCounters {
		t.Errorf("%d counters, want at most %d", n, maxCounters)
	}
	l.Forget()
	if windows.Len() == 0 {
		t.Error("windows that are not over are forgotten")
	}
	c.Add(60)
	l.Forget()
	if n := windows.Len(); n != 0 {
		t.Errorf("%d windows are not forgotten although they are over", n)
	}
}

// TestAtOnce: requests that come at the same moment are counted one by one, the first ones
// of a client too.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	const limit = 50
	l, _ := newLimiter(nil, ruleOf("/api/", limit, 60))
	for client := range 20 {
		var through atomic.Int64
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range limit {
					if !l.Take(Client{IP: fmt.Sprintf("192.0.2.%d", client)}, health).Denied {
						through.Add(1)
					}
				}
			})
		}
		group.Wait()
		if n := through.Load(); n != limit {
			t.Fatalf("%d requests were let through, want %d", n, limit)
		}
	}
}

// BenchmarkTake is what a list costs under the default rules: both passes.
func BenchmarkTake(b *testing.B) {
	l := New(time.Now)
	limits := settings.Defaults().RateLimits
	limits.Enabled = true
	for i := range limits.Rules {
		limits.Rules[i].MaxRequests = 1 << 31
	}
	l.Set(limits)
	path := Action{Method: "GET", Paths: [3]string{"/api/collections/posts/records"}}
	records := path
	records.Collection, records.CollectionID, records.Route, records.Tags = "posts", "pbc_1125843985", "*:list", []string{"list"}
	b.ReportAllocs()
	for b.Loop() {
		for _, a := range []Action{path, records} {
			if v := l.Take(Client{IP: someone}, a); !v.Counted() || v.Denied {
				b.Fatalf("%+v", v)
			}
		}
	}
}
