// The lookup of the rule that applies to a request.

package ratelimit

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/settings"
)

// rule is one rate limit.
type rule struct {
	id       int
	max      uint32   // requests of a window; 0: every request is denied
	limit    []string // max, as the value of a header; shared by all answers
	duration uint32   // seconds
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

// pair holds the rules of one label by audience; nil for an audience without a rule.
type pair [2]*rule

// tagged holds the rules for the actions with one tag.
type tagged struct {
	all pair            // the rules for every collection
	of  map[string]pair // the rules for one collection, by its name in lower case
}

// paths holds the rules for the paths of one method.
type paths struct {
	exact    map[string]pair
	prefixes []prefix // the longest first
}

// prefix holds the rules for all paths below a path.
type prefix struct {
	path string // ends with a slash
	pair
}

// rules are the rules of the settings, indexed for find. They never change.
type rules struct {
	byID        []rule
	actions     map[string]*tagged // by tag
	paths       map[string]*paths  // by method
	anyMethod   *paths             // the rules for every method; nil if there are none
	collections bool               // whether the path of a rule contains a collection
}

func newRules(list settings.Rules) *rules {
	s := &rules{byID: make([]rule, len(list)), actions: map[string]*tagged{}, paths: map[string]*paths{}}
	for i, r := range list {
		limit := clamp(r.MaxRequests)
		s.byID[i] = rule{id: i, max: limit, limit: []string{strconv.Itoa(int(limit))}, duration: max(1, clamp(r.Duration))}
		method, path, ok := strings.Cut(r.Label, " ")
		if !ok {
			method, path = "", r.Label
		}
		if strings.HasPrefix(path, "/") {
			s.collections = s.collections || hasCollection(path)
			s.ofMethod(strings.ToUpper(method)).add(path, r.Audience, &s.byID[i])
		} else if collection, tag, ok := strings.Cut(r.Label, ":"); ok { // other labels match nothing
			s.ofTag(tag).add(strings.ToLower(collection), r.Audience, &s.byID[i])
		}
	}
	for _, p := range s.paths {
		// The longest prefix wins, whatever the order of the rules in the settings.
		slices.SortStableFunc(p.prefixes, func(a, b prefix) int { return cmp.Compare(len(b.path), len(a.path)) })
	}
	s.anyMethod = s.paths[""]
	return s
}

func (s *rules) ofMethod(method string) *paths {
	if s.paths[method] == nil {
		s.paths[method] = &paths{exact: map[string]pair{}}
	}
	return s.paths[method]
}

func (s *rules) ofTag(tag string) *tagged {
	if s.actions[tag] == nil {
		s.actions[tag] = &tagged{of: map[string]pair{}}
	}
	return s.actions[tag]
}

// add adds a rule for a collection, by its name in lower case, or for all collections ("*").
func (t *tagged) add(collection, audience string, r *rule) {
	if collection == "*" {
		t.all.add(audience, r)
		return
	}
	found := t.of[collection]
	found.add(audience, r)
	t.of[collection] = found
}

// clamp limits a number of the settings to the range that a window can count.
func clamp[N int | int64](n N) uint32 { return uint32(min(max(int64(n), 0), math.MaxUint32)) }

func hasCollection(path string) bool {
	return len(path) > len("/api/files/") && (strings.HasPrefix(path, "/api/collections/") || strings.HasPrefix(path, "/api/files/"))
}

// add adds a rule for a path, or, if the path ends with a slash, for all paths below it.
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

// add adds a rule for an audience: "@auth", "@guest" or, for any other value, both. An earlier
// rule for the same audience takes precedence.
func (p *pair) add(audience string, r *rule) {
	if audience != "@auth" && p[guests] == nil {
		p[guests] = r
	}
	if audience != "@guest" && p[signedIn] == nil {
		p[signedIn] = r
	}
}

// find returns the rule that applies to an action, nil if no rule does. Labels are searched in
// the order of docs/wire/auth-realtime-system.md §3.4: tags with the collection, tags with "*",
// the path with its method, the path.
func (s *rules) find(a *Action, who audience) *rule {
	if r := s.ofTags(a, who); r != nil {
		return r
	}
	return s.ofPath(a, who)
}

// ofTags does the work of find for the rules with a tag.
func (s *rules) ofTags(a *Action, who audience) (found *rule) {
	if len(s.actions) == 0 {
		return nil
	}
	for _, tag := range a.Tags {
		t := s.actions[tag]
		if t == nil {
			continue
		}
		if len(t.of) > 0 {
			if r := t.of[strings.ToLower(a.Collection)][who]; r != nil {
				return r
			}
		}
		if found == nil {
			found = t.all[who]
		}
	}
	return found
}

// ofPath does the work of find for the rules with a path.
func (s *rules) ofPath(a *Action, who audience) *rule {
	r := s.paths[a.Method].find(a, who)
	if r == nil && a.Method == http.MethodHead {
		r = s.paths[http.MethodGet].find(a, who) // HEAD costs as much as GET, so rules of GET apply
	}
	if r == nil {
		r = s.anyMethod.find(a, who)
	}
	return r
}

// find returns the rule for the first of Action.Paths that has a rule, nil if none has.
func (p *paths) find(a *Action, who audience) *rule {
	if p == nil {
		return nil
	}
	for _, path := range a.Paths {
		if path == "" {
			break
		}
		if r := p.at(path, who); r != nil {
			return r
		}
	}
	return nil
}

// at returns the rule for the path itself, or else the rule of the longest prefix that covers the
// path, nil if there is no rule.
func (p *paths) at(path string, who audience) *rule {
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

// covers reports whether the path is below the prefix, or equals the prefix without its slash.
func (p *prefix) covers(path string) bool {
	return strings.HasPrefix(path, p.path) || path == p.path[:len(p.path)-1]
}

// isFor reports whether a rule applies to the action, for any audience.
func (s *rules) isFor(a *Action) bool { return s.find(a, guests) != nil || s.find(a, signedIn) != nil }
