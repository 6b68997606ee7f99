package complete

import (
	"slices"

	"github.com/loambase/loam/core/schema"
)

// maxNames is the maximum number of names in a Topic. The fields of the record and the macros are
// always complete.
const maxNames = 60

// Topic lists names that a rule of a collection may use.
type Topic struct {
	Title string
	Names []Name
	More  int // number of names that are left out
}

// Name is an operand of a rule, and the modifiers that may follow it.
type Name struct {
	Completion
	Modifiers []string // without the colon
}

// Help returns the names that rules of the collection may use, by topic: fields, paths through one
// relation, the request, collections and macros. Rule completes each of these names.
func Help(snapshot *schema.Snapshot, in *schema.Collection) []Topic {
	w := words{snapshot: snapshot, rule: true}
	w.fields(in)
	own := w.topic(in, "Fields of the record", "")
	topics := []Topic{own}
	for _, n := range own.Names {
		if n.More {
			topics = append(topics, w.under(in, "Through "+n.Text, n.Text))
		}
	}
	topics = append(topics, w.under(in, "The request", "@request"), w.under(in, "The account that asks", "@request.auth"))
	if in.View == nil {
		topics = append(topics, w.under(in, "The sent values, in create and update rules", "@request.body"))
	}
	topics = append(topics, w.under(in, "Records of any collection", "@collection"))
	for _, name := range macros {
		w.add(name, "clock", "", false)
	}
	return append(topics, w.topic(in, "Macros, in UTC", ""))
}

// under returns the topic of the names that may follow a path, up to maxNames.
func (w *words) under(in *schema.Collection, title, path string) Topic {
	w.below(in, path)
	more := max(0, len(w.list)-maxNames)
	w.list = w.list[:len(w.list)-more]
	t := w.topic(in, title, path+".")
	t.More = more
	return t
}

// topic returns the topic of the collected names, each with the prefix at and with its modifiers.
// It empties the list of collected names.
func (w *words) topic(in *schema.Collection, title, at string) Topic {
	t := Topic{Title: title}
	for _, c := range w.list {
		c.Text = at + c.Text
		n := Name{Completion: c}
		of := words{snapshot: w.snapshot, rule: true}
		of.modifiers(in, c.Text)
		for _, m := range of.list {
			n.Modifiers = append(n.Modifiers, m.Text)
		}
		t.Names = append(t.Names, n)
	}
	w.list = nil
	return t
}

// Examples returns two example rules, which compare fields of the collection.
func Examples(snapshot *schema.Snapshot, in *schema.Collection) []string {
	var accounts, others, times []string
	if in.IsAuth() {
		accounts = append(accounts, "id = @request.auth.id")
	}
	for _, f := range in.Fields {
		if f.IsID() || f.IsPassword() || in.IsAuth() && f.Name == "tokenKey" {
			continue
		}
		sign := " = "
		if f.Multiple() {
			sign = " ?= "
		}
		switch k := f.Kind.(type) {
		case *schema.Relation:
			if to := snapshot.ByID(k.CollectionID); to != nil && to.IsAuth() {
				accounts = append(accounts, f.Name+sign+"@request.auth.id")
			}
		case *schema.Select:
			if len(k.Values) > 0 {
				others = append(others, f.Name+sign+Literal(k.Values[0], "'"))
			}
		case *schema.Bool:
			others = append(others, f.Name+" = true")
		case *schema.Number:
			others = append(others, f.Name+" > 0")
		case *schema.Date, *schema.Autodate:
			times = append(times, f.Name+" >= @todayStart")
		case *schema.Text, *schema.Email, *schema.URL:
			others = append(others, f.Name+" != ''")
		}
	}
	list := slices.Concat(accounts[:min(1, len(accounts))], others, times, accounts[min(1, len(accounts)):], []string{"id = @request.query.id", "id != ''"})
	return []string{list[0], "@request.auth.id != '' && " + list[1]}
}
