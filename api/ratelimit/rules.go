// Rules: which one a request falls under.

package ratelimit

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/loambase/loam/core/settings"
)

// rule is one rate limit.
type rule struct {
	id       int
	max      uint32 // 0: nothing is let through
	duration uint32 // seconds
}

type audience int

const (
	guests audience = iota
	signedIn
)

func audienceOf(c Client) audience {
	if c.SignedIn {
		return signedIn
	}
	return guests
}

// pair is the rules of one label, by audience; nil for one that has none.
type pair [2]*rule

// label is what a rule for actions is about: a collection, in lower case, or "*" for all; and
// a tag.
type label struct{ collection, tag string }

// paths are the rules for the paths of one method.
type paths struct {
	exact    map[string]pair
	prefixes []prefix // the longest first
}

// prefix is the rules for all paths below one.
type prefix struct {
	path string // ends in a slash
	pair
}

// rules are those of the settings, made for finding. They do not change.
type rules struct {
	byID        []rule
	actions     map[label]pair
	paths       map[string]*paths // by method; "" for every method
	collections bool              // a path has a collection in it
}

func newRules(list settings.Rules) *rules {
	s := &rules{byID: make([]rule, len(list)), actions: map[label]pair{}, paths: map[string]*paths{}}
	for i, r := range list {
		s.byID[i] = rule{id: i, max: clamp(r.MaxRequests), duration: max(1, clamp(r.Duration))}
		method, path, ok := strings.Cut(r.Label, " ")
		if !ok {
			method, path = "", r.Label
		}
		if strings.HasPrefix(path, "/") {
			s.collections = s.collections || hasCollection(path)
			s.ofMethod(strings.ToUpper(method)).add(path, r.Audience, &s.byID[i])
		} else if collection, tag, ok := strings.Cut(r.Label, ":"); ok { // a word alone means nothing
			of := label{strings.ToLower(collection), tag}
			found := s.actions[of]
			found.add(r.Audience, &s.byID[i])
			s.actions[of] = found
		}
	}
	for _, p := range s.paths {
		// One that says more goes before one that says less, whatever their order in the settings.
		slices.SortStableFunc(p.prefixes, func(a, b prefix) int { return cmp.Compare(len(b.path), len(a.path)) })
	}
	return s
}

func (s *rules) ofMethod(method string) *paths {
	if s.paths[method] == nil {
		s.paths[method] = &paths{exact: map[string]pair{}}
	}
	return s.paths[method]
}

// clamp keeps numbers of the settings within what a window holds.
func clamp[N int | int64](n N) uint32 { return uint32(min(max(int64(n), 0), math.MaxUint32)) }

func hasCollection(path string) bool {
	return len(path) > len("/api/files/") && (strings.HasPrefix(path, "/api/collections/") || strings.HasPrefix(path, "/api/files/"))
}

// add adds a rule for a path, or with a slash at its end for all that is below.
func (p *paths) add(path, audience string, r *rule) {
	if !strings.HasSuffix(path, "/") {
		found := p.exact[path]
		found.add(audience, r)
		p.exact[path] = found
		return
	}
	i := slices.IndexFunc(p.prefixes, func(other prefix) bool { return other.path == path })
	if i < 0 {
		i = len(p.prefixes)
		p.prefixes = append(p.prefixes, prefix{path: path})
	}
	p.prefixes[i].add(audience, r)
}

// add adds a rule for an audience. One that is there already goes first.
func (p *pair) add(audience string, r *rule) {
	if audience != "@auth" && p[guests] == nil {
		p[guests] = r
	}
	if audience != "@guest" && p[signedIn] == nil {
		p[signedIn] = r
	}
}

// find returns the rule that an action falls under, nil if there is none. Labels are
// searched in the order of docs/wire/auth-realtime-system.md §3.4: tags of the collection,
// tags of all, the path with its method, the path.
func (s *rules) find(a Action, who audience) *rule {
	if len(a.Tags) > 0 && len(s.actions) > 0 {
		for _, collection := range [...]string{strings.ToLower(a.Collection), "*"} {
			for _, tag := range a.Tags {
				if r := s.actions[label{collection, tag}][who]; r != nil {
					return r
				}
			}
		}
	}
	for _, method := range [...]string{a.Method, http.MethodGet, ""} {
		if method == http.MethodGet && a.Method != http.MethodGet && a.Method != http.MethodHead {
			continue // what HEAD asks for costs as much as GET: it is no way around a rule
		}
		p := s.paths[method]
		if p == nil {
			continue
		}
		for _, path := range a.Paths {
			if path == "" {
				break
			}
			if r := p.find(path, who); r != nil {
				return r
			}
		}
	}
	return nil
}

// find returns the rule for the path itself, else of the longest path above it, nil if
// there is none.
func (p *paths) find(path string, who audience) *rule {
	if len(p.exact) > 0 {
		if r := p.exact[path][who]; r != nil {
			return r
		}
	}
	for i := range p.prefixes {
		if r := p.prefixes[i].pair[who]; r != nil && p.prefixes[i].covers(path) {
			return r
		}
	}
	return nil
}

// covers reports whether the path is below the prefix, or the prefix without its slash.
func (p *prefix) covers(path string) bool {
	return strings.HasPrefix(path, p.path) || path == p.path[:len(p.path)-1]
}

// isFor reports whether a rule is about the path, for whatever audience.
func (s *rules) isFor(a Action) bool { return s.find(a, guests) != nil || s.find(a, signedIn) != nil }
