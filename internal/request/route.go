package request

// Route describes one row of a table of routes, for logs, rate limits and documentation. Routes are
// shared and must not be changed.
type Route struct {
	Method string
	Path   string // a pattern of chi: "/api/collections/{collection}/records"

	// Label is the name of the route in rate limit rules (docs/wire/auth-realtime-system.md §3.4):
	// "*:create" for an action on a collection, a word for other routes of the API, "METHOD /path"
	// for routes of an embedding program.
	Label string
	// Group is a second label that several routes share, as "*:auth"; "" for none.
	Group    string
	Audience Audience
	// Quiet routes are kept in the logs only when they fail
	// (docs/wire/auth-realtime-system.md §5.5).
	Quiet bool
}

// String returns the Label, "" for no route.
func (r *Route) String() string {
	if r == nil {
		return ""
	}
	return r.Label
}

// Audience restricts the callers of a route, before any rule is checked.
type Audience uint8

const (
	// Everyone may call the route; rules or the handler restrict the callers further.
	Everyone Audience = iota + 1
	// Superusers only.
	Superusers
)

func (a Audience) String() string {
	switch a {
	case Everyone:
		return "everyone"
	case Superusers:
		return "superusers"
	}
	return ""
}
