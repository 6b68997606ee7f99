package ui

import (
	"slices"
	"strings"
)

// Item is an entry of the side.
type Item struct {
	Label, Icon, Path string
	Current           bool
}

// SortItems orders the entries by their labels, whatever the case of letters.
func SortItems(list []Item) {
	slices.SortFunc(list, func(a, b Item) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
}

func hasCurrent(list []Item) bool {
	return slices.ContainsFunc(list, func(i Item) bool { return i.Current })
}
