package collections

import (
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/wire"
)

// lossWords describes a loss with its number of records or values.
func lossWords(l collection.Loss) string {
	n, verb := l.Count, " are "
	if n == 1 {
		verb = " is "
	}
	switch l.Cause {
	case collection.LossDeleted:
		return ui.Counted(n, "record") + verb + "deleted"
	case collection.LossDropped:
		return ui.Counted(n, "value") + verb + "deleted with the field"
	case collection.LossEmptied:
		return ui.Counted(n, "value") + verb + "emptied"
	}
	return ui.Counted(n, "value") + verb + "replaced"
}

func fieldWords(field string) string {
	if field == "" {
		return ""
	}
	return "." + field
}

// lockedWords names the identities that pass a locked rule.
func lockedWords(r rule) string {
	if r.name == "authRule" {
		return "Nobody"
	}
	return "Superusers"
}

func openWords(r rule) string {
	if r.name == "authRule" || r.name == "mfa.rule" {
		return "Every account"
	}
	return "Everyone"
}

// openSentence returns a sentence about the effect of an open rule, "" for authRule, manageRule and
// mfa.rule.
func openSentence(r rule) string {
	switch r.name {
	case "listRule":
		return "Anyone can list and search all records."
	case "viewRule":
		return "Anyone who knows the id of a record can look at it."
	case "createRule":
		return "Anyone can create records."
	case "updateRule":
		return "Anyone can change any record."
	case "deleteRule":
		return "Anyone can delete any record."
	}
	return ""
}

// stateWords names the state of a verdict, for screen readers.
func stateWords(state string) string {
	switch state {
	case "ok":
		return "allowed"
	case "no":
		return "denied"
	case "bad":
		return "cannot be judged"
	}
	return "not tried"
}

// clauseWords describes the result of a comparison, and the compared values.
func clauseWords(c *record.Clause) string {
	answer := "not known by itself"
	switch {
	case c.Known && c.Decides && c.Holds:
		answer = "true"
	case c.Known && c.Decides:
		answer = "false"
	case c.Known && c.Holds:
		answer = "not needed · would be true"
	case c.Known:
		answer = "not needed · would be false"
	}
	if values := sides(c); values != "" {
		answer += ": " + values
	}
	return answer
}

func joinWord(sign string) string {
	if sign == "&&" {
		return "and"
	}
	return "or"
}

// problemText returns the error in a rule, "" for none.
func (v verdict) problemText() string {
	if v.about == nil || v.about.Problem == nil {
		return ""
	}
	text := wire.Sentence(v.about.Problem.Message)
	if v.meant != "" {
		text += " Did you mean " + v.meant + "?"
	}
	return text
}

// warningText joins the warnings about a rule; "" if there are none.
func (v verdict) warningText() string {
	if v.about == nil {
		return ""
	}
	list := make([]string, len(v.about.Warnings))
	for i, w := range v.about.Warnings {
		list[i] = wire.Sentence(w)
	}
	return strings.Join(list, " ")
}

// whoWords returns the text before a list of allowed accounts: their number, and the number that is
// listed if some are left out.
func whoWords(a accountsOf) string {
	if a.More && a.Judged == 0 {
		return "no answer in time"
	}
	of := " of "
	if a.More {
		of = " of the first "
	}
	words := ui.Number(a.Count) + of + ui.Counted(a.Judged, "account")
	switch n := len(a.list); {
	case n == 0:
		return words
	case n < a.Count:
		words += ", the first " + strconv.Itoa(n)
	}
	return words + ":"
}

// guestWords returns the answer of "Who may?" for guests.
func guestWords(v verdict) string {
	switch {
	case v.late:
		return "no answer in time"
	case v.state == "ok":
		return "may"
	}
	return "may not"
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 2, 64) + " ms"
}

// parameters lists the values of $1, $2 and so on, one per line.
func parameters(args []string) string {
	lines := make([]string, len(args))
	for i, a := range args {
		lines[i] = "$" + strconv.Itoa(i+1) + " = " + a
	}
	return strings.Join(lines, "\n")
}

// sampleBody returns a JSON object with one field of the collection, as an example.
func sampleBody(in *schema.Collection) string {
	for _, f := range in.Fields {
		if f.Kind.Class() == schema.ClassText && !f.IsID() && !f.IsPassword() && f.Name != "tokenKey" {
			return `{"` + f.Name + `": "…"}`
		}
	}
	return "{}"
}
