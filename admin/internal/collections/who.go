package collections

import (
	"errors"
	"slices"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/records"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxWho is the maximum number of accounts of a collection in the answer of who.
const maxWho = 20

// accountsOf are the accounts of a collection that a rule allows.
type accountsOf struct {
	record.Allowed
	in   *schema.Collection
	list []records.Known
}

// who answers with the identities that a typed rule allows for the record or the body in the form.
// The parameter rule of the address is the name of the rule.
func who(c *console.Call) error {
	in, err := c.Collection()
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	caller, problem := requestOfForm(c)
	t, wrong := attemptOf(c, in, caller)
	name := c.R.URL.Query().Get("rule")
	rules := typedRules(c, in)
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name && r.name != "authRule" })
	if i < 0 {
		return fault.New(fault.NotFound, "There is no such rule.")
	}
	j := judged[slices.IndexFunc(judged, func(j judgement) bool { return j.rule == name })]
	caller, q, missing := t.question(j, rules[i])
	if problem+wrong+missing != "" {
		return c.Part(whoMay(false, nil, problem+wrong+missing))
	}
	guest, err := judge(c, caller, rules[i], q, j)
	if err != nil {
		return err
	}
	var list []accountsOf
	for _, name := range c.Accounts() {
		a := accountsOf{in: c.App.Snapshot().Find(name)}
		a.Allowed, err = c.App.Records().Who(c.R.Context(), c.Caller, caller, q, name, maxWho)
		var f *fault.Error
		if errors.As(err, &f) && f.Kind == fault.Invalid {
			return c.Part(whoMay(false, nil, "This cannot be found out: "+f.Error()+"."))
		}
		if err != nil {
			return err
		}
		if a.list, err = records.WithIDs(c, a.in, a.IDs); err != nil {
			return err
		}
		list = append(list, a)
	}
	return c.Part(whoMay(guest.state == "ok", list, ""))
}
