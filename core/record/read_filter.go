// The filter of a read: placeholders ({:name}) are bound, and words that only superusers may use
// are refused.

package record

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query/lang"
)

// bindFilter returns the filter for a Select, as a text or as an expression whose placeholders are
// bound. Words that only superusers may use are a Forbidden fault for other callers.
func (rq *readRequest) bindFilter(filter string, params map[string]any, sort string) (text string, e lang.Expr, err error) {
	if !rq.superuser {
		if err := forbidSuperuserWords(filter, sort); err != nil {
			return "", nil, err
		}
	}
	if params == nil || filter == "" {
		return filter, nil, nil
	}
	if e, err = lang.Bind(filter, params); err != nil {
		return "", nil, readFault(err, fault.Invalid)
	}
	return "", e, nil
}
