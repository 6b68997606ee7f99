package record

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// bindParams replaces the placeholders {:name} of a filter, outside of its texts, by
// literals of the parameters. The fault is Invalid for a placeholder without a
// parameter, and for a parameter of another type than Query names.
func bindParams(filter string, params map[string]any) (string, error) {
	var out strings.Builder
	for i := 0; i < len(filter); {
		switch c := filter[i]; {
		case c == '\'' || c == '"':
			end := textEnd(filter, i)
			out.WriteString(filter[i:end])
			i = end
		case strings.HasPrefix(filter[i:], "{:"):
			name, _, ok := strings.Cut(filter[i+2:], "}")
			if !ok {
				return "", badParam("a placeholder without end")
			}
			value, known := params[name]
			if !known {
				return "", badParam("no parameter " + strconv.Quote(name))
			}
			text, ok := literal(value)
			if !ok {
				return "", badParam("the parameter " + strconv.Quote(name) + " is of a type that a filter does not have")
			}
			out.WriteString(text)
			i += len("{:}") + len(name)
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.String(), nil
}

// textEnd is the end of the quoted text that begins at start.
func textEnd(filter string, start int) int {
	for i := start + 1; i < len(filter); i++ {
		switch filter[i] {
		case '\\':
			i++
		case filter[start]:
			return i + 1
		}
	}
	return len(filter)
}

// literal returns the value as the filter language writes it.
func literal(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "null", true
	case bool:
		return strconv.FormatBool(v), true
	case string:
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v) + "'", true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", false
		}
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case time.Time:
		return "'" + schema.FormatTime(v) + "'", true
	}
	return "", false
}

func badParam(reason string) error { return &fault.Error{Kind: fault.Invalid, Reason: reason} }
