// @request.body.*: submitted values as operands, their modifiers, and paths through
// submitted relations.

package query

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/schema"
)

// bodyIdent resolves @request.body.<p>, where p begins after "@request.body.".
func (r *resolver) bodyIdent(p pathName) (ir.Operand, error) {
	f := r.base.Collection.Field(p.parts[0])
	v, sent := lookup(r.b.request().Body, p.parts)
	switch p.modifier {
	case "isset":
		return ir.ConstantOf(ir.TruthOf(sent)), nil
	case "changed": // :changed of a field is resolved in compare
		return ir.Operand{}, misplaced(p)
	case "each", "length":
		switch {
		case f == nil || len(p.parts) > 1:
			return ir.Operand{}, misplaced(p)
		case isJSON(f):
			return r.bodyElements(f, v, p.modifier == "length"), nil
		case !f.IsChoice():
			return ir.Operand{}, misplaced(p)
		}
		return r.bodyItems(f, v, p.modifier == "length"), nil
	}
	if f != nil && len(p.parts) > 1 {
		if k, ok := f.Kind.(*schema.Relation); ok {
			return r.bodyRelation(f, k, p)
		}
	}
	// A submitted value is compared as a value of its field's kind: a date in its stored form, a
	// number as a number. A value without a field keeps its own kind.
	value := bodyValue(v)
	if f != nil && len(p.parts) == 1 && f.Kind.Class() == schema.ClassDate && p.modifier == "" {
		o := ir.ConstantOf(value)
		if stored, ok := schema.StoredTime(value.Text); ok && value.Kind == ir.ValueText {
			o = ir.ConstantOf(ir.Text(stored))
		}
		o.Date = true
		return o, nil
	}
	if last := r.base.Collection.Field(p.parts[len(p.parts)-1]); last != nil && value.Kind == ir.ValueText {
		if last.Kind.Class() == schema.ClassNumber {
			if n, ok := ir.Numeric(value.Text); ok {
				value = ir.Number(n)
			}
		}
	}
	return static(value, p)
}

// bodyItems resolves :each or :length of the submitted items of a field.
func (r *resolver) bodyItems(f *schema.Field, v any, length bool) ir.Operand {
	items := submitted(f, v)
	switch {
	case length:
		return ir.ConstantOf(ir.Whole(len(items)))
	case len(items) == 0:
		return ir.ConstantOf(ir.Null)
	case !f.Multiple():
		return ir.ConstantOf(ir.Text(items[0]))
	}
	list := ir.Stored{V: f.Value(items), Kind: f.Kind.Column()}
	s := r.b.root(ir.Source{Kind: ir.EachItem, Field: f.Name, List: list, Scope: r.scope})
	return ir.Operand{Term: ir.Item{Of: s}, Kind: ir.KindText, Nullable: true}
}

// bodyElements resolves :each or :length of the list that is submitted for a json field.
func (r *resolver) bodyElements(f *schema.Field, v any, length bool) ir.Operand {
	raw, _ := f.Kind.Cast(v).(json.RawMessage)
	var list []json.RawMessage
	_ = json.Unmarshal(raw, &list) // a value that is not a list has no elements
	switch {
	case length:
		return ir.ConstantOf(ir.Whole(len(list)))
	case len(list) == 0:
		return ir.ConstantOf(ir.Null)
	}
	return r.elements(nil, f.Name, ir.Path{Doc: ir.Stored{V: f.Value(raw), Kind: f.Kind.Column()}})
}

// lookup returns the value at a path in a decoded body; ok is false if a part is missing.
func lookup(body map[string]any, parts []string) (v any, ok bool) {
	v = body
	for _, part := range parts {
		if v, ok = member(v, part); !ok {
			return nil, false
		}
	}
	return v, true
}

// member returns the member of an object or point, or the item of a list by its index as text.
// JSON that is still encoded is decoded first.
func member(v any, name string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		m, ok := v[name]
		return m, ok
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	case []string:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	case schema.Point:
		switch name {
		case "lon":
			return v.Lon, true
		case "lat":
			return v.Lat, true
		}
	case json.RawMessage:
		var decoded any
		if json.Unmarshal(v, &decoded) == nil {
			return member(decoded, name)
		}
	}
	return nil, false
}

// bodyValue converts a decoded JSON value to a constant. Objects and lists become their
// JSON text, as they are stored.
func bodyValue(v any) ir.Value {
	switch v := v.(type) {
	case nil:
		return ir.Null
	case string:
		return ir.Text(v)
	case bool:
		return ir.TruthOf(v)
	case float64:
		return ir.Number(v)
	case json.Number:
		f, _ := v.Float64() // a number out of range is infinite
		return ir.Number(f)
	case json.RawMessage:
		return rawValue(v)
	case []string:
		return ir.Text(string(schema.AppendStrings(nil, v)))
	case schema.Point:
		return ir.Text(string(schema.AppendPoint(nil, v)))
	}
	raw, _ := (&schema.JSON{}).Cast(v).(json.RawMessage)
	return rawValue(raw)
}

// rawValue converts encoded JSON to a constant: a scalar to its value, anything else to
// compact text.
func rawValue(raw json.RawMessage) ir.Value {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ir.Null
	}
	if raw[0] == '{' || raw[0] == '[' {
		var b bytes.Buffer
		if json.Compact(&b, raw) != nil {
			return ir.Text(string(raw))
		}
		return ir.Text(b.String())
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ir.Text(string(raw))
	}
	return bodyValue(v) // a scalar
}
