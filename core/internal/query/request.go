package query

import (
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"

	"github.com/loambase/loam/core/schema"
)

// requestIdent is @request.<rest>.
func (r *resolver) requestIdent(name, rest string) (operand, error) {
	p, err := parsePath(rest)
	if err != nil {
		return operand{}, err
	}
	head := p.parts[0]
	p.parts = p.parts[1:]
	if (head == "context" || head == "method") != (len(p.parts) == 0) {
		return operand{}, unresolved(name)
	}
	switch head {
	case "context":
		if r.request().Context == "" {
			return static(text("default"), p)
		}
		return static(text(r.request().Context), p)
	case "method":
		return static(text(r.request().Method), p)
	case "headers":
		return requestText(p, headerValues(r.request().Headers, strings.Join(p.parts, ".")))
	case "query":
		return requestText(p, r.request().Query[strings.Join(p.parts, ".")])
	case "auth":
		return r.authIdent(p)
	case "body":
		return r.bodyIdent(p)
	}
	return operand{}, unresolved(name)
}

var guest Request

func (b *build) request() *Request {
	b.depend(onRequest)
	if b.Request == nil {
		return &guest
	}
	return b.Request
}

// caller is the signed-in record, nil for a guest.
func (b *build) caller() AuthRecord {
	if b.Request == nil {
		return nil
	}
	return b.Request.Auth
}

// asksWhetherSignedIn finds @request.auth.id != "" and = "", which most rules
// begin with: they say the same for all who are signed in.
func asksWhetherSignedIn(c *lang.Compare) (signedIn, ok bool) {
	id, isIdent := c.Left.(lang.Ident)
	empty, isText := c.Right.(lang.Text)
	if !isIdent || !isText || id.Name != "@request.auth.id" || empty.Value != "" {
		return false, false
	}
	return c.Op == lang.NotEqual, c.Op == lang.NotEqual || c.Op == lang.Equal
}

func (b *build) signedIn() bool {
	b.depend(onSignedIn)
	auth := b.caller()
	return auth != nil && auth.ID() != ""
}

// static is a known value with the modifiers that any value may have.
func static(v value, p pathName) (operand, error) {
	o := constantOf(v)
	switch p.modifier {
	case "lower":
		return lowerOf(o), nil
	case "each", "length":
		return operand{}, misplaced(p)
	}
	return o, nil
}

func misplaced(p pathName) error {
	return &Error{Message: "the modifier " + quoted(p.modifier) + " cannot be used in " + quoted(p.text)}
}

// requestText is a header or query parameter: the first of its values.
func requestText(p pathName, values []string) (operand, error) {
	switch {
	case p.modifier == "isset":
		return constantOf(truth(len(values) > 0)), nil
	case p.modifier == "changed":
		return operand{}, misplaced(p)
	case len(values) == 0:
		return static(null, p)
	}
	return static(text(values[0]), p)
}

// headerValues finds a header by the name that rules use. The host is not one.
func headerValues(headers map[string][]string, name string) []string {
	for key, values := range headers {
		if headerName(key) == name && name != "host" {
			return values
		}
	}
	return nil
}

func headerName(key string) string {
	b := []byte(key)
	for i, c := range b {
		if c = lower(c); c != '_' && !lang.IsDigit(c) && (c < 'a' || c > 'z') {
			c = '_'
		}
		b[i] = c
	}
	return string(b)
}

// authIdent is @request.auth.<p>: the identity is known, all else is read from
// the record as it is stored now.
func (r *resolver) authIdent(p pathName) (operand, error) {
	r.depend(onIdentity)
	auth := r.caller()
	if auth == nil {
		return constantOf(null), nil
	}
	if len(p.parts) == 1 {
		switch p.parts[0] {
		case "id":
			return static(text(auth.ID()), p)
		case "collectionId":
			return static(text(auth.Collection().ID), p)
		case "collectionName":
			return static(text(auth.Collection().Name), p)
		case "email", "emailVisibility", "verified":
			r.depend(onRequest) // they change
			return static(bodyValue(auth.Get(p.parts[0])), p)
		}
	}
	c := r.Snapshot.ByID(auth.Collection().ID)
	if c == nil {
		return constantOf(null), nil
	}
	return r.requestPath(r.root(source{how: ofRecord, collection: c, id: auth.ID()}), p)
}

