package collections

import (
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/schema"
)

// ruleColumns are the names of the rules in the order of the columns of the table.
var ruleColumns = []string{"listRule", "viewRule", "createRule", "updateRule", "deleteRule", "authRule", "manageRule", "mfa.rule"}

// ruleRow is a row of the table: a collection and its rules, in the order of ruleColumns.
type ruleRow struct {
	in    *schema.Collection
	rules []*rule // nil where the collection has no such rule
}

// ruleTable is the table of the rules of the collections that the address selects.
type ruleTable struct {
	rows   []ruleRow
	only   string // collections with a rule of this mode alone; "" for all collections
	system bool   // system collections too
}

// showAllRules answers with the rules of all collections in one table.
func showAllRules(c *console.Call) error {
	query := c.R.URL.Query()
	t := ruleTable{only: query.Get("only"), system: query.Has("system")}
	all := slices.Clone(c.App.Snapshot().All())
	slices.SortFunc(all, func(a, b *schema.Collection) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	for _, in := range all {
		if row := rulesIn(in); (!in.System || t.system) && row.has(t.only) {
			t.rows = append(t.rows, row)
		}
	}
	return c.Page(console.Page{
		Title: "Rules", Section: "data", Crumbs: []ui.Crumb{{Label: "Collections", Path: "/_/"}, {Label: "Rules"}}, Side: c.Collections(""),
	}, allRules(t))
}

func rulesIn(in *schema.Collection) ruleRow {
	row := ruleRow{in: in, rules: make([]*rule, len(ruleColumns))}
	for _, r := range rulesOf(in) {
		row.rules[slices.Index(ruleColumns, r.name)] = &r
	}
	if in.IsAuth() && in.Auth.MFA.Enabled {
		row.rules[len(ruleColumns)-1] = &rule{name: "mfa.rule", text: &in.Auth.MFA.Rule}
	}
	return row
}

// has reports whether a rule of the row has the mode; every row has the mode "". The rule of the
// second step does not count.
func (r ruleRow) has(mode string) bool {
	return mode == "" || slices.ContainsFunc(r.rules, func(one *rule) bool { return one != nil && one.name != "mfa.rule" && one.mode() == mode })
}

// path returns the address of the table for another selection.
func (t ruleTable) path(only string, system bool) string {
	path, sep := "/_/rules", "?"
	if only != "" {
		path, sep = path+"?only="+only, "&"
	}
	if system {
		path += sep + "system"
	}
	return path
}
