// Package ratelimit counts requests against the rate limits of the settings
// (docs/wire/auth-realtime-system.md §3.4). It finds the rule that applies to a request, and
// counts the requests of a client in the window of that rule. It knows only labels and
// addresses; the transports decide how a request is refused.
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

// state holds the rules and their counters. A change of the settings replaces it as a whole.
type state struct {
	rules    *rules
	excluded []netip.Prefix // clients that no rule applies to
	counters *counters
}

// New returns a Limiter that refuses nothing before Set or Start.
func New(now func() time.Time) *Limiter { return &Limiter{now: now} }

// Set replaces the rules and resets all counters.
func (l *Limiter) Set(limits settings.RateLimits) { l.state.Store(compile(limits)) }

// Start is Set for a Limiter without rules. If another goroutine has called Set in the meantime,
// Start does nothing, because those limits are newer.
func (l *Limiter) Start(limits settings.RateLimits) { l.state.CompareAndSwap(nil, compile(limits)) }

// disabled is the state without rules, in which no request is counted.
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

// current returns the state, nil if there are no rules.
func (l *Limiter) current() *state {
	if s := l.state.Load(); s != nil && s.rules != nil {
		return s
	}
	return nil
}

// Enabled reports whether rate limits are enabled.
func (l *Limiter) Enabled() bool { return l.current() != nil }

// Concerns reports whether a rule applies to the method and the path, for any client.
func (l *Limiter) Concerns(method, path string) bool {
	s := l.current()
	return s != nil && s.rules.isFor(&Action{Method: method, Paths: [3]string{path}})
}

// NamesCollections reports whether the path of a rule contains a collection. Only then must
// Action.Paths list the spellings of a path with the name and with the id.
func (l *Limiter) NamesCollections() bool {
	s := l.current()
	return s != nil && s.rules.collections
}

// Client is the client whose requests are counted.
type Client struct {
	IP       string // all texts that are not an IP address count as one client
	SignedIn bool   // the rules for "@auth" apply, else those for "@guest"
}

// Action describes the request to count.
type Action struct {
	Method string
	Paths  [3]string // spellings of the path, that of the request first; unused elements are ""

	// The fields of an action on a collection; empty for other actions.
	Collection   string   // its name
	CollectionID string   // identifies the collection in counters
	Route        string   // equal for all requests that are counted together
	Tags         []string // the most specific tag first
	// Shared counts the action against the rule for its path too, together with all other routes.
	Shared bool
}

// Take counts a request against the rule that applies to it. It returns the zero Verdict if no
// rule applies, or if the client is excluded. If two rules apply (Action.Shared), it returns the
// tighter Verdict; a request that the rule for the path denies is not counted by the other rule.
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
	if r == nil { // no rule applies, neither by tag nor by path
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

// Forget frees the memory of windows that have ended.
func (l *Limiter) Forget() {
	if s := l.current(); s != nil {
		s.counters.forget(s.rules, l.now().Unix())
	}
}

// Verdict is the decision of a rule about a request. The zero Verdict means that no rule applies.
type Verdict struct {
	Limit  int  // the maximum number of requests in a window
	Left   int  // how many more requests the window allows
	Reset  int  // seconds until a new window can begin
	Denied bool // whether the request exceeds the limit

	rule *rule // nil if no rule applies
}

// SetHeader sets the RateLimit headers, if a rule applies.
func (v Verdict) SetHeader(h http.Header) {
	if v.Counted() {
		h["Ratelimit-Limit"], h["Ratelimit-Remaining"], h["Ratelimit-Reset"] = v.rule.limit, number(v.Left), number(v.Reset)
	}
}

// number returns the value of a header. The values of small numbers are shared by all answers
// and must not be changed.
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

// Counted reports whether a rule applies to the request.
func (v Verdict) Counted() bool { return v.rule != nil }

// Rule returns the index of the rule that applies to the request, in the list of the settings; -1
// if no rule applies.
func (v Verdict) Rule() int {
	if v.rule == nil {
		return -1
	}
	return v.rule.id
}

// Tighter returns the Verdict that is denied or else leaves fewer requests; v if both are equal.
func (v Verdict) Tighter(other Verdict) Verdict {
	if !other.Counted() || v.Counted() && !other.Denied && v.Left <= other.Left {
		return v
	}
	return other
}

// Err returns a fault.TooMany with its RetryAfter for a denied request, else nil.
func (v Verdict) Err() *fault.Error {
	if !v.Denied {
		return nil
	}
	return &fault.Error{Kind: fault.TooMany, RetryAfter: time.Duration(v.Reset) * time.Second}
}
