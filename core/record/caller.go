// Callers: identity and request on whose behalf a service acts.

package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
)

// Caller is the identity and the request on whose behalf the service acts. It is passed with each
// call and never kept after it. The zero Caller is a guest.
type Caller struct {
	Auth    *Record // the signed-in record; nil for a guest
	IP      string
	Context string // @request.context; "" stands for "default"
	Method  string
	Headers map[string][]string // canonical HTTP names
	Query   map[string][]string

	// Body is @request.body in the rules of reads and deletes. Writes use the body of
	// their Input.
	Body map[string]any
}

// Root returns a superuser without an account: the caller for Loam's own code, for the command
// line, and for programs that embed Loam. No rule is judged for Root, and a new password need not
// be repeated. All else is checked, and passwords are hashed.
func Root() Caller {
	return Caller{Auth: Blank(&schema.Collection{Name: schema.Superusers, Type: schema.Auth})}
}

// Superuser reports whether the caller is a superuser. No rule is judged for superusers.
func (c Caller) Superuser() bool {
	return c.Auth != nil && c.Auth.collection.Name == schema.Superusers
}

// root reports whether the caller is Root.
func (c Caller) root() bool { return c.Superuser() && c.Auth.ID() == "" }

// RequireSuperuser returns nil for a superuser. For a guest the error is
// Unauthenticated, for every other caller Forbidden, in the words of the wire
// (docs/wire/records.md §1.5).
func (c Caller) RequireSuperuser() error {
	switch {
	case c.Auth == nil:
		return fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
	case !c.Superuser():
		return fault.New(fault.Forbidden, "The authorized record is not allowed to perform this action.")
	}
	return nil
}

// Share returns the caller of budgets: the account or, for a guest, the address. A guest without an
// address is the program itself, which has no share to spend.
func (c Caller) Share() budget.Caller {
	switch {
	case c.Superuser():
		return budget.Caller{Class: budget.Superuser, Group: c.Auth.collection.ID, Name: c.Auth.ID()}
	case c.Auth != nil:
		return budget.Caller{Class: budget.Known, Group: c.Auth.collection.ID, Name: c.Auth.ID()}
	case c.IP == "":
		return budget.Caller{Class: budget.Superuser}
	}
	return budget.Anonymous(c.IP)
}

// request returns the caller for rules; body is @request.body.
func (c Caller) request(body map[string]any) *query.Request {
	r := &query.Request{Context: c.Context, Method: c.Method, Headers: c.Headers, Query: c.Query, Body: body}
	if c.Auth != nil { // a nil *Record in the interface would count as an account
		r.Auth = c.Auth
	}
	return r
}

// idIn returns the id of the caller's account if the account is a record of the collection, else
// "".
func (c Caller) idIn(collection *schema.Collection) string {
	if c.Auth == nil || c.Auth.collection.ID != collection.ID {
		return ""
	}
	return c.Auth.ID()
}

// Actor returns the caller in the form of the change log, "collectionId/recordId". It is "" for
// guests and for Root.
func (c Caller) Actor() string {
	if c.Auth == nil || c.Auth.ID() == "" {
		return ""
	}
	return c.Auth.collection.ID + "/" + c.Auth.ID()
}