// requestPath is path, but names that mean nothing are NULL.
func (r *resolver) requestPath(s *source, p pathName) (operand, error) {
	o, err := r.path(s, p)
	if e, ok := err.(*Error); ok && e.Unknown {
		return constantOf(null), nil
	}
	return o, err
}

// bodyIdent is @request.body.<p>.
func (r *resolver) bodyIdent(p pathName) (operand, error) {
	f := r.base.collection.Field(p.parts[0])
	v, sent := lookup(r.request().Body, p.parts)
	switch p.modifier {
	case "isset":
		return constantOf(truth(sent)), nil
	case "changed": // those that may be are not resolved as operands
		return operand{}, misplaced(p)
	case "each", "length":
		if f == nil || len(p.parts) > 1 || !isChoice(f) {
			return operand{}, misplaced(p)
		}
		return r.bodyItems(f, v, p.modifier == "length"), nil
	}
	if f != nil && len(p.parts) > 1 {
		if k, ok := f.Kind.(*schema.Relation); ok {
			return r.bodyRelation(f, k, p)
		}
	}
	value := bodyValue(v)
	if last := r.base.collection.Field(p.parts[len(p.parts)-1]); last != nil && value.kind == valueText {
		if _, ok := last.Kind.(*schema.Number); ok {
			if n, ok := numeric(value.text); ok {
				value = number(n)
			}
		}
	}
	return static(value, p)
}

// bodyItems is :each or :length of the submitted items of a field.
func (r *resolver) bodyItems(f *schema.Field, v any, length bool) operand {
	items := submitted(f, v)
	switch {
	case length:
		return constantOf(whole(len(items)))
	case len(items) == 0:
		return constantOf(null)
	case !f.Multiple():
		return constantOf(text(items[0]))
	}
	list := stored{f.Value(items), f.Kind.Column()}
	s := r.root(source{how: fromItems, field: f.Name, list: list, space: r.space})
	return operand{term: item{s}, kind: kindText, nullable: true}
}

// submitted are the items of a field in a body.
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

// bodyRelation is a path that goes on from the records whose ids were submitted.
func (r *resolver) bodyRelation(f *schema.Field, k *schema.Relation, p pathName) (operand, error) {
	target := r.Snapshot.ByID(k.CollectionID)
	ids := submitted(f, r.request().Body[f.Name])
	if target == nil || len(ids) == 0 {
		return constantOf(null), nil
	}
	p.parts = p.parts[1:]
	if !k.Multiple() {
		return r.requestPath(r.root(source{how: ofRecord, collection: target, id: ids[0]}), p)
	}
	return r.requestPath(r.root(source{how: fromIDs, collection: target, ids: ids, space: r.space}), p)
}

// changedField finds @request.body.<field>:changed.
func changedField(o lang.Operand) (id lang.Ident, ok bool) {
	id, ok = o.(lang.Ident)
	if !ok || !strings.HasPrefix(id.Name, "@request.body.") || !strings.HasSuffix(id.Name, ":changed") {
		return id, false
	}
	return id, true
}

// changed is a comparison of :changed, which is a condition itself: one case for
// when it holds and one for when it does not.
func (r *resolver) changed(id lang.Ident, o lang.Operand, compare func(is, other operand) cond) (cond, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(id.Name, "@request.body."), ":changed")
	f := r.base.collection.Field(name)
	if r.restricted || f == nil {
		return nil, wrap("left", id, unknownField(name))
	}
	other, err := r.operand(o)
	if err != nil {
		return nil, wrap("right", o, err)
	}
	v, sent := r.request().Body[name]
	was, is := r.plainField(r.base, f), constantOf(bodyValue(v))
	yes, no := constantOf(truth(true)), constantOf(truth(false))
	yes.strict, no.strict = true, true
	return or(
		and(truthValue(sent), typed(lang.NotEqual, is, was), compare(yes, other)),
		and(or(truthValue(!sent), typed(lang.Equal, is, was)), compare(no, other)),
	), nil
}
