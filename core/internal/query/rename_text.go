// Renames in the text of one rule, which refers to collections and fields by their new names
// afterwards. Package collection knows the affected rules.

package query

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/lang"

	"github.com/loambase/loam/core/schema"
)

// Renamed returns a rule of collection c (of the snapshot was) as it must be in the snapshot is:
// names of renamed collections and fields are replaced, everything else is unchanged. Names that
// cannot be resolved are kept, and so is a text that is not a rule.
//
// The error is an *Error: a path from @request.auth that several auth collections have, and that
// would get different names in them, unless the rule already contains all of the new names.
func Renamed(rule string, c *schema.Collection, was, is *schema.Snapshot) (string, error) {
	e, err := lang.Parse(rule)
	if err != nil {
		return rule, nil
	}
	r := renamer{rule: rule, was: was, is: is, base: c}
	r.expr(e)
	for _, id := range r.doubts {
		if err := r.settle(id); err != nil {
			return "", err
		}
	}
	return lang.Edited(rule, r.edits), nil
}

// renamer walks a rule like the resolver and collects edits of its text.
type renamer struct {
	rule    string
	was, is *schema.Snapshot
	base    *schema.Collection
	edits   []lang.Edit
	names   []string     // names of all identifiers
	doubts  []lang.Ident // paths from @request.auth with several meanings
}

// expr walks an expression.
func (r *renamer) expr(e lang.Expr) {
	switch e := e.(type) {
	case *lang.And:
		for _, part := range e.List {
			r.expr(part)
		}
	case *lang.Or:
		for _, part := range e.List {
			r.expr(part)
		}
	case *lang.Compare:
		r.operand(e.Left)
		r.operand(e.Right)
		r.literal(e.Left, e.Right)
		r.literal(e.Right, e.Left)
	}
}

// operand walks one side of a comparison, and the arguments of a function.
func (r *renamer) operand(o lang.Operand) {
	switch o := o.(type) {
	case lang.Ident:
		r.names = append(r.names, o.Name)
		r.ident(o)
	case *lang.Call:
		for _, arg := range o.Args {
			r.operand(arg)
		}
	}
}

// ident collects the edits of one identifier, by the root of its path.
func (r *renamer) ident(id lang.Ident) {
	rest, root := cutRoot(id.Name)
	at := id.Pos + len(id.Name) - len(rest)
	switch root {
	case "":
		r.edits = append(r.edits, r.path(r.base, rest, at)...)
	case "@request.body.":
		r.edits = append(r.edits, r.body(rest, at)...)
	case "@request.auth.":
		switch meanings := r.meanings(id); {
		case len(meanings) == 0:
		case agreed(meanings):
			r.edits = append(r.edits, meanings[0]...)
		default:
			r.doubts = append(r.doubts, id)
		}
	case "@collection.":
		first, path, ok := strings.Cut(rest, ".")
		name, _, _ := strings.Cut(first, ":")
		c := r.was.Find(name)
		if !ok || c == nil {
			return
		}
		r.edits = append(r.edits, lang.Edit{Pos: at, End: at + len(name), Text: r.collection(c, name)})
		r.edits = append(r.edits, r.path(c, path, at+len(first)+1)...)
	}
}

// cutRoot splits a name into the root of its path (@request.auth. and the like, "" for the record
// itself) and the rest. A name with @ that is not a path is all root.
func cutRoot(name string) (rest, root string) {
	for _, root := range []string{"@request.body.", "@request.auth.", "@collection."} {
		if rest, ok := strings.CutPrefix(name, root); ok {
			return rest, root
		}
	}
	if strings.HasPrefix(name, "@") {
		return "", name
	}
	return name, ""
}

// collection returns the new name of a collection that the rule refers to as name. If name is the
// id, it is kept.
func (r *renamer) collection(c *schema.Collection, name string) string {
	if is := r.is.ByID(c.ID); is != nil && name != c.ID && is.Name != c.Name {
		return is.Name
	}
	return name
}

