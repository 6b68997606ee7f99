package wire

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// ListParams returns the parameters of a list (docs/wire/records.md §4.2). The fault is Invalid for
// an invalid parameter.
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

// maxParameters is the maximum number of parameters of a query. For a query with more parameters
// net/url returns no parameters at all.
const maxParameters = 10_000

// Query returns the parsed query of a URL. The fault is Invalid for a text that is not UTF-8, and
// for more than maxParameters parameters. Parameters that cannot be unescaped are left out.
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

// integer returns the parameter as a number, 0 if the parameter is missing or empty.
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

// Boolean returns the parameter as strconv.ParseBool reads it, false if the parameter is missing or
// empty.
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
