package ui

import (
	"slices"
	"strings"
)

// Item is an entry of the side.
type Item struct {
	ID                string // of a collection, which can be pinned; "" for other entries
	Label, Icon, Path string
	Current, Pinned   bool
}

// Groups are the collections as the side shows them.
type Groups struct {
	Pinned, Own, System []Item
	Current             string // the name of the collection that the page is about, "" for none
}

// pinWords is what the button of a collection does.
func pinWords(i Item) string {
	if i.Pinned {
		return "Unpin " + i.Label
	}
	return "Pin " + i.Label
}

// pinValue is what the button of a collection sends: whether it is to be pinned, and its id.
func pinValue(i Item) string {
	if i.Pinned {
		return "-" + i.ID
	}
	return "+" + i.ID
}

// SortItems orders the entries by their labels, whatever the case of letters.
func SortItems(list []Item) {
	slices.SortFunc(list, func(a, b Item) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
}

func hasCurrent(list []Item) bool {
	return slices.ContainsFunc(list, func(i Item) bool { return i.Current })
}
