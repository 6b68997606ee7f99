// Paths: dotted names that lead through relations, back relations (_via_), lists, json and
// points; hidden fields and modifiers are checked on the way.

package query

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// maxHops is the maximum number of relations in a path. Each is a join.
const maxHops = 6

// pathName is a dotted name, split, with the modifier of its last part ("" if none).
type pathName struct {
	text     string
	parts    []string
	modifier string
}

// parsePath splits a name into its parts and its modifier. An unknown modifier is an *Error.
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

// path resolves a path of fields that starts at a record of s. Relations in the path become
// joins, with the checks of crossed.
func (r *resolver) path(s *ir.Source, p pathName) (ir.Operand, error) {
	hops := 0
	for i, name := range p.parts {
		rest := p.parts[i+1:]
		f := s.Collection.Field(name)
		if f == nil {
			back, err := r.backRelation(s, name, len(rest) == 0)
			if err != nil {
				return ir.Operand{}, err
			}
			if hops++; hops > maxHops {
				return ir.Operand{}, tooFar(p)
			}
			s = back
			continue
		}
		if r.restricted && secret(f) {
			return ir.Operand{}, hiddenField(name)
		}
		if len(rest) == 0 {
			if !applies(p.modifier, f) {
				return ir.Operand{}, inapplicable(p, f)
			}
			return r.field(s, f, p.modifier), nil
		}
		k, isRelation := f.Kind.(*schema.Relation)
		switch class := f.Kind.Class(); {
		case class == schema.ClassJSON || class == schema.ClassPoint:
			return r.document(s, f, rest, p)
		case isRelation:
			// An output must read the joined record, since its view rule decides.
			if !k.Multiple() && len(rest) == 1 && rest[0] == "id" && !r.output && (p.modifier == "" || p.modifier == "lower") {
				return r.field(s, f, p.modifier), nil // the stored id: no join
			}
			if hops++; hops > maxHops {
				return ir.Operand{}, tooFar(p)
			}
			next, err := r.target(s, f, k)
			if err != nil {
				return ir.Operand{}, err
			}
			s = next
		default:
			return ir.Operand{}, noRelation(name)
		}
	}
	return ir.Operand{}, unresolved(p.text) // not reached: the last part has returned
}

// modifiersOf has the modifiers that are valid for stored values, by the kind of the field. isset
// and changed are for submitted values.
var modifiersOf = map[string][]string{
	(*schema.Text)(nil).Type():     {"lower"},
	(*schema.Editor)(nil).Type():   {"lower"},
	(*schema.Number)(nil).Type():   {},
	(*schema.Bool)(nil).Type():     {},
	(*schema.Email)(nil).Type():    {"lower"},
	(*schema.URL)(nil).Type():      {"lower"},
	(*schema.Date)(nil).Type():     {"lower"},
	(*schema.Autodate)(nil).Type(): {"lower"},
	(*schema.Select)(nil).Type():   {"length", "each", "lower"},
	(*schema.JSON)(nil).Type():     {"length", "each", "lower"},
	(*schema.File)(nil).Type():     {"length", "each", "lower"},
	(*schema.Relation)(nil).Type(): {"length", "each"},
	(*schema.Password)(nil).Type(): {"lower"},
	(*schema.GeoPoint)(nil).Type(): {},
}

// applies reports whether the modifier is valid for the stored values of the field. An invalid
// one is refused: if it were ignored, the rule would match nothing.
func applies(modifier string, f *schema.Field) bool {
	return modifier == "" || slices.Contains(modifiersOf[f.Type()], modifier)
}

// isJSON reports whether the field holds a JSON document.
func isJSON(f *schema.Field) bool {
	return f.Kind.Class() == schema.ClassJSON
}

// inapplicable returns the error of a modifier on a field of the wrong type.
func inapplicable(p pathName, f *schema.Field) error {
	return &Error{Message: "the modifier " + quoted(p.modifier) + " does not apply to " + quoted(p.text) + ", a field of type " + f.Type()}
}

// reach returns the source of the records at the end of a path that consists of relations
// only.
func (r *resolver) reach(s *ir.Source, p pathName) (*ir.Source, error) {
	if len(p.parts) > maxHops {
		return nil, tooFar(p)
	}
	for _, name := range p.parts {
		f := s.Collection.Field(name)
		if f == nil {
			next, err := r.backRelation(s, name, false)
			if err != nil {
				return nil, err
			}
			s = next
			continue
		}
		if r.restricted && secret(f) {
			return nil, hiddenField(name)
		}
		k, ok := f.Kind.(*schema.Relation)
		if !ok {
			return nil, noRelation(name)
		}
		next, err := r.target(s, f, k)
		if err != nil {
			return nil, err
		}
		s = next
	}
	return s, nil
}

