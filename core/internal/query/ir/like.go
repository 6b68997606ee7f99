// LIKE: patterns for the right side of ~, and the matching of constants.

package ir

import "strings"

// MaxPattern is the maximum length in bytes of the right side of ~. SQLite refuses patterns of
// more than 50,000; escapes may double the length.
const MaxPattern = 20_000

// MaxCasePattern is MaxPattern for LikeCase, whose escapes are longer.
const MaxCasePattern = MaxPattern / 2

// LikePattern converts the right side of ~ to an SQL pattern (escape \). Without an unescaped %
// it means "contains": special characters are escaped, unless they already are, and % is added on
// both sides. ok is false for a pattern that ends in an incomplete escape, which matches nothing.
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

// like implements SQL's LIKE with the escape \: % matches any text, _ any character, and ASCII
// letters match in both cases unless exact is set.
func like(pattern, s string, exact bool) bool {
	// Backtracking to the last % is enough: any text that an earlier one could match, the last
	// one can match, too.
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

// matchOne matches one element of the pattern, except %, at the start of s.
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

// Lower returns an ASCII letter in lower case.
func Lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// LowerText implements SQL's LOWER: it changes only ASCII letters.
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
