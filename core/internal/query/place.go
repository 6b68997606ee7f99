package query

import "slices"

const (
	maxMerged = 20 // sources of EXISTS that are made one
	maxJoins  = 60 // in one FROM; SQLite's limit is 64
)

// place puts an EXISTS over s around the smallest part of c that holds every use
// of s. Under an OR each branch gets its own: that some row makes one of them
// true is the same as that one of them is true for some row.
func place(c cond, s *source) cond {
	switch c := c.(type) {
	case some:
		list := make([]cond, len(c))
		for i, part := range c {
			list[i] = place(part, s)
		}
		return or(list...)
	case all:
		return placeInAll(c, s)
	}
	if !uses(c, s) {
		return c
	}
	return over(s, c)
}

// over is an EXISTS over s, in which those that are parts of its conjunction are
// taken up.
func over(s *source, parts ...cond) cond {
	e := &exists{sources: []*source{s}}
	for i, part := range parts {
		if inner, ok := part.(*exists); ok && !inner.none && len(e.sources)+len(inner.sources) <= maxMerged {
			e.sources = append(e.sources, inner.sources...)
			parts[i] = inner.in
		}
	}
	e.in = and(parts...)
	return e
}

func placeInAll(c all, s *source) cond {
	var users, list []cond
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
		return and(slices.Insert(list, at, place(users[0], s))...)
	}
	return and(slices.Insert(list, at, over(s, users...))...)
}
