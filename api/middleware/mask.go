package middleware

import (
	"net/url"
	"strings"
)

// masked returns the query with its escapes resolved, without the values of the parameters that carry
// secrets. Filters are kept: a wrong one is why most people read the log.
func masked(query string) string {
	if query == "" {
		return ""
	}
	return maskedQuery(query, func(value string) string {
		if text, err := url.QueryUnescape(value); err == nil {
			return text
		}
		return value
	})
}

// maskedURL returns the URL, or its path and query, without its user and fragment, and without the
// values of the parameters that carry secrets.
func maskedURL(u string) string {
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
	return u + "?" + maskedQuery(query, func(value string) string { return value })
}

// maskedQuery returns the pairs of the query, their values as show has them.
func maskedQuery(query string, show func(value string) string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, found := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		switch {
		case err != nil || secret(plain):
			kept = append(kept, name+"=…")
		case found:
			kept = append(kept, show(name)+"="+show(value))
		default:
			kept = append(kept, show(name))
		}
	}
	return strings.Join(kept, "&")
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
