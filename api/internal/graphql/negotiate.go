// The media type of an answer, by the header Accept.

package graphql

import (
	"mime"
	"strconv"
	"strings"
)

// The media types of answers. With the first, a request that is not executed has an error status.
const (
	typeGraphQL = "application/graphql-response+json"
	typeJSON    = "application/json"
	typeStream  = "text/event-stream"
)

// WantsStream reports whether the client prefers a stream of events.
func WantsStream(accept []string) bool {
	header := strings.Join(accept, ",")
	q := quality(header, typeStream)
	return q > 0 && q > quality(header, typeGraphQL) && q > quality(header, typeJSON)
}

// negotiate chooses the media type that the client prefers. A type that the client names takes
// precedence over a type that a wildcard such as */* covers; without a header the type is JSON. ok
// is false if the client accepts neither.
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

// quality returns the weight that the client gives the type, 0 if it does not accept it. The most
// precise range that covers the type decides.
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
	// A type that only a wildcard covers is less preferred than a named type; of two such types
	// JSON is preferred.
	if q > 0 && precise < 3 {
		q /= 1000
		if offer == typeJSON {
			q *= 1.5
		}
	}
	return q
}
