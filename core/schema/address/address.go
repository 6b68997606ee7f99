// Package address says whether a text is an e-mail address, a URL or a domain. The
// grammars are those of the wire contract (docs/wire/records.md §3.1), which are neither
// those of net/mail nor of net/url.
package address

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loambase/loam/core/schema/check"
)

// IsEmail says whether s is one address of the form local@domain with a dotted
// domain. It knows neither comments nor quoted local parts with spaces.
func IsEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || !utf8.ValidString(s) {
		return false
	}
	return isLocalPart(s[:at]) && isHost(strings.TrimSuffix(s[at+1:], "."), true)
}

func isLocalPart(s string) bool {
	if len(s) > 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return !strings.ContainsFunc(s[1:len(s)-1], func(r rune) bool {
			return r == '"' || r == '\\' || r <= ' ' || unicode.IsControl(r) || unicode.IsSpace(r)
		})
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAtomRune(r) }) {
			return false
		}
	}
	return true
}

func isAtomRune(r rune) bool {
	if r < utf8.RuneSelf {
		return check.IsWord(string(r)) || strings.ContainsRune("!#$%&'*+-/=?^`{|}~", r)
	}
	return r >= 0xA0 && !unicode.IsControl(r) && !unicode.IsSpace(r)
}

// isHost judges a host name; dotted ones have two labels at least, the last of
// which neither begins nor ends with a digit.
func isHost(s string, dotted bool) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	if !dotted {
		return true
	}
	top := labels[len(labels)-1]
	return len(labels) > 1 && !IsDigit(top[0]) && !IsDigit(top[len(top)-1])
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// IsDigit says whether c is an ASCII digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

// IsURL says whether s is a web address, with or without a scheme, which is in lower case:
// [scheme://][user[:password]@]host[:port][/path][?query][#fragment].
// Wire: without a scheme and a port there must be a dot before the query, so that foo and
// localhost are none.
func IsURL(s string) bool {
	if len(s) < 3 || len(s) > 2083 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}) {
		return false
	}
	if scheme, rest, ok := strings.Cut(s, "://"); ok && isScheme(scheme) {
		s = rest
	} else if end := strings.IndexAny(s+"?", "?#"); !strings.Contains(s, ":") && !strings.Contains(s[:end], ".") {
		return false
	}
	if end := strings.IndexAny(s, "/?#"); end >= 0 {
		s = s[:end]
	}
	if at := strings.LastIndexByte(s, '@'); at == 0 {
		return false
	} else if at > 0 {
		s = s[at+1:]
	}
	return isHostPort(s)
}

func isScheme(s string) bool {
	switch s {
	case "http", "https", "ftp", "tcp", "udp", "ws", "wss":
		return true
	}
	return false
}

func isHostPort(s string) bool {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:i], s[i+1:]
		if port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "" {
			return false
		}
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		addr, err := netip.ParseAddr(host[1 : len(host)-1])
		return err == nil && addr.Is6()
	}
	host = strings.TrimSuffix(host, ".")
	if strings.Trim(host, "0123456789.") == "" {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Is4()
	}
	return isHost(host, false)
}

// IsDomain judges a domain of a list of allowed ones: dotted, no port.
func IsDomain(s string) bool { return isHost(s, true) && !strings.Contains(s, "_") }
