package sql

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
)

// query is a script that a superuser has stored under a name.
type query struct {
	Name string `json:"name"`
	SQL  string `json:"sql"`
}

const (
	keptQueries  = "queries" // name of the document, for core.Kept
	maxQueries   = 200
	maxQueryName = 60 // characters
)

// saveQuery stores a script under a name, or deletes it. If the name has another script, the form asks: a second
// request for the same name replaces that script. The answer is the list of all stored scripts.
func saveQuery(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	q := query{Name: strings.TrimSpace(c.R.PostForm.Get("name")), SQL: c.R.PostForm.Get("query")}
	isTaken := false
	change := func(before []query) ([]query, error) {
		isTaken = !form.Replaces(c, q.Name) && slices.ContainsFunc(before, func(other query) bool { return other.Name == q.Name && other.SQL != q.SQL })
		if isTaken {
			return nil, fault.New(fault.Invalid, "There is a query "+q.Name+" already.")
		}
		return q.keepIn(before)
	}
	words := "Kept"
	if c.R.PostForm.Get("do") == "delete" {
		change, words = q.deleteFrom, "Deleted"
	}
	var list []query
	err := core.ChangeKept(c.R.Context(), c.App, c.Caller, keptQueries, func(before []query) (after []query, err error) {
		list, err = change(before)
		return list, err
	})
	if fault.KindOf(err) == fault.Invalid {
		return form.RefuseKept(c, err, q.Name, isTaken)
	}
	if err != nil {
		return err
	}
	c.Toast(words)
	return c.Part(saved(list))
}

func (q query) keepIn(list []query) ([]query, error) {
	switch {
	case q.Name == "" || utf8.RuneCountInString(q.Name) > maxQueryName:
		return nil, fault.New(fault.Invalid, fmt.Sprintf("A query has a name of up to %d characters.", maxQueryName))
	case strings.TrimSpace(q.SQL) == "":
		return nil, fault.New(fault.Invalid, "There is no query to keep.")
	}
	list, _ = q.deleteFrom(list)
	if len(list) >= maxQueries {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("There are %d queries. Delete some.", maxQueries))
	}
	list = append(list, q)
	slices.SortFunc(list, func(a, b query) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return list, nil
}

func (q query) deleteFrom(list []query) ([]query, error) {
	return slices.DeleteFunc(list, func(other query) bool { return other.Name == q.Name }), nil
}
