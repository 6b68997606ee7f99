// Package ratelimit counts requests against the rate limits of the settings
// (docs/wire/auth-realtime-system.md §3.4): which rule a request falls under, and how many
// of them a client has made in the window of that rule. It knows labels and addresses;
// what is refused, and how, the transport decides.
package ratelimit

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/settings"
)

// Limiter counts requests in the memory of this process. It is safe for concurrent use.
type Limiter struct {
	now   func() time.Time
	state atomic.Pointer[state]
}

// state is what changes with the settings, as a whole.
type state struct {
	rules    *rules
	excluded []netip.Prefix
	counters *counters
}

// New returns a Limiter that refuses nothing before Set or Start.
func New(now func() time.Time) *Limiter { return &Limiter{now: now} }

// Set replaces the rules. What was counted is forgotten.
func (l *Limiter) Set(limits settings.RateLimits) { l.state.Store(compile(limits)) }

// Start is Set for a Limiter that has no rules yet: what another goroutine has set in the
// meantime is newer and stays.
func (l *Limiter) Start(limits settings.RateLimits) { l.state.CompareAndSwap(nil, compile(limits)) }

// disabled is the state in which nothing is counted.
var disabled = &state{}

func compile(limits settings.RateLimits) *state {
	if !limits.Enabled {
		return disabled
	}
	s := &state{rules: newRules(limits.Rules), counters: newCounters()}
	for _, text := range limits.ExcludedIPs {
		if network, ok := settings.ParseNetwork(text); ok {
			s.excluded = append(s.excluded, network)
		}
	}
	return s
}

// current returns the state, nil if nothing is limited.
func (l *Limiter) current() *state {
	if s := l.state.Load(); s != nil && s.rules != nil {
		return s
	}
	return nil
}

// Enabled reports whether anything is limited.
func (l *Limiter) Enabled() bool { return l.current() != nil }

// Concerns reports whether a rule is about the path, whoever asks.
func (l *Limiter) Concerns(method, path string) bool {
	s := l.current()
	return s != nil && s.rules.isFor(&Action{Method: method, Paths: [3]string{path}})
}

// NamesCollections reports whether a rule is about a path with a collection in it, so that
// the spellings of such a path matter (Action.Paths).
func (l *Limiter) NamesCollections() bool {
	s := l.current()
	return s != nil && s.rules.collections
}

// Client is who is counted.
type Client struct {
	IP       string // what is no address is one client
	SignedIn bool   // "@auth", not "@guest"
}

// Action is what a request asks for.
type Action struct {
	Method string
	Paths  [3]string // spellings of the path, the one that was asked for first; "": none

	// Of an action on a collection; empty for the rules that all routes share.
	Collection   string   // its name
	CollectionID string   // its counters are by this
	Route        string   // the same for all requests that are counted together
	Tags         []string // the most special one first
	// Shared counts the action by the rule for its path too, together with all other routes.
	Shared bool
}

// Take counts a request against the rule that it falls under. The Verdict is the zero one
// if it falls under none, or the client is excluded; of two rules (Action.Shared) it is the
// tighter one. What one of them denies is not counted by the other.
func (l *Limiter) Take(c Client, a *Action) Verdict {
	s := l.current()
	if s == nil {
		return Verdict{}
	}
	who := audienceOf(c)
	byPath := s.rules.ofPath(a, who)
	r := s.rules.ofTags(a, who)
	if r == nil {
		r = byPath
	}
	if r == nil { // then there is none for the path either
		return Verdict{}
	}
	addr, _ := netip.ParseAddr(c.IP)
	addr = addr.Unmap().WithZone("")
	for _, network := range s.excluded {
		if network.Contains(addr) {
			return Verdict{}
		}
	}
	now, client := l.now().Unix(), networkOf(addr)
	var v Verdict
	if a.Shared && byPath != nil {
		if v = s.counters.take(key{rule: byPath.id, client: client}, byPath, now); v.Denied {
			return v
		}
	}
	return v.Tighter(s.counters.take(key{rule: r.id, collection: a.CollectionID, route: a.Route, client: client}, r, now))
}

// Forget frees the memory of windows that are over.
func (l *Limiter) Forget() {
	if s := l.current(); s != nil {
		s.counters.forget(s.rules, l.now().Unix())
	}
}

// Verdict is what the rule of a request says. The zero Verdict is that of no rule.
type Verdict struct {
	Limit  int  // requests of the window
	Left   int  // of them
	Reset  int  // seconds until a new window can begin
	Denied bool // the request is one too many

	rule *rule // nil if there was none
}

// SetHeader sets the headers that tell a client of the rule, if there is one.
func (v Verdict) SetHeader(h http.Header) {
	if v.Counted() {
		h["Ratelimit-Limit"], h["Ratelimit-Remaining"], h["Ratelimit-Reset"] = v.rule.limit, number(v.Left), number(v.Reset)
	}
}

// number returns the value of a header. What is common is shared by all answers, which must
// not change it.
func number(n int) []string {
	if n >= 0 && n < len(numbers) {
		return numbers[n]
	}
	return []string{strconv.Itoa(n)}
}

var numbers = func() (list [1024][]string) {
	for n := range list {
		list[n] = []string{strconv.Itoa(n)}
	}
	return list
}()

// Counted reports whether there was a rule.
func (v Verdict) Counted() bool { return v.rule != nil }

// Tighter returns the one of two that leaves less; v of equal ones.
func (v Verdict) Tighter(other Verdict) Verdict {
	if !other.Counted() || v.Counted() && !other.Denied && v.Left <= other.Left {
		return v
	}
	return other
}

// Err returns the fault of a request that is denied, else nil.
func (v Verdict) Err() *fault.Error {
	if !v.Denied {
		return nil
	}
	return &fault.Error{Kind: fault.TooMany, RetryAfter: time.Duration(v.Reset) * time.Second}
}
