package collections

import (
	"encoding/json"
	"strings"

	"github.com/loambase/loam/admin/console"
	"github.com/loambase/loam/admin/form"
	"github.com/loambase/loam/core/schema"
)

// rule is one of the rules of a collection.
type rule struct {
	name, label, about string
	text               *string
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

// mode is whom a rule is for: "locked", superusers alone; "open", everybody; or "rule".
func (r rule) mode() string {
	switch {
	case r.text == nil:
		return "locked"
	case *r.text == "":
		return "open"
	}
	return "rule"
}

func (r rule) expression() string {
	if r.text == nil {
		return ""
	}
	return *r.text
}

func showRules(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	return c.Page(frame(c, in, "rules"), rulesPage(in, rulesOf(in)))
}

func saveRules(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	body := map[string]*string{}
	for _, r := range rulesOf(in) {
		switch text := strings.ReplaceAll(c.R.PostForm.Get(r.name+".text"), "\r\n", "\n"); c.R.PostForm.Get(r.name + ".mode") {
		case "locked":
			body[r.name] = nil
		case "open":
			body[r.name] = new(string)
		case "rule":
			body[r.name] = &text
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if _, err := c.App.Collections().Update(c.R.Context(), c.Caller, in.ID, text); err != nil {
		return form.Fail(c, err)
	}
	c.Toast("Saved")
	return c.Go(console.CollectionPath(in) + "/rules")
}
