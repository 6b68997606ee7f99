package middleware

import (
	"strconv"
	"strings"
)

// encoding is a way to compress an answer.
type encoding string

const (
	identity encoding = ""
	zstdCode encoding = "zstd"
	gzipCode encoding = "gzip"
)

// negotiate chooses from an Accept-Encoding header: what the client likes best,
// and of what it likes as much zstd before gzip, which costs more.
func negotiate(accept string) encoding {
	if accept == "" {
		return identity
	}
	best, weight := identity, 0.0
	for _, e := range [...]encoding{zstdCode, gzipCode} {
		if q := quality(accept, string(e)); q > weight {
			best, weight = e, q
		}
	}
	return best
}

// quality is how much the client likes the coding, 0 if not at all. What is not
// mentioned is worth what "*" is.
func quality(accept, coding string) float64 {
	others := 0.0
	for accept != "" {
		var item string
		item, accept, _ = strings.Cut(accept, ",")
		name, params, _ := strings.Cut(item, ";")
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, coding):
			return weightOf(params)
		case name == "*":
			others = weightOf(params)
		}
	}
	return others
}

// weightOf reads "q=0.5"; what says nothing readable weighs 1.
func weightOf(params string) float64 {
	name, value, _ := strings.Cut(strings.TrimSpace(params), "=")
	if !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1
	}
	return q
}
