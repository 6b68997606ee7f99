package query

import (
	"math"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// maxHops is how many relations a path may cross.
const maxHops = 6

// pathName is a dotted name with the modifier of its last part.
type pathName struct {
	text     string
	parts    []string
	modifier string
}

func parsePath(name string) (pathName, error) {
	p := pathName{text: name}
	name, p.modifier, _ = strings.Cut(name, ":")
	switch p.modifier {
	case "", "isset", "changed", "length", "each", "lower":
	default:
		return p, &Error{Message: "unknown field modifier " + quoted(p.modifier) + " in " + quoted(p.text)}
	}
	p.parts = strings.Split(name, ".")
	return p, nil
}

// path resolves a path of fields from a record.
func (r *resolver) path(s *source, p pathName) (operand, error) {
	hops := 0
	for i, name := range p.parts {
		rest := p.parts[i+1:]
		f := s.collection.Field(name)
		if f == nil {
			back, err := r.backRelation(s, name, len(rest) == 0)
			if err != nil {
				return operand{}, err
			}
			if hops++; hops > maxHops {
				return operand{}, tooFar(p)
			}
			s = back
			continue
		}
		if r.restricted && secret(f) {
			return operand{}, &Error{Message: "non-filterable field " + quoted(name)}
		}
		if len(rest) == 0 {
			return r.field(s, f, p.modifier), nil
		}
		switch k := f.Kind.(type) {
		case *schema.JSON, *schema.GeoPoint:
			return r.document(s, f, rest, p)
		case *schema.Relation:
			if !k.Multiple() && len(rest) == 1 && rest[0] == "id" {
				return r.field(s, f, p.modifier), nil // the stored id: no join
			}
			if hops++; hops > maxHops {
				return operand{}, tooFar(p)
			}
			next, err := r.related(s, f, k)
			if err != nil {
				return operand{}, err
			}
			s = next
		default:
			return operand{}, noRelation(name)
		}
	}
	return operand{}, unresolved(p.text) // not reached: the last part has returned
}

// secret says whether the field's stored values are not for everybody. Of a
// password that is the hash: shown nowhere, but for a filter a text like any other.
func secret(f *schema.Field) bool {
	_, isPassword := f.Kind.(*schema.Password)
	return f.Hidden || isPassword
}

func unknownField(name string) error {
	return &Error{Message: "unknown field " + quoted(name), Unknown: true}
}

func noRelation(name string) error {
	return &Error{Message: "field " + quoted(name) + " is not a valid relation", Unknown: true}
}

func tooFar(p pathName) error {
	return &Error{Message: "max nested relations reached for field " + quoted(p.text)}
}

// related is the source of the records that the relation of s names.
func (r *resolver) related(s *source, f *schema.Field, k *schema.Relation) (*source, error) {
	target := r.Snapshot.ByID(k.CollectionID)
	if target == nil {
		return nil, noRelation(f.Name)
	}
	next := source{how: toOne, collection: target, field: f.Name}
	switch {
	case s.how == ofNothing:
		next = source{how: ofNothing, collection: target}
	case k.Multiple():
		items := r.from(s, source{how: fromItems, field: f.Name, list: r.column(s, f), space: r.space})
		s, next = items, source{how: toMember, collection: target}
	case s.how == ofCandidate:
		id := s.virtual[s.collection.FieldIndex(f.Name)].AsText()
		if id == "" {
			next = source{how: ofNothing, collection: target}
			break
		}
		out := r.root(source{how: ofRecord, collection: target, id: id})
		return out, r.crossed(out)
	}
	out := r.from(s, next)
	return out, r.crossed(out)
}

// backRelation is the source of the records that refer to s by the part
// collection_via_field.
func (r *resolver) backRelation(s *source, part string, last bool) (*source, error) {
	name, field, ok := strings.Cut(part, "_via_")
	if !ok || last {
		return nil, unknownField(part)
	}
	c := r.Snapshot.Find(name)
	if c == nil {
		return nil, unknownField(part)
	}
	f := c.Field(field)
	if f == nil {
		return nil, unknownField(part)
	}
	k, ok := f.Kind.(*schema.Relation)
	if !ok || k.CollectionID != s.collection.ID {
		return nil, noRelation(part)
	}
	if r.restricted && f.Hidden {
		return nil, &Error{Message: "non-filterable field " + quoted(part)}
	}
	next := source{how: fromRefs, collection: c, field: field, space: r.space}
	switch {
	case s.how == ofCandidate || s.how == ofNothing: // nothing refers to what is not stored
		next = source{how: ofNothing, collection: c}
	case k.Multiple():
		next.how = fromMembers
	case uniqueRef(c, field):
		next.how = toOwner
	}
	out := r.from(s, next)
	return out, r.crossed(out)
}

// uniqueRef says whether at most one record of c names any given record by the
// field. A unique index of which a condition leaves rows out does not say so,
// unless these are the rows that name none.
func uniqueRef(c *schema.Collection, field string) bool {
	ix, ok := c.UniqueIndex(field)
	if !ok {
		return false
	}
	where := strings.NewReplacer(" ", "", "`", "", `"`, "", "[", "", "]", "").Replace(ix.Where)
	return where == "" || where == field+"!=''" || where == field+"<>''"
}

// column is the stored value of a field of the source's record.
func (r *resolver) column(s *source, f *schema.Field) term {
	if s.how == ofCandidate {
		return stored{s.virtual[s.collection.FieldIndex(f.Name)], f.Kind.Column()}
	}
	return column{s, f.Name, f.Kind.Column()}
}

// field is the operand of a field of the source's record.
func (r *resolver) field(s *source, f *schema.Field, modifier string) operand {
	o := r.plainField(s, f)
	switch modifier {
	case "length":
		if isChoice(f) {
			return r.fieldLength(s, f)
		}
	case "each":
		if isChoice(f) && f.Multiple() && s.how != ofNothing {
			items := r.from(s, source{how: fromItems, field: f.Name, list: r.column(s, f), space: r.space})
			return operand{term: item{items}, kind: kindText, nullable: true}
		}
	case "lower":
		o = lowerOf(o)
	}
	if r.restricted && s.collection.IsAuth() && f.Name == "email" {
		o.visible = s
	}
	return o
}

func (r *resolver) fieldLength(s *source, f *schema.Field) operand {
	if s.how == ofNothing {
		return constantOf(whole(0))
	}
	return operand{term: length{r.column(s, f), f.Multiple()}, kind: kindNumber}
}

// plainField is the operand of a field without modifier.
func (r *resolver) plainField(s *source, f *schema.Field) operand {
	o := operand{nullable: s.nullable()}
	switch f.Kind.Column() {
	case store.ColumnText:
		o.kind, o.affinity = kindText, affinityText
		o.filled = f.IsID() && !s.collection.IsView()
	case store.ColumnNumber:
		o.kind, o.affinity = kindNumber, affinityNumber
	case store.ColumnBool:
		o.kind, o.affinity = kindBool, affinityNumber
	case store.ColumnMulti:
		o.kind, o.affinity = kindList, affinityNumber
	default:
		o.kind, o.nullable, o.strict = kindAny, true, true
	}
	switch {
	case s.how == ofNothing:
		o.term, o.nullable = null, true
	case o.kind == kindAny:
		o.term = path{doc: r.column(s, f)}
	case s.how == ofCandidate && o.kind != kindList:
		o.term, o.nullable = boundValue(s.virtual[s.collection.FieldIndex(f.Name)]), false
	case s.how == ofCandidate:
		o.term, o.nullable = r.column(s, f), false
	default:
		o.term = r.column(s, f)
	}
	return o
}

// boundValue is a bound value as a constant.
func boundValue(v store.Value) value {
	switch v.Kind() {
	case store.KindText:
		return text(v.AsText())
	case store.KindFloat:
		f := v.AsFloat() // a number column stores what is whole as an integer
		return value{kind: valueNumber, num: f, whole: f == math.Trunc(f) && math.Abs(f) < 1<<53}
	case store.KindInt, store.KindBool:
		return whole(int(v.AsInt()))
	}
	return null
}

// document is the operand of a path within a json or geoPoint field.
func (r *resolver) document(s *source, f *schema.Field, parts []string, p pathName) (operand, error) {
	for _, part := range parts {
		if part == "" {
			return operand{}, unresolved(p.text)
		}
	}
	o := operand{term: null, kind: kindAny, nullable: true, strict: true}
	if s.how != ofNothing {
		o.term = path{r.column(s, f), parts}
	}
	if p.modifier == "lower" {
		o = lowerOf(o)
	}
	return o, nil
}

// lowerOf is o in lower case, folded if o is known.
func lowerOf(o operand) operand {
	if v := o.constant(); v != nil && o.prints() {
		if v.kind == valueNull {
			return o
		}
		return operand{term: text(lowerText(v.asText())), strict: o.strict}
	}
	return operand{term: lowered{o}, kind: kindText, nullable: o.nullable, strict: o.strict, visible: o.visible}
}
