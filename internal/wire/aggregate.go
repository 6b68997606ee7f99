package wire

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// AggregateParams returns the parameters of an aggregate (docs/wire/records.md §4.9). The fault is
// Invalid for an unknown parameter, which may be the name of an unknown function.
func AggregateParams(q url.Values) (p record.AggregateParams, err error) {
	for name := range q {
		switch name {
		case "count":
			if p.Count = q.Get(name) == "*"; !p.Count {
				return p, &fault.Error{Kind: fault.Invalid, Reason: "count is * or left out"}
			}
		case "groupBy":
			p.GroupBy = list(q, name)
		case "filter", "having", "sort", "limit", "fields":
		default:
			paths := p.Paths(record.Func(name))
			if paths == nil {
				return p, &fault.Error{Kind: fault.Invalid, Reason: "unknown parameter " + strconv.Quote(name)}
			}
			*paths = list(q, name)
		}
	}
	p.Filter, p.Having, p.Sort = q.Get("filter"), q.Get("having"), q.Get("sort")
	p.Limit, err = integer(q, "limit")
	return p, err
}

// list returns the parts of a parameter between its commas, without spaces around them.
func list(q url.Values, name string) (parts []string) {
	if q.Get(name) == "" {
		return nil
	}
	for part := range strings.SplitSeq(q.Get(name), ",") {
		parts = append(parts, strings.TrimSpace(part))
	}
	return parts
}
