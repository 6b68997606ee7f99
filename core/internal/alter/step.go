// The diff of collections: the DDL steps, in a safe order, from the tables of one state to those
// of another.

package alter

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Step is a DDL step: one of the structs below, or CreateView or DropView. Package collection
// runs steps.
type Step interface{ step() }

// The steps.
type (
	// CreateTable creates the table of a new collection.
	CreateTable struct {
		Table   string
		Columns []store.Column
	}
	// DropTable drops the table of a collection with its records.
	DropTable struct{ Table string }
	// RenameTable renames a table.
	RenameTable struct{ From, To string }
	// AddColumn adds a column, with the zero value in existing rows.
	AddColumn struct {
		Table  string
		Column store.Column
	}
	// RenameColumn renames a column.
	RenameColumn struct{ Table, From, To string }
	// DropColumn drops a column with its data.
	DropColumn struct {
		Table, Column string
		Field         *schema.Field // the field of the column
	}
	// ConvertColumn converts the values of the field From, which are in the column From.Name,
	// into values of To. Afterwards they are in the column To.Name: the same column, or a new one
	// that no field is named after; then the old column is dropped.
	ConvertColumn struct {
		Table    string
		From, To *schema.Field
	}
	// CreateIndex creates an index; Position is its index in Collection.Indexes.
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

// Change is a collection before and after a change: Old is nil for a create, New for a delete.
// Both have the same id.
type Change struct{ Old, New *schema.Collection }

// Collection returns the collection after the change; for a delete, before it.
func (c Change) Collection() *schema.Collection {
	if c.New != nil {
		return c.New
	}
	return c.Old
}

// Diff returns the steps from the table of old (nil: none) to that of c.
func Diff(old, c *schema.Collection) []Step { return DiffAll([]Change{{old, c}}) }

// DiffAll returns the steps from the tables of one valid state to those of another, in this
// order: drop indexes, drop tables, rename tables, create tables, change columns, create indexes.
// So every name is free when a step uses it, and indexes are built once, over final values. Views
// need the steps of ViewChanges before and after.
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

// renameSteps renames tables. If another table still has the new name, the rename uses a
// temporary name, so that names can be exchanged.
func renameSteps(changes []Change) []Step {
	held := map[string]string{} // ids of the tables that are kept, by lower-case name
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
		// Another table has the name until its own rename, so this one is renamed twice.
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

// createStep returns the step for the table of a collection. Columns are sorted by name, so that
// equal collections have equal tables.
func createStep(c *schema.Collection) Step {
	table := CreateTable{Table: c.Name}
	for _, f := range c.Fields {
		table.Columns = append(table.Columns, f.Column())
	}
	slices.SortFunc(table.Columns, func(a, b store.Column) int { return strings.Compare(a.Name, b.Name) })
	return table
}

// temporary returns a name that no table or field has.
func temporary(name string) string {
	return "_tmp_" + name[:min(len(name), 40)] + schema.RandomString(10, schema.AlphabetID)
}

// columnSteps returns the changes of columns in this order: drop, convert, rename, add. A rename
// to the present name of another column uses a temporary name, so that names can be exchanged or
// change in letter case only.
func columnSteps(old, c *schema.Collection) []Step {
	var drops, converted, away, direct, home, adds []Step
	held := map[string]bool{} // lower-case names of stored columns that are kept, under this name or another
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
			// A column of another type is a new column: engines cannot change the type of a
			// column with values.
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

// moved reports whether all indexes must be rebuilt: the table was renamed, or a column was
// renamed, dropped or converted.
func moved(old, c *schema.Collection) bool {
	return old.Name != c.Name || slices.ContainsFunc(old.Fields, func(was *schema.Field) bool {
		is := c.FieldByID(was.ID)
		return is == nil || is.Name != was.Name || converts(was, is)
	})
}

// indexSteps drops removed indexes and creates new ones; with all, it drops and creates every
// index. Indexes are compared by their canonical text.
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
