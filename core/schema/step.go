package schema

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/store"
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
	DropColumn struct{ Table, Column string }
	// CreateIndex makes an index; Position is its place in Collection.Indexes.
	CreateIndex struct {
		Index    store.Index
		Position int
	}
	// DropIndex drops an index.
	DropIndex struct{ Name string }
)

func (CreateTable) step()  {}
func (RenameTable) step()  {}
func (AddColumn) step()    {}
func (RenameColumn) step() {}
func (DropColumn) step()   {}
func (CreateIndex) step()  {}
func (DropIndex) step()    {}

// Diff is what leads the tables from old (nil: there is none) to c, in order.
// Both are valid, have the same id, and no field of the same id has another
// column kind. What views need is told by ViewSteps.
func Diff(old, c *Collection) []Step {
	if c.IsView() {
		return nil
	}
	if old == nil {
		return createSteps(c)
	}
	columns := columnSteps(old, c)
	dropped, created := indexSteps(old, c, moved(old, c))
	if old.Name != c.Name {
		dropped = append(dropped, RenameTable{old.Name, c.Name})
	}
	return slices.Concat(dropped, columns, created)
}

func createSteps(c *Collection) []Step {
	table := CreateTable{Table: c.Name}
	for _, f := range c.Fields {
		table.Columns = append(table.Columns, f.Column())
	}
	slices.SortFunc(table.Columns, func(a, b store.Column) int { return strings.Compare(a.Name, b.Name) })
	_, created := indexSteps(&Collection{}, c, false)
	return append([]Step{table}, created...)
}

// temporary is a name that no field has.
func temporary(name string) string {
	return "_tmp_" + checksum(name) + RandomString(8, AlphabetID)
}

// columnSteps drops, then renames, then adds. A new name that a column has now is
// reached through a temporary one, when all such names are free: so names can be
// swapped, and change in letter case only.
func columnSteps(old, c *Collection) []Step {
	var drops, away, direct, home, adds []Step
	held := map[string]bool{} // names of stored columns that stay, under this name or another
	for _, was := range old.Fields {
		if c.fieldByID(was.ID) == nil {
			drops = append(drops, DropColumn{c.Name, was.Name})
		} else {
			held[strings.ToLower(was.Name)] = true
		}
	}
	for _, f := range c.Fields {
		was := old.fieldByID(f.ID)
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
	return slices.Concat(drops, away, direct, home, adds)
}

// moved says whether indexes must be made anew because what they name is gone:
// the table has another name, or a column has one or was dropped.
func moved(old, c *Collection) bool {
	return old.Name != c.Name || slices.ContainsFunc(old.Fields, func(was *Field) bool {
		is := c.fieldByID(was.ID)
		return is == nil || is.Name != was.Name
	})
}

// indexSteps drops what is no more, or all, and creates what is new, or all.
func indexSteps(old, c *Collection, all bool) (drops, creates []Step) {
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
		ix, err := ParseIndex(text)
		if err != nil || kept[ix.String()] {
			continue
		}
		creates = append(creates, CreateIndex{ix, i})
	}
	return drops, creates
}