// secret reports whether clients may not filter by the field: hidden fields, and passwords, whose
// stored hash could be guessed by comparisons.
func secret(f *schema.Field) bool {
	return f.Hidden || f.IsPassword()
}

func hiddenField(name string) error {
	return &Error{Message: "non-filterable field " + quoted(name)}
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

// target returns the source of the records that the relation f of s refers to. A candidate, which
// is not stored yet, has the ids in its values, so it needs no join.
func (r *resolver) target(s *ir.Source, f *schema.Field, k *schema.Relation) (*ir.Source, error) {
	target := r.b.Scope.Snapshot.ByID(k.CollectionID)
	if target == nil {
		return nil, noRelation(f.Name)
	}
	next := ir.Source{Kind: ir.ToOne, Collection: target, Field: f.Name}
	switch {
	case s.Kind == ir.FromNothing:
		next = ir.Source{Kind: ir.FromNothing, Collection: target}
	case k.Multiple():
		items := r.b.from(s, ir.Source{Kind: ir.EachItem, Field: f.Name, List: r.column(s, f), Scope: r.scope})
		s, next = items, ir.Source{Kind: ir.ToMember, Collection: target}
	case s.Known != nil && s.Known.Name == f.Name:
		out := r.b.root(ir.Source{Kind: ir.FromRecord, Collection: target, ID: s.KnownText})
		return out, r.crossed(out)
	case s.Kind == ir.FromCandidate:
		id := s.Candidate[s.Collection.FieldIndex(f.Name)].AsText()
		if id == "" {
			next = ir.Source{Kind: ir.FromNothing, Collection: target}
			break
		}
		out := r.b.root(ir.Source{Kind: ir.FromRecord, Collection: target, ID: id})
		return out, r.crossed(out)
	}
	out := r.b.from(s, next)
	return out, r.crossed(out)
}

// backRelation returns the source of the records that refer to s, named by the part
// collection_via_field of a path. last says that the path ends here, which is an error, since a
// back relation alone has no value.
func (r *resolver) backRelation(s *ir.Source, part string, last bool) (*ir.Source, error) {
	name, field, ok := strings.Cut(part, "_via_")
	if !ok || last {
		return nil, unknownField(part)
	}
	c := r.b.Scope.Snapshot.Find(name)
	if c == nil {
		return nil, unknownField(part)
	}
	f := c.Field(field)
	if f == nil {
		return nil, unknownField(part)
	}
	k, ok := f.Kind.(*schema.Relation)
	if !ok || k.CollectionID != s.Collection.ID {
		return nil, noRelation(part)
	}
	if r.restricted && f.Hidden {
		return nil, hiddenField(part)
	}
	next := ir.Source{Kind: ir.EachRef, Collection: c, Field: field, Scope: r.scope}
	switch {
	case s.Kind == ir.FromCandidate || s.Kind == ir.FromNothing: // no record refers to one that is not stored
		next = ir.Source{Kind: ir.FromNothing, Collection: c}
	case k.Multiple():
		next.Kind = ir.EachMember
	case uniqueRef(c, field):
		next.Kind = ir.ToOwner
	}
	out := r.b.from(s, next)
	return out, r.crossed(out)
}

// uniqueRef reports whether at most one record of c refers to any given record by the field: then
// the back relation has one value, and a join needs no EXISTS. A partial unique index proves that
// only if it leaves out no rows but those with an empty relation.
func uniqueRef(c *schema.Collection, field string) bool {
	ix, ok := c.UniqueIndex(field)
	if !ok {
		return false
	}
	where := strings.NewReplacer(" ", "", "`", "", `"`, "", "[", "", "]", "").Replace(ix.Where)
	return where == "" || where == field+"!=''" || where == field+"<>''"
}

// column returns the stored value of a field as a term: a column, or a parameter of a candidate.
func (r *resolver) column(s *ir.Source, f *schema.Field) ir.Term {
	if s.Kind == ir.FromCandidate {
		return ir.Stored{V: s.Candidate[s.Collection.FieldIndex(f.Name)], Kind: f.Kind.Column()}
	}
	if s.Known != nil && s.Known.Name == f.Name {
		return ir.Stored{V: store.Text(s.KnownText), Kind: f.Kind.Column()}
	}
	return ir.Column{Of: s, Name: f.Name, Kind: f.Kind.Column()}
}

// field returns the operand of a field with its modifier. An e-mail address that the caller may
// not see is marked, so that comparisons with it fail (ir.EmailShown).
func (r *resolver) field(s *ir.Source, f *schema.Field, modifier string) ir.Operand {
	o := r.plainField(s, f)
	switch modifier {
	case "length":
		return r.fieldLength(s, f)
	case "each":
		switch {
		case s.Kind == ir.FromNothing:
		case isJSON(f):
			return r.elements(s, f.Name, ir.Path{Doc: r.column(s, f)})
		case f.Multiple():
			items := r.b.from(s, ir.Source{Kind: ir.EachItem, Field: f.Name, List: r.column(s, f), Scope: r.scope})
			return ir.Operand{Term: ir.Item{Of: items}, Kind: ir.KindText, Nullable: true}
		}
	case "lower":
		o = ir.LowerOf(o)
	}
	if r.restricted && s.Collection.IsAuth() && f.Name == "email" {
		o.EmailOf = s
	}
	return o
}

// fieldLength returns the operand of :length, the number of a field's items.
func (r *resolver) fieldLength(s *ir.Source, f *schema.Field) ir.Operand {
	if s.Kind == ir.FromNothing {
		return ir.ConstantOf(ir.Whole(0))
	}
	if isJSON(f) {
		return elementCount(ir.Path{Doc: r.column(s, f)})
	}
	return ir.Operand{Term: ir.Length{Of: r.column(s, f), List: f.Multiple()}, Kind: ir.KindNumber}
}

// elements returns the operand for each element of a list in a JSON document of s. If s is nil,
// the document is of a candidate or the request. name distinguishes the list from other lists of
// s.
func (r *resolver) elements(s *ir.Source, name string, list ir.Path) ir.Operand {
	from := ir.Source{Kind: ir.EachElement, Field: name, List: list, Scope: r.scope}
	o := ir.Operand{Kind: ir.KindAny, Nullable: true, Strict: true}
	if s == nil {
		o.Term = ir.Element{Of: r.b.root(from)}
	} else {
		o.Term = ir.Element{Of: r.b.from(s, from)}
	}
	return o
}

// elementCount returns the operand for the number of elements of a list in a JSON document.
func elementCount(list ir.Path) ir.Operand {
	return ir.Operand{Term: ir.Length{Of: list}, Kind: ir.KindNumber}
}

// plainField returns the operand of a field without modifier: its kind, affinity and nullability,
// from the type of its column.
func (r *resolver) plainField(s *ir.Source, f *schema.Field) ir.Operand {
	o := ir.Operand{Nullable: s.Nullable()}
	switch f.Kind.Column() {
	case store.ColumnText:
		o.Kind, o.Affinity = ir.KindText, ir.AffinityText
		o.NeverEmpty = f.IsID() && !s.Collection.IsView()
	case store.ColumnNumber:
		o.Kind, o.Affinity = ir.KindNumber, ir.AffinityNumber
	case store.ColumnBool:
		o.Kind, o.Affinity = ir.KindBool, ir.AffinityNumber
	case store.ColumnMulti:
		o.Kind, o.Affinity = ir.KindList, ir.AffinityNumber
	default:
		o.Kind, o.Nullable, o.Strict = ir.KindAny, true, true
	}
	o.Date = f.Kind.Class() == schema.ClassDate
	switch {
	case s.Kind == ir.FromNothing:
		o.Term, o.Nullable = ir.Null, true
	case o.Kind == ir.KindAny:
		o.Term = ir.Path{Doc: r.column(s, f)}
	case s.Known != nil && s.Known.Name == f.Name:
		o.Term, o.Nullable = ir.Text(s.KnownText), false
	case s.Kind == ir.FromCandidate && o.Kind != ir.KindList:
		o.Term, o.Nullable = ir.Bound(s.Candidate[s.Collection.FieldIndex(f.Name)]), false
	case s.Kind == ir.FromCandidate:
		o.Term, o.Nullable = r.column(s, f), false
	default:
		o.Term = r.column(s, f)
	}
	return o
}

// document returns the operand of a path within a json or geoPoint field.
func (r *resolver) document(s *ir.Source, f *schema.Field, parts []string, p pathName) (ir.Operand, error) {
	for _, part := range parts {
		if part == "" {
			return ir.Operand{}, unresolved(p.text)
		}
	}
	if list := p.modifier == "each" || p.modifier == "length"; list && !isJSON(f) || !list && p.modifier != "" && p.modifier != "lower" {
		return ir.Operand{}, inapplicable(p, f)
	}
	if s.Kind == ir.FromNothing {
		if p.modifier == "length" {
			return ir.ConstantOf(ir.Whole(0)), nil
		}
		return ir.Operand{Term: ir.Null, Kind: ir.KindAny, Nullable: true, Strict: true}, nil
	}
	path := ir.Path{Doc: r.column(s, f), Parts: parts}
	o := ir.Operand{Term: path, Kind: ir.KindAny, Nullable: true, Strict: true}
	switch p.modifier {
	case "each":
		return r.elements(s, strings.Join(append([]string{f.Name}, parts...), "."), path), nil
	case "length":
		return elementCount(path), nil
	case "lower":
		return ir.LowerOf(o), nil
	}
	return o, nil
}
