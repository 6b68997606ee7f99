// Package address validates e-mail addresses, URLs and domains. The grammars are those of the wire
// contract (docs/wire/records.md §3.1), which differ from those of net/mail and net/url.
package address

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loambase/loam/internal/check"
)

// IsEmail reports whether s is one address local@domain with a dotted domain. Comments, and
// quoted local parts with spaces, are not accepted.
func IsEmail(s string) bool {
	// The last @: a quoted local part may contain others.
	at := strings.LastIndexByte(s, '@')
	if at < 1 || !utf8.ValidString(s) {
		return false
	}
	return isLocalPart(s[:at]) && isHost(strings.TrimSuffix(s[at+1:], "."), true)
}

// isLocalPart validates the part before the @: atoms separated by dots, or a quoted text.
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

// isAtomRune reports whether r may be in an atom. Letters beyond ASCII are allowed.
func isAtomRune(r rune) bool {
	if r < utf8.RuneSelf {
		return check.IsWord(string(r)) || strings.ContainsRune("!#$%&'*+-/=?^`{|}~", r)
	}
	return r >= 0xA0 && !unicode.IsControl(r) && !unicode.IsSpace(r)
}

// isHost validates a host name. A dotted name has at least two labels, and the last label neither
// begins nor ends with a digit, so that the name is not an IP address.
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

// isLabel validates one part of a host name.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// IsDigit reports whether c is an ASCII digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

// IsURL reports whether s is a web address, with or without a scheme, which is in lower case:
// [scheme://][user[:password]@]host[:port][/path][?query][#fragment]. Wire: without a scheme and a
// port there must be a dot before the query, so that foo and localhost are not web addresses.
func IsURL(s string) bool {
	if len(s) < 3 || len(s) > 2083 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}) {
		return false
	}
	// The part after the host is not checked: any path, query and fragment may be linked to.
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

// isScheme reports whether the scheme is one that the wire format allows.
func isScheme(s string) bool {
	switch s {
	case "http", "https", "ftp", "tcp", "udp", "ws", "wss":
		return true
	}
	return false
}

// isHostPort validates a host, an IPv4 address or an IPv6 address in brackets, with or
// without a port.
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
	// A host of only digits and dots must be an IPv4 address.
	if strings.Trim(host, "0123456789.") == "" {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Is4()
	}
	return isHost(host, false)
}

// IsDomain validates a domain for a list of allowed or forbidden domains: it must be dotted,
// without port and underscore.
func IsDomain(s string) bool { return isHost(s, true) && !strings.Contains(s, "_") }
