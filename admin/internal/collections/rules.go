package collections

import (
	"net/http"
	"strings"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/schema"
)

// rule is one of the rules of a collection.
type rule struct {
	name, label, about string
	text               *string
}

// ruleHelp is the help for rules of a collection: names that rules may use, and example rules.
type ruleHelp struct {
	topics   []complete.Topic
	examples []string
}

func helpOf(c *console.Call, in *schema.Collection) ruleHelp {
	snapshot := c.App.Snapshot()
	return ruleHelp{complete.Help(snapshot, in), complete.Examples(snapshot, in)}
}

func rulesOf(in *schema.Collection) []rule {
	list := []rule{
		{"listRule", "List", "Who gets which records in lists.", in.ListRule},
		{"viewRule", "View", "Who may look at a record.", in.ViewRule},
	}
	if in.View == nil {
		list = append(list,
			rule{"createRule", "Create", "Who may create a record.", in.CreateRule},
			rule{"updateRule", "Update", "Who may change a record.", in.UpdateRule},
			rule{"deleteRule", "Delete", "Who may delete a record.", in.DeleteRule})
	}
	if in.IsAuth() {
		list = append(list,
			rule{"authRule", "Sign in", "Which accounts may sign in.", in.Auth.AuthRule},
			rule{"manageRule", "Manage", "Who may change the e-mail address, the password and so on of others.", in.Auth.ManageRule})
	}
	return list
}

// mode returns the mode of the rule; see form.RuleMode.
func (r rule) mode() string {
	return form.RuleMode(r.text)
}

// ofAccounts reports whether only auth collections have the rule. It neither allows nor denies an
// operation on records by itself.
func (r rule) ofAccounts() bool { return r.name == "authRule" || r.name == "manageRule" }

func (r rule) expression() string {
	return form.RuleText(r.text)
}

func showRules(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	t, err := testerOf(c, in)
	if err != nil {
		return err
	}
	page := frame(c, in, "Rules")
	page.Scripts = append(page.Scripts, "editor.js", "pick.js", "try.js")
	return c.Page(page, rulesPage(in, c.Tabs(in), rulesOf(in), ruleValues(in).Base(c), t, helpOf(c, in), c.Locked()))
}

// ruleValues returns the stored rules for the merge of the form.
func ruleValues(in *schema.Collection) form.Values {
	stored := form.Values{}
	for _, r := range rulesOf(in) {
		stored[r.name] = form.Value{Text: r.json(), Shown: r.words()}
	}
	return stored
}

// json returns the rule as JSON: null for a locked rule, else a text.
func (r rule) json() string {
	text, err := schema.Marshal(r.text)
	if err != nil {
		return "" // not reached: a text can always be encoded
	}
	return string(text)
}

// saveRules stores the rules that the form changes. If somebody else has changed one of them since the
// form was opened, nothing is stored, and the form shows the conflict.
func saveRules(c *console.Call) error {
	in, err := edited(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	merge := form.NewMerge(c, in.ID, ruleValues(in))
	body := map[string]any{}
	var problems []form.Problem
	merged := rulesOf(in)
	for i, r := range typedRules(c, in) {
		switch {
		case r.unwritten(c):
			problems = append(problems, form.Problem{Name: r.name, Message: "Write the rule, or choose " + lockedWords(r) + "."})
		case merge.Changes(r.name, r.json()):
			merged[i], body[r.name] = r, r.text
		}
	}
	switch {
	case len(problems) > 0:
		return form.Refuse(c, http.StatusUnprocessableEntity, problems)
	case merge.Conflicts():
		return merge.Refuse()
	}
	plan, err := planOf(c, in, body)
	if err != nil {
		return form.Fail(c, err)
	}
	change := review{in: in, plan: plan, rules: ruleChanges(in, merged)}
	if change.asks() && c.R.PostForm.Get("_confirmed") != in.Name {
		return c.Dialog(http.StatusOK, reviewDialog(change))
	}
	if changesManage(in, merged) {
		if err := c.Confirm(ui.Confirm{}); err != nil {
			return err
		}
	}
	if _, err := storeChange(c, in, body); err != nil {
		return form.Fail(c, err)
	}
	c.Toast("Saved")
	return c.Go(console.CollectionPath(in) + "/rules")
}

// changesManage reports whether the typed manage rule differs from the stored rule. Such a change
// requires the password, since managers may set the passwords of other accounts.
func changesManage(in *schema.Collection, typed []rule) bool {
	for i, r := range rulesOf(in) {
		if r.name == "manageRule" && r.words() != typed[i].words() {
			return true
		}
	}
	return false
}

// typedRules returns the rules of the collection with the texts of the form.
func typedRules(c *console.Call, in *schema.Collection) []rule {
	list := rulesOf(in)
	for i, r := range list {
		switch text := form.Sent(c.R.PostForm, r.name+".text"); c.R.PostForm.Get(r.name + ".mode") {
		case "locked":
			list[i].text = nil
		case "open":
			list[i].text = new(string)
		case "rule":
			list[i].text = &text
		}
	}
	return list
}

// unwritten reports whether "By rule" is chosen and the expression is empty: an empty stored rule
// would allow everybody.
func (r rule) unwritten(c *console.Call) bool {
	return c.R.PostForm.Get(r.name+".mode") == "rule" && strings.TrimSpace(r.expression()) == ""
}

// completeAt answers with the completions of a rule of the collection, or of a filter if the
// parameter "filter" is set: "q" is the word at the caret, "before" the text in front of it.
func completeAt(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	query := c.R.URL.Query()
	texts := complete.Rule
	if query.Has("filter") {
		texts = complete.Filter
	}
	return c.JSON(texts(c.App.Snapshot(), in, query.Get("before"), query.Get("q")))
}
