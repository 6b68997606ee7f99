package ratelimit

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/settings"
)

// clock is the clock of a test.
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
		after int64 // seconds since the last request
		want  Verdict
	}{
		{0, Verdict{Limit: 3, Left: 2, Reset: 10}},
		{4, Verdict{Limit: 3, Left: 1, Reset: 6}},
		{0, Verdict{Limit: 3, Left: 0, Reset: 6}},
		{0, Verdict{Limit: 3, Left: 0, Reset: 6, Denied: true}},
		{5, Verdict{Limit: 3, Left: 0, Reset: 1, Denied: true}}, // refused requests are not counted
		{1, Verdict{Limit: 3, Left: 2, Reset: 10}},
		{100, Verdict{Limit: 3, Left: 2, Reset: 10}},
		{0, Verdict{Limit: 3, Left: 1, Reset: 10}},
		{-3600, Verdict{Limit: 3, Left: 2, Reset: 10}}, // the clock was set back
	} {
		c.Add(tt.after)
		if got := figures(l.Take(Client{IP: someone}, &health)); got != tt.want {
			t.Errorf("request %d: %+v, want %+v", i, got, tt.want)
		}
	}
}

// figures returns the verdict without its rule.
func figures(v Verdict) Verdict {
	v.rule = nil
	return v
}

func TestOddRules(t *testing.T) {
	t.Parallel()
	// An import may have stored such rules, which validation refuses.
	l, _ := newLimiter(nil, ruleOf("/api/none", 0, 5), ruleOf("/api/always", 1, 0), ruleOf("/api/huge", 1<<40, 1<<40))
	for path, want := range map[string]Verdict{
		"/api/none":   {Limit: 0, Left: 0, Reset: 5, Denied: true},
		"/api/always": {Limit: 1, Left: 0, Reset: 1},
		"/api/huge":   {Limit: 1<<32 - 1, Left: 1<<32 - 2, Reset: 1<<32 - 1},
	} {
		if got := figures(l.Take(Client{IP: someone}, &Action{Method: "GET", Paths: [3]string{path}})); got != want {
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
		counted bool // both requests share a counter
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
		if v := l.Take(tt.c, &tt.a); v.Denied {
			t.Errorf("%s: the first request is denied", tt.name)
		}
		if v := l.Take(tt.d, &tt.b); v.Denied != tt.counted {
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
		if got := !l.Take(Client{IP: ip}, &health).Counted(); got != excluded {
			t.Errorf("%q is excluded: %t, want %t", ip, got, excluded)
		}
	}
}

func TestSettingsChange(t *testing.T) {
	t.Parallel()
	l, _ := newLimiter(nil, ruleOf("/api/", 1, 60))
	l.Take(Client{IP: someone}, &health)
	l.Start(settings.RateLimits{}) // Start after a change has no effect
	if v := l.Take(Client{IP: someone}, &health); !v.Denied {
		t.Errorf("Start after Set: %+v", v)
	}
	l.Set(settings.RateLimits{Enabled: true, Rules: settings.Rules{ruleOf("/api/", 1, 60)}})
	if v := l.Take(Client{IP: someone}, &health); v.Denied {
		t.Error("what was counted is not forgotten")
	}
	l.Set(settings.RateLimits{Rules: settings.Rules{ruleOf("/api/", 1, 60)}})
	if v := l.Take(Client{IP: someone}, &health); v.Counted() || l.Enabled() || l.Concerns("GET", "/api/health") {
		t.Errorf("limits that are off: %+v", v)
	}
	if v := New(time.Now).Take(Client{IP: someone}, &health); v.Counted() {
		t.Errorf("a limiter without rules: %+v", v)
	}
}

// TestManyAddresses sends requests from three times as many /64 networks as there may be counters.
// The memory stays bounded, and a refused client that goes on stays refused.
func TestManyAddresses(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector")
	}
	t.Parallel()
	l, c := newLimiter(nil, ruleOf("/api/", 1, 60))
	l.Take(Client{IP: someone}, &health)
	for i := range 3 * maxCounters {
		l.Take(Client{IP: fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)}, &health)
		if i%1000 == 0 && !l.Take(Client{IP: someone}, &health).Denied {
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

// TestAtOnce checks that concurrent requests of a client are all counted, the first ones included.
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
					if !l.Take(Client{IP: fmt.Sprintf("192.0.2.%d", client)}, &health).Denied {
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

// TestSharedRule takes actions that count against the rule of their path too.
func TestSharedRule(t *testing.T) {
	t.Parallel()
	list := func(collection string) Action {
		return Action{Method: "GET", Paths: [3]string{"/api/collections/" + collection + "/records"},
			Collection: collection, CollectionID: collection, Route: "*:list", Tags: []string{"list"}, Shared: true}
	}
	for name, tt := range map[string]struct {
		rules []settings.Rule
		left  []int // remaining for a list of a, a list of b, and another path; -1: denied
	}{
		"the path's rule alone":     {[]settings.Rule{ruleOf("/api/", 3, 60)}, []int{2, 1, 0}},
		"the path's rule denies":    {[]settings.Rule{ruleOf("/api/", 1, 60), ruleOf("*:list", 9, 60)}, []int{0, -1, -1}},
		"the tag's rule is less":    {[]settings.Rule{ruleOf("/api/", 9, 60), ruleOf("*:list", 2, 60)}, []int{1, 1, 6}},
		"the tag's rule denies":     {[]settings.Rule{ruleOf("/api/", 9, 60), ruleOf("b:list", 0, 60)}, []int{8, -1, 6}},
		"no rule for the path":      {[]settings.Rule{ruleOf("*:list", 2, 60), ruleOf("/api/health", 5, 60)}, []int{1, 1, 4}},
		"another rule for the path": {[]settings.Rule{ruleOf("GET /api/collections/a/records", 1, 60), ruleOf("/api/", 2, 60)}, []int{0, 1, 0}},
	} {
		l, _ := newLimiter(nil, tt.rules...)
		for i, a := range []Action{list("a"), list("b"), health} {
			v := l.Take(Client{IP: someone}, &a)
			left := v.Left
			if v.Denied {
				left = -1
			}
			if left != tt.left[i] {
				t.Errorf("%s: request %d leaves %d, want %d", name, i, left, tt.left[i])
			}
		}
	}
}

// BenchmarkTake measures Take for a list under the default rules, with both counters.
func BenchmarkTake(b *testing.B) {
	l := New(time.Now)
	limits := settings.Defaults().RateLimits
	limits.Enabled = true
	for i := range limits.Rules {
		limits.Rules[i].MaxRequests = 1 << 31
	}
	l.Set(limits)
	list := Action{Method: "GET", Paths: [3]string{"/api/collections/posts/records"},
		Collection: "posts", CollectionID: "pbc_1125843985", Route: "*:list", Tags: []string{"list"}, Shared: true}
	b.ReportAllocs()
	for b.Loop() {
		if v := l.Take(Client{IP: someone}, &list); !v.Counted() || v.Denied {
			b.Fatalf("%+v", v)
		}
	}
}
