// Plans of signing in and of account flows: one call of the auth service, outside of any
// transaction, and a read of the account that has signed in.

package graphql

import (
	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// authCall is a field of Mutation about an account, with its result.
type authCall struct {
	name       string // of the field
	key        string // of the field in the answer
	collection string // id
	args       map[string]any

	outputs []output          // of AuthPayload
	levels  map[string]*level // of the outputs with records, by their keys

	response *auth.Response // of a sign-in
	text     []byte         // the JSON result of any other call
}

// authField plans a mutation about an account.
func (p *planner) authField(s *front.Selected, args map[string]any, to *plan) (rootField, *front.Error) {
	name, _ := args["collection"].(string)
	in := p.model.Snapshot.Find(name)
	if in == nil || !in.IsAuth() {
		return rootField{}, &front.Error{Code: front.NotFound, Message: "Missing or invalid auth collection context."}
	}
	if p.charge != nil {
		if err := p.charge(in, s.Name); err != nil {
			return rootField{}, failure(err, false)
		}
	}
	delete(args, "collection")
	call := &authCall{name: s.Name, key: s.Key, collection: in.ID, args: args, levels: map[string]*level{}}
	to.auth = call
	if len(s.Selections) == 0 {
		return rootField{key: s.Key, auth: call}, nil
	}
	return rootField{key: s.Key, auth: call}, p.payload(s, in, call, to)
}

// payload plans the selected fields of the answer to a sign-in.
func (p *planner) payload(s *front.Selected, in *schema.Collection, call *authCall, to *plan) *front.Error {
	if err := p.deeper(); err != nil {
		return err
	}
	defer p.shallower()
	selected, err := p.operation.Collect(s.Selections, func(name string) bool { return name == "AuthPayload" })
	if err != nil {
		return err
	}
	for _, part := range selected {
		o := newOutput(part)
		switch part.Name {
		case "__typename":
			o.text = schema.AppendString(nil, "AuthPayload")
		case "record":
			if err := p.account(&o, part, in, call, to); err != nil {
				return err
			}
		}
		call.outputs = append(call.outputs, o)
	}
	return nil
}

// account plans the selection of the account that signs in. No rule is judged: an account may
// always see its own record.
func (p *planner) account(o *output, s *front.Selected, in *schema.Collection, call *authCall, to *plan) *front.Error {
	r := p.model.Of(in.ID)
	if r == nil { // the schema does not have its type
		return nil
	}
	l, err := p.newLevel(r, &record.Node{Own: true, Collection: in.ID, Limit: 1}, 0)
	if err != nil {
		return err
	}
	if err := p.read(1); err != nil {
		return err
	}
	if o.fields, err = p.records(s.Selections, l, 1, 0); err != nil {
		return err
	}
	call.levels[string(o.key)] = l
	to.add(l, call.key)
	return nil
}

// auth writes the result of a mutation about an account.
func (e *encoder) auth(f rootField, branches map[*level]*branch) {
	call := f.auth
	if call.response == nil {
		e.out = append(e.out, call.text...)
		return
	}
	e.object(call.outputs, func(o *output) {
		value := []byte(nil)
		switch o.name {
		case "token":
			value = orNull(call.response.Token)
		case "mfaId":
			value = orNull(call.response.MFAID)
		case "meta":
			value = call.response.Meta
		case "record":
			if b := branches[call.levels[string(o.key)]]; b != nil && b.read.Err == nil {
				e.single(o.fields, b, 0)
				return
			}
		}
		if value == nil {
			value = null
		}
		e.out = append(e.out, value...)
	})
}

// orNull returns a text as JSON, nil for "".
func orNull(text string) []byte {
	if text == "" {
		return nil
	}
	return schema.AppendString(nil, text)
}
