package middleware

import (
	"net/url"
	"strings"
)

// masked returns the query with its escapes resolved, without the values of parameters that carry
// secrets, and cut at about maxURL bytes. Filters are kept, because most readers of the log look
// for a wrong filter.
func masked(query string) string {
	if query == "" {
		return ""
	}
	return maskedQuery(query, maxURL, func(value string) string {
		if text, err := url.QueryUnescape(value); err == nil {
			return text
		}
		return value
	})
}

// maskedURL returns a URL, or a path with a query, without its user and fragment, and without the
// values of parameters that carry secrets. A query longer than limit bytes may be cut.
func maskedURL(u string, limit int) string {
	if u == "" {
		return ""
	}
	u, _, _ = strings.Cut(u, "#")
	u, query, found := strings.Cut(u, "?")
	if scheme, rest, ok := strings.Cut(u, "://"); ok {
		host, path, slash := strings.Cut(rest, "/")
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			u = scheme + "://" + host[at+1:]
			if slash {
				u += "/" + path
			}
		}
	}
	if !found {
		return u
	}
	return u + "?" + maskedQuery(query, limit, func(value string) string { return value })
}

// maskedQuery returns the pairs of the query, with their values passed through show, until limit
// bytes are reached: a log entry has no room for more, and a query may have very many pairs.
func maskedQuery(query string, limit int, show func(value string) string) string {
	var b strings.Builder
	separator := ""
	for pair := range strings.SplitSeq(query, "&") {
		if b.Len() >= limit {
			break
		}
		b.WriteString(separator)
		separator = "&"
		name, value, found := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		switch {
		case err != nil || secret(plain):
			b.WriteString(name + "=…")
		case found:
			b.WriteString(show(name) + "=" + show(value))
		default:
			b.WriteString(show(name))
		}
	}
	return b.String()
}

// secret reports whether a parameter of this name may hold a secret.
func secret(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"token", "pass", "secret", "key", "code", "state", "auth"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
