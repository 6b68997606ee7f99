// @request.*: context, method, headers, query, auth and body as operands. callers.go has
// @request.auth of many callers at once.

package query

import (
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/schema"
)

// requestIdent resolves @request.<rest>. name is the whole identifier, for errors.
func (r *resolver) requestIdent(name, rest string) (ir.Operand, error) {
	p, err := parsePath(rest)
	if err != nil {
		return ir.Operand{}, err
	}
	head := p.parts[0]
	p.parts = p.parts[1:]
	if (head == "context" || head == "method") != (len(p.parts) == 0) {
		return ir.Operand{}, unresolved(name)
	}
	switch head {
	case "context":
		if r.b.request().Context == "" {
			return static(ir.Text("default"), p)
		}
		return static(ir.Text(r.b.request().Context), p)
	case "method":
		return static(ir.Text(r.b.request().Method), p)
	case "headers":
		return requestText(p, headerValues(r.b.request().Headers, strings.Join(p.parts, ".")))
	case "query":
		return requestText(p, r.b.request().Query[strings.Join(p.parts, ".")])
	case "auth":
		return r.authIdent(p)
	case "body":
		return r.bodyIdent(p)
	}
	return ir.Operand{}, unresolved(name)
}

// guest stands for a nil Request.
var guest Request

// request returns the request and records that the plan depends on it.
func (b *builder) request() *Request {
	b.depend(onRequest)
	if b.Scope.Request == nil {
		return &guest
	}
	return b.Scope.Request
}

// caller returns the signed-in record, nil for a guest.
func (b *builder) caller() AuthRecord {
	if b.Scope.Request == nil {
		return nil
	}
	return b.Scope.Request.Auth
}

// asksWhetherSignedIn recognizes @request.auth.id != "" and = "", with which most rules
// begin. All signed-in callers share the plan of such a rule, where an id as a parameter
// would need one for each.
func asksWhetherSignedIn(c *lang.Compare) (signedIn, ok bool) {
	id, isIdent := c.Left.(lang.Ident)
	empty, isText := c.Right.(lang.Text)
	if !isIdent || !isText || id.Name != "@request.auth.id" || empty.Value != "" {
		return false, false
	}
	return c.Op == lang.NotEqual, c.Op == lang.NotEqual || c.Op == lang.Equal
}

// signedIn reports whether the caller has an id. Callers of a many-callers statement always
// have.
func (b *builder) signedIn() bool {
	if b.callers != nil {
		return true
	}
	b.depend(onSignedIn)
	auth := b.caller()
	return auth != nil && auth.ID() != ""
}

// static is the operand of a known value, see single.
func static(v ir.Value, p pathName) (ir.Operand, error) { return single(ir.ConstantOf(v), p) }

// single is the operand of one value with its modifier; modifiers of lists are refused.
func single(o ir.Operand, p pathName) (ir.Operand, error) {
	switch p.modifier {
	case "lower":
		return ir.LowerOf(o), nil
	case "each", "length", "isset", "changed":
		return ir.Operand{}, misplaced(p)
	}
	return o, nil
}

// misplaced is the error of a modifier in a place where it has no meaning.
func misplaced(p pathName) error {
	return &Error{Message: "the modifier " + quoted(p.modifier) + " cannot be used in " + quoted(p.text)}
}

// requestText is the operand of a header or query parameter: the first of its values, NULL
// if there is none.
func requestText(p pathName, values []string) (ir.Operand, error) {
	switch {
	case p.modifier == "isset":
		return ir.ConstantOf(ir.TruthOf(len(values) > 0)), nil
	case p.modifier == "changed":
		return ir.Operand{}, misplaced(p)
	case len(values) == 0:
		return static(ir.Null, p)
	}
	return static(ir.Text(values[0]), p)
}

// headerValues finds a header by the name that rules use for it. The host is no header to
// rules.
func headerValues(headers map[string][]string, name string) []string {
	for key, values := range headers {
		if headerName(key) == name && name != "host" {
			return values
		}
	}
	return nil
}

// headerName is the name of a header in rules: lower case, everything else than letters and
// digits replaced by underscores.
func headerName(key string) string {
	b := []byte(key)
	for i, c := range b {
		if c = ir.Lower(c); c != '_' && !lang.IsDigit(c) && (c < 'a' || c > 'z') {
			c = '_'
		}
		b[i] = c
	}
	return string(b)
}

