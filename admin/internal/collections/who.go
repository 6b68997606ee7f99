package collections

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/records"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/wire"
)

const (
	maxWho  = 20               // number of allowed accounts that are listed for each collection
	whoTime = 10 * time.Second // maximum time for judging all accounts
)

// accountsOf holds the accounts of a collection that a rule allows.
type accountsOf struct {
	record.Allowed
	in   *schema.Collection
	list []records.Known
}

// who answers with the identities that a typed rule allows on the record, or with the body, in the
// form. The parameter rule of the address is the name of the rule. After whoTime the answer
// has the accounts that were judged, and their number.
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
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
	at := slices.IndexFunc(judged, func(j judgement) bool { return j.rule == name })
	if i < 0 || at < 0 || name == "authRule" {
		return fault.New(fault.NotFound, "There is no such rule.")
	}
	j := judged[at]
	caller, q, missing := t.question(j, rules[i])
	if problem = cmp.Or(problem, wrong, wire.Sentence(missing)); problem != "" {
		return c.Part(whoMay(verdict{}, nil, problem))
	}
	guest, err := judge(c, caller, rules[i], q, j)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.R.Context(), whoTime)
	defer cancel()
	var list []accountsOf
	for _, name := range c.Accounts() {
		a := accountsOf{in: c.App.Snapshot().Find(name)}
		a.Allowed, err = c.App.Records().Who(ctx, c.Caller, caller, q, name, maxWho)
		if errors.Is(err, record.ErrTimeLimit) {
			a.More, err = true, nil
		}
		if err != nil {
			reason, err := refusal(err)
			if err != nil {
				return err
			}
			return c.Part(whoMay(verdict{}, nil, "This cannot be found out. "+reason))
		}
		if a.list, err = records.WithIDs(c, a.in, a.IDs...); err != nil {
			return err
		}
		list = append(list, a)
	}
	return c.Part(whoMay(guest, list, ""))
}
