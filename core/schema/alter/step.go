package alter

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/schema/sqlindex"
)

// Step is one DDL step: one of the structs below.
type Step interface{ step() }

// The steps.
type (
	// CreateTable makes the table of a new collection.
	CreateTable struct {
		Table   string
		Columns []store.Column
	}
	// DropTable drops the table of a collection with its records.
	DropTable struct{ Table string }
	// RenameTable gives the table another name.
	RenameTable struct{ From, To string }
	// AddColumn adds a column, which is zero in the rows that are there.
	AddColumn struct {
		Table  string
		Column store.Column
	}
	// RenameColumn gives a column another name.
	RenameColumn struct{ Table, From, To string }
	// DropColumn drops a column with its data.
	DropColumn struct {
		Table, Column string
		Field         *schema.Field // that it stored
	}
	// ConvertColumn makes the values of From, which the column of its name stores,
	// into those of To. They are then in the column To.Name: the same one, or a new
	// one, of which no field has the name, and the old one is gone.
	ConvertColumn struct {
		Table    string
		From, To *schema.Field
	}
	// CreateIndex makes an index; Position is its place in Collection.Indexes.
	CreateIndex struct {
		Index    store.Index
		Position int
	}
	// DropIndex drops an index.
	DropIndex struct{ Name string }
)

func (CreateTable) step()   {}
func (DropTable) step()     {}
func (RenameTable) step()   {}
func (AddColumn) step()     {}
func (RenameColumn) step()  {}
func (DropColumn) step()    {}
func (ConvertColumn) step() {}
func (CreateIndex) step()   {}
func (DropIndex) step()     {}

// Change is a collection before and after: one of them is nil if it is new, or goes.
// Both have the same id.
type Change struct{ Old, New *schema.Collection }

// Collection is the collection as it is after the change or, if it goes, as it was.
func (c Change) Collection() *schema.Collection {
	if c.New != nil {
		return c.New
	}
	return c.Old
}

// Diff is what leads the table of one collection from old (nil: there is none) to c.
func Diff(old, c *schema.Collection) []Step { return DiffAll([]Change{{old, c}}) }

// DiffAll is what leads the tables from one valid state to the other, in order:
// what stands in the way of a name goes first, and indexes come last. What views need
// is told by ViewSteps.
func DiffAll(changes []Change) []Step {
	var dropIndexes, dropTables, creates, columns, indexes []Step
	for _, ch := range changes {
		switch {
		case ch.New == nil:
			dropTables = append(dropTables, DropTable{ch.Old.Name})
			continue
		case ch.Old == nil:
			creates = append(creates, createStep(ch.New))
			_, created := indexSteps(&schema.Collection{}, ch.New, false)
			indexes = append(indexes, created...)
			continue
		}
		dropped, created := indexSteps(ch.Old, ch.New, moved(ch.Old, ch.New))
		dropIndexes = append(dropIndexes, dropped...)
		columns = append(columns, columnSteps(ch.Old, ch.New)...)
		indexes = append(indexes, created...)
	}
	return slices.Concat(dropIndexes, dropTables, renameSteps(changes), creates, columns, indexes)
}

// renameSteps give the tables their new names; one that another table has now is
// reached through a temporary one.
func renameSteps(changes []Change) []Step {
	held := map[string]string{} // lower-case names of the tables that stay: the id
	for _, ch := range changes {
		if ch.Old != nil && ch.New != nil {
			held[strings.ToLower(ch.Old.Name)] = ch.Old.ID
		}
	}
	var away, direct, home []Step
	for _, ch := range changes {
		if ch.Old == nil || ch.New == nil || ch.Old.Name == ch.New.Name {
			continue
		}
		if id, ok := held[strings.ToLower(ch.New.Name)]; ok && id != ch.Old.ID {
			between := temporary(ch.Old.Name)
			away = append(away, RenameTable{ch.Old.Name, between})
			home = append(home, RenameTable{between, ch.New.Name})
		} else {
			direct = append(direct, RenameTable{ch.Old.Name, ch.New.Name})
		}
	}
	return slices.Concat(away, direct, home)
}

func createStep(c *schema.Collection) Step {
	table := CreateTable{Table: c.Name}
	for _, f := range c.Fields {
		table.Columns = append(table.Columns, f.Column())
	}
	slices.SortFunc(table.Columns, func(a, b store.Column) int { return strings.Compare(a.Name, b.Name) })
	return table
}

// temporary is a name that no field has.
func temporary(name string) string {
	return "_tmp_" + name[:min(len(name), 40)] + schema.RandomString(10, schema.AlphabetID)
}

// columnSteps drops, then converts, then renames, then adds. A new name that a
// column has now is reached through a temporary one, when all such names are free:
// so names can be swapped, and change in letter case only.
func columnSteps(old, c *schema.Collection) []Step {
	var drops, converted, away, direct, home, adds []Step
	held := map[string]bool{} // names of stored columns that stay, under this name or another
	for _, was := range old.Fields {
		if c.FieldByID(was.ID) == nil {
			drops = append(drops, DropColumn{c.Name, was.Name, was})
		} else {
			held[strings.ToLower(was.Name)] = true
		}
	}
	for _, f := range c.Fields {
		was := old.FieldByID(f.ID)
		if was != nil && converts(was, f) {
			to := f.Clone()
			if to.Name = was.Name; was.Kind.Column() != f.Kind.Column() {
				to.Name = temporary(was.Name)
				home = append(home, RenameColumn{c.Name, to.Name, f.Name})
			}
			converted = append(converted, ConvertColumn{c.Name, was, to})
			if to.Name != was.Name {
				continue
			}
		}
		switch {
		case was == nil:
			adds = append(adds, AddColumn{c.Name, f.Column()})
		case was.Name == f.Name:
		case held[strings.ToLower(f.Name)]:
			between := temporary(was.Name)
			away = append(away, RenameColumn{c.Name, was.Name, between})
			home = append(home, RenameColumn{c.Name, between, f.Name})
		default:
			direct = append(direct, RenameColumn{c.Name, was.Name, f.Name})
		}
	}
	return slices.Concat(drops, converted, away, direct, home, adds)
}

// moved says whether indexes must be made anew because what they name is gone: the
// table has another name, or a column has one, was dropped or holds other values.
func moved(old, c *schema.Collection) bool {
	return old.Name != c.Name || slices.ContainsFunc(old.Fields, func(was *schema.Field) bool {
		is := c.FieldByID(was.ID)
		return is == nil || is.Name != was.Name || converts(was, is)
	})
}

// indexSteps drops what is no more, or all, and creates what is new, or all.
func indexSteps(old, c *schema.Collection, all bool) (drops, creates []Step) {
	kept := map[string]bool{} // canonical texts
	is := map[string]bool{}
	for _, ix := range c.ParsedIndexes() {
		is[ix.String()] = true
	}
	for _, ix := range old.ParsedIndexes() {
		if text := ix.String(); !all && is[text] {
			kept[text] = true
			continue
		}
		drops = append(drops, DropIndex{ix.Name})
	}
	for i, text := range c.Indexes {
		ix, err := sqlindex.Parse(text)
		if err != nil || kept[ix.String()] {
			continue
		}
		creates = append(creates, CreateIndex{ix, i})
	}
	return drops, creates
}
