package query

import "slices"

// maxJoins is how many sources one FROM may hold; SQLite's limit is 64.
const maxJoins = 40

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
	if e, ok := c.(*exists); ok && !e.none && len(e.sources) < maxJoins {
		return &exists{sources: append([]*source{s}, e.sources...), in: e.in}
	}
	return &exists{sources: []*source{s}, in: c}
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
	return and(slices.Insert(list, at, cond(&exists{sources: []*source{s}, in: all(users)}))...)
}
