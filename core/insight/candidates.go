package insight

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// uses are the fields of a collection that expressions compare or sort by, if an index can help.
type uses struct {
	equal, between []string
	sorted         []store.IndexColumn
}

// maxCandidates is the maximum number of indexes that are tried for a statement.
const maxCandidates = 8

// candidates returns the indexes that could make the statement of an origin faster, narrow
// indexes first. Indexes whose columns an existing index begins with are left out.
func candidates(s *schema.Snapshot, o query.Origin) (list []store.Index) {
	found := map[*schema.Collection]*uses{}
	at := func(c *schema.Collection) *uses {
		if found[c] == nil {
			found[c] = &uses{}
		}
		return found[c]
	}
	base := s.ByID(o.Collection.ID)
	if base == nil {
		return nil
	}
	at(base)
	for _, text := range []string{o.Rule, o.Filter} {
		e, err := lang.Parse(text)
		if text == "" || err != nil {
			continue
		}
		lang.Walk(e, func(e lang.Expr) bool {
			if c, ok := e.(*lang.Compare); ok {
				for _, side := range []lang.Operand{c.Left, c.Right} {
					if id, ok := side.(lang.Ident); ok {
						follow(s, base, id.Name, func(c2 *schema.Collection, field string, last bool) { at(c2).add(field, c.Op, last) })
					}
				}
			}
			return true
		})
	}
	if f := base.Field(o.By); f != nil && indexable(f) {
		at(base).add(o.By, lang.Equal, true)
	}
	at(base).sorted = sortColumns(base, o.Sort)
	collections := []*schema.Collection{base}
	for c := range found {
		if c != base && !c.IsView() {
			collections = append(collections, c)
		}
	}
	slices.SortFunc(collections[1:], func(a, b *schema.Collection) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range collections {
		for _, columns := range found[c].combinations() {
			if !served(c, columns) && len(list) < maxCandidates {
				list = append(list, store.Index{Name: indexName(s, c, columns), Table: c.Name, Columns: columns})
			}
		}
	}
	return list
}

func (u *uses) add(field string, op lang.Op, last bool) {
	to := &u.between
	switch {
	case !last || op == lang.Equal:
		to = &u.equal
	case op != lang.Less && op != lang.LessEqual && op != lang.Greater && op != lang.GreaterEqual:
		return
	}
	if !slices.Contains(*to, field) {
		*to = append(*to, field)
	}
}

// combinations returns the column lists of candidate indexes, narrow lists first: single fields,
// then the fields compared for equality, alone or followed by a range field or by the sort.
func (u *uses) combinations() (list [][]store.IndexColumn) {
	add := func(columns ...store.IndexColumn) {
		if len(columns) > 0 && len(columns) <= 4 && !slices.ContainsFunc(list, func(l []store.IndexColumn) bool { return slices.Equal(l, columns) }) {
			list = append(list, columns)
		}
	}
	var equal []store.IndexColumn
	for _, name := range u.equal {
		add(store.IndexColumn{Name: name})
		equal = append(equal, store.IndexColumn{Name: name})
	}
	for _, name := range u.between {
		add(store.IndexColumn{Name: name})
	}
	add(u.sorted...)
	add(equal...)
	for _, name := range u.between {
		add(append(slices.Clone(equal), store.IndexColumn{Name: name})...)
	}
	if len(u.sorted) > 0 {
		add(append(slices.Clone(equal), u.sorted...)...)
	}
	return list
}

// follow calls fn with the indexable fields of a path in an expression: the relations on the
// way, and the last field.
func follow(s *schema.Snapshot, c *schema.Collection, path string, fn func(c *schema.Collection, field string, last bool)) {
	parts := strings.Split(path, ".")
	if parts[0] == "@collection" && len(parts) > 2 {
		name, _, _ := strings.Cut(parts[1], ":")
		if c, parts = s.Find(name), parts[2:]; c == nil {
			return
		}
	}
	for i, part := range parts {
		if from, field, back := strings.Cut(part, "_via_"); back {
			if c = s.Find(from); c == nil {
				return
			}
			part = field
		}
		f := c.Field(part)
		if f == nil {
			return
		}
		relation, crosses := f.Kind.(*schema.Relation)
		if indexable(f) {
			fn(c, f.Name, i+1 == len(parts))
		}
		if strings.Contains(parts[i], "_via_") {
			continue // c is the referring collection already
		}
		if !crosses || i+1 == len(parts) {
			return
		}
		if c = s.ByID(relation.CollectionID); c == nil {
			return
		}
	}
}

// indexable reports whether comparisons of the field can use an index: the field holds a single
// value, which is stored as it is compared. The id has an index already.
func indexable(f *schema.Field) bool {
	switch f.Kind.(type) {
	case *schema.JSON, *schema.GeoPoint, *schema.Password, *schema.File, *schema.Editor:
		return false
	}
	return !f.Kind.Multiple() && f.Name != "id"
}

// sortColumns returns the index columns for a sort expression, nil if it names anything but
// indexable fields of the collection.
func sortColumns(c *schema.Collection, sort string) (columns []store.IndexColumn) {
	if sort == "" {
		return nil
	}
	for _, item := range strings.Split(sort, ",") {
		name := strings.TrimSpace(item)
		column := store.IndexColumn{Name: strings.TrimLeft(name, "+-")}
		if strings.HasPrefix(name, "-") {
			column.Sort = "DESC"
		}
		f := c.Field(column.Name)
		if f == nil || !indexable(f) {
			return nil
		}
		columns = append(columns, column)
	}
	if len(columns) == 1 { // an index is read from either end
		columns[0].Sort = ""
	}
	return columns
}

// served reports whether the collection has an index that begins with the columns and is not
// partial.
func served(c *schema.Collection, columns []store.IndexColumn) bool {
	return slices.ContainsFunc(c.ParsedIndexes(), func(ix store.Index) bool { return ix.Where == "" && begins(ix.Columns, columns) })
}

// begins reports whether the columns of all begin with those of first, so that an index on all
// replaces an index on first.
func begins(all, first []store.IndexColumn) bool {
	if len(first) > len(all) {
		return false
	}
	for i, column := range first {
		other := all[i]
		if !strings.EqualFold(column.Name, other.Name) || !strings.EqualFold(column.Collate, other.Collate) || descends(column) != descends(other) {
			return false
		}
	}
	return true
}

func descends(c store.IndexColumn) bool { return strings.EqualFold(c.Sort, "DESC") }

// indexName returns a name for an index on the columns that no index has yet.
func indexName(s *schema.Snapshot, c *schema.Collection, columns []store.IndexColumn) string {
	name := "idx_" + c.Name
	for _, column := range columns {
		name += "_" + column.Name
	}
	name = name[:min(len(name), 58)]
	taken := map[string]bool{}
	for _, other := range s.All() {
		for _, ix := range other.ParsedIndexes() {
			taken[strings.ToLower(ix.Name)] = true
		}
	}
	free := name
	for taken[strings.ToLower(free)] {
		free = name + "_" + schema.RandomString(4, schema.AlphabetID)
	}
	return free
}