// field returns the new name of a field. Fields are matched by id; a deleted field keeps its
// name.
func (r *renamer) field(c *schema.Collection, f *schema.Field) string {
	if is := r.is.ByID(c.ID); is != nil {
		if g := is.FieldByID(f.ID); g != nil {
			return g.Name
		}
	}
	return f.Name
}

// path returns the edits of a path of fields from a record of c. at is the position of the path
// in the rule.
func (r *renamer) path(c *schema.Collection, path string, at int) (edits []lang.Edit) {
	path, _, _ = strings.Cut(path, ":")
	for c != nil {
		name, rest, more := strings.Cut(path, ".")
		is, next := r.step(c, name)
		if is != name {
			edits = append(edits, lang.Edit{Pos: at, End: at + len(name), Text: is})
		}
		if !more {
			break
		}
		c, path, at = next, rest, at+len(name)+1
	}
	return edits
}

// step returns the new name of one part of a path and the collection that it leads to, nil if it
// leads to none.
func (r *renamer) step(c *schema.Collection, name string) (is string, next *schema.Collection) {
	if f := c.Field(name); f != nil {
		if k, ok := f.Kind.(*schema.Relation); ok {
			next = r.was.ByID(k.CollectionID)
		}
		return r.field(c, f), next
	}
	from, by, _ := strings.Cut(name, "_via_")
	other := r.was.Find(from)
	if other == nil || other.Field(by) == nil {
		return name, nil
	}
	return r.collection(other, from) + "_via_" + r.field(other, other.Field(by)), other
}

// body is path for @request.body: a first part that is not a field is a free key of the body and
// is kept.
func (r *renamer) body(path string, at int) []lang.Edit {
	first, _, _ := strings.Cut(path, ".")
	first, _, _ = strings.Cut(first, ":")
	if r.base.Field(first) == nil {
		return nil
	}
	return r.path(r.base, path, at)
}

// meanings returns the edits of a path from @request.auth, once for each auth collection that has
// its first part. Rules do not apply to superusers, so their collection is left out.
func (r *renamer) meanings(id lang.Ident) (list [][]lang.Edit) {
	rest, root := cutRoot(id.Name)
	first, _, _ := strings.Cut(rest, ".")
	first, _, _ = strings.Cut(first, ":")
	for _, c := range r.was.All() {
		if !c.IsAuth() || c.Name == schema.Superusers || r.is.ByID(c.ID) == nil {
			continue
		}
		if _, next := r.step(c, first); c.Field(first) != nil || next != nil {
			list = append(list, r.path(c, rest, id.Pos+len(root)))
		}
	}
	return list
}

// agreed reports whether all meanings have the same edits.
func agreed(meanings [][]lang.Edit) bool {
	return !slices.ContainsFunc(meanings, func(other []lang.Edit) bool { return !slices.Equal(other, meanings[0]) })
}

// settle accepts a path with several meanings if the rule already contains all of the new paths;
// otherwise it returns an *Error.
func (r *renamer) settle(id lang.Ident) error {
	for _, edits := range r.meanings(id) {
		for i := range edits {
			edits[i].Pos, edits[i].End = edits[i].Pos-id.Pos, edits[i].End-id.Pos
		}
		if !slices.Contains(r.names, lang.Edited(id.Name, edits)) {
			return &Error{Message: quoted(id.Name) + " is a field of several auth collections, which would get different names", Pos: id.Pos}
		}
	}
	return nil
}

// literal renames a collection in a text that is compared with @request.auth.collectionName.
func (r *renamer) literal(side, other lang.Operand) {
	id, ok := side.(lang.Ident)
	t, isText := other.(lang.Text)
	if !ok || !isText || id.Name != "@request.auth.collectionName" {
		return
	}
	c := r.was.Find(t.Value)
	end := t.Pos + 1 + len(t.Value)
	if c == nil || c.Name != t.Value || end > len(r.rule) || r.rule[t.Pos+1:end] != t.Value {
		return
	}
	r.edits = append(r.edits, lang.Edit{Pos: t.Pos + 1, End: end, Text: r.collection(c, t.Value)})
}
