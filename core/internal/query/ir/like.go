// LIKE: patterns from the right side of ~, and matching of constants.

package ir

import "strings"

// maxPattern is how many bytes may stand right of ~. SQLite refuses patterns of
// more than 50,000; escapes may double what is sent.
const MaxPattern = 20_000

// MaxCasePattern is MaxPattern for LikeCase, whose escapes are longer.
const MaxCasePattern = MaxPattern / 2

// LikePattern makes an SQL pattern (escape \) of the right side of ~. Without an
// unescaped % it means "contains": what is special is escaped, unless it is
// already, and % put around. ok is false for a pattern that ends in half an
// escape, which matches nothing.
func LikePattern(s string) (pattern string, ok bool) {
	wild, half := scanPattern(s)
	if wild {
		return s, !half
	}
	var b strings.Builder
	b.WriteByte('%')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if special(c) {
			b.WriteByte('\\')
			if c == '\\' && i+1 < len(s) && special(s[i+1]) {
				i++
				c = s[i]
			}
		}
		b.WriteByte(c)
	}
	b.WriteByte('%')
	return b.String(), true
}

// scanPattern finds an unescaped % and a lone \ at the end.
func scanPattern(s string) (wild, half bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			half = i == len(s)
		case '%':
			wild = true
		}
	}
	return wild, half
}

func special(c byte) bool { return c == '\\' || c == '%' || c == '_' }

// like is SQL's LIKE with the escape \: % is any run, _ any character, ASCII
// letters match in any case unless exact is set.
func like(pattern, s string, exact bool) bool {
	// The last % is the only one to come back to: what an earlier one could take
	// as well, it can take too.
	retry, from := -1, 0
	p, i := 0, 0
	for {
		if p < len(pattern) && pattern[p] == '%' {
			p++
			retry, from = p, i
			continue
		}
		if p == len(pattern) && i == len(s) {
			return true
		}
		if i < len(s) {
			if width, next, ok := matchOne(pattern, p, s[i:], exact); ok {
				i += width
				p = next
				continue
			}
		}
		if retry < 0 || from >= len(s) {
			return false
		}
		from += runeWidth(s[from:])
		p, i = retry, from
	}
}

// matchOne matches one element of the pattern, no %, at the start of s.
func matchOne(pattern string, p int, s string, exact bool) (width, next int, ok bool) {
	if p == len(pattern) {
		return 0, 0, false
	}
	c := pattern[p]
	if c == '_' {
		return runeWidth(s), p + 1, true
	}
	if c == '\\' {
		if p++; p == len(pattern) {
			return 0, 0, false
		}
		c = pattern[p]
	}
	return 1, p + 1, c == s[0] || !exact && Lower(c) == Lower(s[0])
}

func runeWidth(s string) int {
	n := 1
	for n < len(s) && s[n]&0xC0 == 0x80 {
		n++
	}
	return n
}

// Lower is an ASCII letter in lower case.
func Lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// LowerText is SQL's LOWER: ASCII only.
func LowerText(s string) string {
	for i := range len(s) {
		if Lower(s[i]) == s[i] {
			continue
		}
		b := []byte(s)
		for ; i < len(b); i++ {
			b[i] = Lower(b[i])
		}
		return string(b)
	}
	return s
}
