// Placement of EXISTS around the smallest part of a condition that reads a multi-valued
// source.

package ir

import "slices"

const maxMerged = 20 // sources of EXISTS that are made one

// PlaceExists puts an EXISTS over s around the smallest part of c that contains every use of s.
// Under an OR each branch gets its own: "some row makes one of the branches true" is equivalent
// to "one of the branches is true for some row".
func PlaceExists(c Cond, s *Source) Cond {
	switch c := c.(type) {
	case Or:
		list := make([]Cond, len(c))
		for i, part := range c {
			list[i] = PlaceExists(part, s)
		}
		return AnyOf(list...)
	case And:
		return placeInAll(c, s)
	}
	if !uses(c, s) {
		return c
	}
	return existsOver(s, c)
}

// existsOver returns an EXISTS over s. It merges those EXISTS that are parts of its conjunction.
func existsOver(s *Source, parts ...Cond) Cond {
	e := &Exists{Sources: []*Source{s}}
	for i, part := range parts {
		if inner, ok := part.(*Exists); ok && !inner.None && len(e.Sources)+len(inner.Sources) <= maxMerged {
			e.Sources = append(e.Sources, inner.Sources...)
			parts[i] = inner.In
		}
	}
	e.In = AllOf(parts...)
	return e
}

func placeInAll(c And, s *Source) Cond {
	var users, list []Cond
	at := 0
	for _, part := range c {
		if !uses(part, s) {
			list = append(list, part)
			continue
		}
		if users == nil {
			at = len(list)
		}
		users = append(users, part)
	}
	switch len(users) {
	case 0:
		return c
	case 1:
		return AllOf(slices.Insert(list, at, PlaceExists(users[0], s))...)
	}
	return AllOf(slices.Insert(list, at, existsOver(s, users...))...)
}
