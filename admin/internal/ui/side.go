package ui

import (
	"slices"
	"strings"
)

// Item is an entry of the side bar.
type Item struct {
	ID                string // id of the collection, which can be pinned; "" for another entry
	Label, Icon, Path string
	Current, Pinned   bool
	Warning           string // text of the warning mark; "" for no mark
}

// Groups are the collections of the side bar.
type Groups struct {
	Pinned, Own, System []Item
	Current             string // name of the collection of the page, "" for none
	Locked              bool   // no collection can be created
}

// pinWords returns the label of the pin button of a collection.
func pinWords(i Item) string {
	if i.Pinned {
		return "Unpin " + i.Label
	}
	return "Pin " + i.Label
}

// pinValue returns the value of the pin button of a collection: "+" to pin or "-" to unpin, then
// the id.
func pinValue(i Item) string {
	if i.Pinned {
		return "-" + i.ID
	}
	return "+" + i.ID
}

// SortItems sorts the entries by their labels, without regard to case.
func SortItems(list []Item) {
	slices.SortFunc(list, func(a, b Item) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
}

func hasCurrent(list []Item) bool {
	return slices.ContainsFunc(list, func(i Item) bool { return i.Current })
}
