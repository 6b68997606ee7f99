// The media type of an answer, by the header Accept.

package graphql

import (
	"mime"
	"strconv"
	"strings"
)

// The media types of answers. With the first, a request that is not executed has a status
// that tells so.
const (
	typeGraphQL = "application/graphql-response+json"
	typeJSON    = "application/json"
	typeStream  = "text/event-stream"
)

// WantsStream reports whether the client likes a stream of events best.
func WantsStream(accept []string) bool {
	header := strings.Join(accept, ",")
	q := quality(header, typeStream)
	return q > 0 && q > quality(header, typeGraphQL) && q > quality(header, typeJSON)
}

// negotiate chooses the media type that the client likes best. One that it names goes before
// one that only fits, as with */*; no header stands for JSON. ok is false if the client wants neither.
func negotiate(accept []string) (chosen string, ok bool) {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return typeJSON, true
	}
	best := 0.0
	for _, offer := range [...]string{typeGraphQL, typeJSON} {
		if q := quality(header, offer); q > best {
			best, chosen = q, offer
		}
	}
	return chosen, best > 0
}

// quality is how much the client wants the type, from 0. The most precise range about it
// counts.
func quality(header, offer string) (q float64) {
	precise := 0
	for item := range strings.SplitSeq(header, ",") {
		media, params, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		precision := map[string]int{"*/*": 1, "application/*": 2, offer: 3}[media]
		if precision <= precise {
			continue
		}
		precise, q = precision, 1
		if text, ok := params["q"]; ok {
			q, _ = strconv.ParseFloat(text, 64)
		}
	}
	// What is only covered by a wildcard yields to what is named, and of two such the
	// classic one is meant.
	if q > 0 && precise < 3 {
		q /= 1000
		if offer == typeJSON {
			q *= 1.5
		}
	}
	return q
}