// authIdent resolves @request.auth.<p>. The id, the collection and the account fields are constants
// from the record of the token; other fields are read from the stored record by a join.
func (r *resolver) authIdent(p pathName) (ir.Operand, error) {
	if p.modifier == "isset" || p.modifier == "changed" { // also for guests, else such a rule could be saved
		return ir.Operand{}, misplaced(p)
	}
	if r.b.callers != nil {
		return r.callersIdent(p)
	}
	r.b.depend(onIdentity)
	auth := r.b.caller()
	if auth == nil {
		return ir.ConstantOf(ir.Null), nil
	}
	if len(p.parts) == 1 {
		switch p.parts[0] {
		case "id":
			return static(ir.Text(auth.ID()), p)
		case "collectionId":
			return static(ir.Text(auth.Collection().ID), p)
		case "collectionName":
			return static(ir.Text(auth.Collection().Name), p)
		case "email", "emailVisibility", "verified":
			r.b.depend(onRequest) // they change
			return static(bodyValue(auth.Get(p.parts[0])), p)
		}
	}
	c := r.b.Scope.Snapshot.ByID(auth.Collection().ID)
	if c == nil {
		return ir.ConstantOf(ir.Null), nil
	}
	return r.requestPath(r.b.root(ir.Source{Kind: ir.FromRecord, Collection: c, ID: auth.ID()}), p)
}

// requestPath is path, except that unknown names are NULL: auth collections differ in their
// fields, and a rule serves all of them.
func (r *resolver) requestPath(s *ir.Source, p pathName) (ir.Operand, error) {
	o, err := r.path(s, p)
	if e, ok := err.(*Error); ok && e.Unknown {
		return ir.ConstantOf(ir.Null), nil
	}
	return o, err
}

// submitted returns the items of a field in a body.
func submitted(f *schema.Field, v any) []string {
	switch v := f.Kind.Cast(v).(type) {
	case []string:
		return v
	case string:
		if v != "" {
			return []string{v}
		}
	}
	return nil
}

// bodyRelation resolves a path through a relation of the body: it continues from the
// records whose ids were submitted.
func (r *resolver) bodyRelation(f *schema.Field, k *schema.Relation, p pathName) (ir.Operand, error) {
	target := r.b.Scope.Snapshot.ByID(k.CollectionID)
	ids := submitted(f, r.b.request().Body[f.Name])
	if target == nil || len(ids) == 0 {
		return ir.ConstantOf(ir.Null), nil
	}
	p.parts = p.parts[1:]
	if !k.Multiple() {
		return r.requestPath(r.b.root(ir.Source{Kind: ir.FromRecord, Collection: target, ID: ids[0]}), p)
	}
	return r.requestPath(r.b.root(ir.Source{Kind: ir.EachID, Collection: target, IDs: ids, Scope: r.scope}), p)
}

// changedField recognizes @request.body.<field>:changed.
func changedField(o lang.Operand) (id lang.Ident, ok bool) {
	id, ok = o.(lang.Ident)
	if !ok || !strings.HasPrefix(id.Name, "@request.body.") || !strings.HasSuffix(id.Name, ":changed") {
		return id, false
	}
	return id, true
}

// changed resolves a comparison with :changed. Whether a field changes is a condition on
// the stored row, so the comparison becomes two cases: the condition holds and true is
// compared, or it does not and false is.
func (r *resolver) changed(id lang.Ident, o lang.Operand, compare func(is, other ir.Operand) ir.Cond) (ir.Cond, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(id.Name, "@request.body."), ":changed")
	f := r.base.Collection.Field(name)
	if r.restricted || f == nil {
		return nil, wrap("left", id, unknownField(name))
	}
	other, err := r.operand(o)
	if err != nil {
		return nil, wrap("right", o, err)
	}
	v, sent := r.b.request().Body[name]
	was, is := r.plainField(r.base, f), ir.ConstantOf(bodyValue(v))
	yes, no := ir.ConstantOf(ir.TruthOf(true)), ir.ConstantOf(ir.TruthOf(false))
	yes.Strict, no.Strict = true, true
	return ir.AnyOf(
		ir.AllOf(ir.Truth(sent), ir.CompareValues(lang.NotEqual, is, was), compare(yes, other)),
		ir.AllOf(ir.AnyOf(ir.Truth(!sent), ir.CompareValues(lang.Equal, is, was)), compare(no, other)),
	), nil
}
