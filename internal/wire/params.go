package wire

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// ListParams are the parameters of a list (docs/wire/records.md §4.2). One that is
// not what it should be is an Invalid fault.
func ListParams(q url.Values) (p record.ListParams, err error) {
	if p.Page, err = integer(q, "page"); err != nil {
		return p, err
	}
	if p.PerPage, err = integer(q, "perPage"); err != nil {
		return p, err
	}
	if p.SkipTotal, err = Boolean(q, "skipTotal"); err != nil {
		return p, err
	}
	p.Filter, p.Sort, p.Expand, p.Cursor = q.Get("filter"), q.Get("sort"), q.Get("expand"), q.Get("cursor")
	p.Walk = q.Has("cursor")
	return p, nil
}

// maxParameters is how many parameters a query may have: net/url reads no more, and
// returns none of them then.
const maxParameters = 10_000

// Query is the parsed query of a URL; a text in it that is not UTF-8 is an
// Invalid fault, and so are too many parameters. What cannot be unescaped is left out.
func Query(raw string) (url.Values, error) {
	if raw == "" {
		return nil, nil
	}
	if strings.Count(raw, "&") >= maxParameters {
		return nil, &fault.Error{Kind: fault.Invalid, Reason: "more than 10,000 parameters"}
	}
	q, _ := url.ParseQuery(raw)
	for name, values := range q {
		if !utf8.ValidString(name) {
			return nil, fault.Wrap(fault.Invalid, "", errNotUTF8)
		}
		for _, v := range values {
			if !utf8.ValidString(v) {
				return nil, fault.Wrap(fault.Invalid, "", errNotUTF8)
			}
		}
	}
	return q, nil
}

// integer is the parameter as a number, 0 if it is missing or empty.
func integer(q url.Values, name string) (int, error) {
	text := q.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, &fault.Error{Kind: fault.Invalid, Reason: name + " is not an integer", Err: err}
	}
	return n, nil
}

// Boolean is the parameter as Go reads booleans, false if it is missing or empty.
func Boolean(q url.Values, name string) (bool, error) {
	text := q.Get(name)
	if text == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		return false, &fault.Error{Kind: fault.Invalid, Reason: name + " is not a boolean", Err: err}
	}
	return b, nil
}
