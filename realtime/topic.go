// Topics: the texts by which a client subscribes.

package realtime

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/loambase/loam/internal/wire"
)

// topic is a parsed topic (docs/wire/auth-realtime-system.md §4.3).
type topic struct {
	text       string // in the form that the client has sent: the name of its events
	watch      *watch // the state of a topic of a socket; nil for a stream
	group      *group // the group that has the topic; nil for none
	options    *options
	collection string // id or name; "" for a topic of the program
	record     string // id; "" for every record of the collection
}

// place returns the place of the topic.
func (t *topic) place() place { return place{t.collection, t.record} }

// filtered returns 1 for a topic of a socket with a filter, else 0.
func (t *topic) filtered() int {
	if t.watch != nil && t.options.filtered {
		return 1
	}
	return 0
}

// key returns the key of the group of the topic.
func (t *topic) key() key { return key{t.options.raw, t.watch != nil} }

// options are the options of a topic, which a stream sends after "?options=".
type options struct {
	raw     string // as sent: topics with the same options are judged together
	filter  string
	expand  string
	fields  *wire.Fields // nil: all
	query   url.Values
	headers http.Header

	filtered bool     // a topic of a socket has a filter beside the rule
	teller   Teller   // of a socket; nil: records in the form of REST
	lister   Lister   // of a live query; nil: records in the form of REST
	reviewer Reviewer // the teller or lister, if there is one
}

// parseTopic parses a topic. Every text is valid: a text without a collection is a topic of the
// program, and options that cannot be parsed are ignored.
func parseTopic(text string) *topic {
	t := &topic{text: text, options: &options{}}
	name, raw, hasOptions := strings.Cut(text, "?options=")
	if !hasOptions {
		name, _, _ = strings.Cut(text, "?")
	} else {
		t.options = parseOptions(raw)
	}
	collection, record, ok := strings.Cut(name, "/")
	switch {
	case strings.HasPrefix(name, "@") || collection == "":
	case !ok || record == "*":
		t.collection = collection
	case record != "" && !strings.Contains(record, "/"):
		t.collection, t.record = collection, record
	}
	return t
}

// parseOptions reads {"query":{…},"headers":{…}}, which is escaped as in a URL.
func parseOptions(raw string) *options {
	o := &options{raw: raw, query: url.Values{}, headers: http.Header{}}
	raw, _, _ = strings.Cut(raw, "&")
	text, err := url.QueryUnescape(raw)
	if err != nil {
		return o
	}
	var sent struct {
		Query   map[string]any `json:"query"`
		Headers map[string]any `json:"headers"`
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber() // a number stays the text that was sent
	if decoder.Decode(&sent) != nil {
		return o
	}
	for key, value := range sent.Query {
		o.query.Set(key, plain(value))
	}
	for key, value := range sent.Headers {
		o.headers.Set(key, plain(value))
	}
	o.filter, o.expand = o.query.Get("filter"), o.query.Get("expand")
	o.fields, _ = wire.ParseFields(o.query.Get("fields")) // invalid fields select nothing
	return o
}

// plain returns a JSON value as a text.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool, json.Number:
		return fmt.Sprint(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
