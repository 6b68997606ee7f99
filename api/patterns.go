package api

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
)

// pattern is the method and the path of a route, and the place that added the route.
type pattern struct {
	method, path string
	place        string // "FILE:LINE" in the program, or the constant loam
}

// loam is the place of the routes of the API.
const loam = "Loam"

// patterns are the patterns of a router. net/http decides which patterns are valid and which
// conflict, although chi finds the routes (see DESIGN.md).
type patterns struct {
	list []pattern
	all  *http.ServeMux     // has all patterns, to find conflicts
	keys map[string]pattern // by patternKey
}

func newPatterns() *patterns {
	return &patterns{all: http.NewServeMux(), keys: map[string]pattern{}}
}

// add adds a pattern. The error says why the pattern is not valid, or names the pattern that it
// conflicts with.
func (p *patterns) add(added pattern) error {
	if err := checkPath(added.path); err != nil {
		return err
	}
	if !slices.Contains(methods, added.method) {
		return fmt.Errorf("the method is none of %s", strings.Join(methods, ", "))
	}
	if err := register(http.NewServeMux(), added); err != nil {
		return err
	}
	key := patternKey(added.method, added.path)
	if other, taken := p.keys[key]; taken {
		return fmt.Errorf("%s has this route already (%s %s)", other.place, other.method, other.path)
	}
	if register(p.all, added) != nil {
		return p.conflict(added)
	}
	p.list = append(p.list, added)
	p.keys[key] = added
	if added.method == http.MethodGet && added.place == loam {
		p.keys[patternKey(http.MethodHead, added.path)] = added
	}
	return nil
}

// methods are the methods that a route may have. middleware.Preflight answers OPTIONS before
// any route.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
}

// has reports whether a route has the method and the path, in the syntax of chi.
func (p *patterns) has(method, chiPath string) bool {
	return slices.ContainsFunc(p.list, func(other pattern) bool { return other.method == method && chiPattern(other.path) == chiPath })
}

// conflict returns the error of a pattern that net/http refuses beside the others.
func (p *patterns) conflict(added pattern) error {
	for _, other := range p.list {
		mux := http.NewServeMux()
		if register(mux, other) == nil && register(mux, added) != nil {
			return fmt.Errorf("some requests match %s %s of %s too, and none of the two is more special", other.method, other.path, other.place)
		}
	}
	return errors.New("it conflicts with other routes")
}

// register adds the pattern to a mux of net/http.
func register(mux *http.ServeMux, p pattern) error {
	return recovered(func() { mux.Handle(p.method+" "+p.path, http.NotFoundHandler()) })
}

// checkPath refuses a path that no request can match, and a path that chi would read in another
// way than net/http. The paths of requests are clean (see middleware.Clean) and have no query.
func checkPath(p string) error {
	switch plain := pathParameter.ReplaceAllString(p, "x"); {
	case !strings.HasPrefix(p, "/"):
		return errors.New("the path must begin with a slash")
	case strings.Contains(plain, "*"):
		return errors.New(`the rest of a path is written "{rest...}"`)
	case strings.Contains(plain, "?"):
		return errors.New("a query is no part of a path")
	case strings.ContainsAny(plain, "{}"):
		return errors.New("a brace has no other one")
	case path.Clean(plain) != strings.TrimSuffix(plain, "/") && plain != "/":
		return errors.New("the path has repeated slashes or dots, which are resolved before a route is looked for")
	case p == "/_" || strings.HasPrefix(p, "/_/"):
		return errors.New("paths below /_/ are the console's")
	}
	return nil
}

var (
	pathParameter = regexp.MustCompile(`\{[^{}]*\}`)
	remainder     = regexp.MustCompile(`\{([^{}]*)\.\.\.\}$`)
)

// valueName is the name of a part of a path, and the name of the same part for chi.
type valueName struct{ own, chi string }

// valueNames returns the names of the parts of a path.
func valueNames(path string) (names []valueName) {
	for _, m := range pathParameter.FindAllString(path, -1) {
		name := strings.Trim(m, "{}")
		if rest, ok := strings.CutSuffix(name, "..."); ok {
			names = append(names, valueName{rest, "*"})
		} else if name != "$" {
			names = append(names, valueName{name, name})
		}
	}
	return names
}

// chiPattern translates a path from the syntax of net/http into the syntax of chi.
func chiPattern(path string) string {
	if exact, ok := strings.CutSuffix(path, "{$}"); ok {
		return exact
	}
	path = remainder.ReplaceAllString(path, "")
	if strings.HasSuffix(path, "/") {
		return path + "*"
	}
	return path
}

// patternKey returns a key that is equal for two routes that match the same requests.
func patternKey(method, path string) string {
	return method + " " + pathParameter.ReplaceAllString(chiPattern(path), "{}")
}
