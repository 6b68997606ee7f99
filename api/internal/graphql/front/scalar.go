// Scalars: the values that each accepts.

package front

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/graph-gophers/graphql-go/ast"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/schema"
)

// scalar coerces a value that is not null.
func scalar(name string, v any) (any, error) {
	switch name {
	case "Int":
		if n, ok := integer(v); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			return n, nil
		}
	case "BigInt":
		if n, ok := integer(v); ok {
			return n, nil
		}
	case "Float":
		if n, ok := v.(json.Number); ok {
			if f, err := n.Float64(); err == nil && !math.IsInf(f, 0) {
				return f, nil
			}
		}
	case "String", "DateTime":
		if s, ok := v.(string); ok {
			return s, nil
		}
	case "Boolean":
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case "ID":
		if s, ok := v.(string); ok {
			return s, nil
		}
		if n, ok := v.(json.Number); ok {
			if whole(n) {
				return n.String(), nil
			}
			if f, err := n.Float64(); err == nil && f == math.Trunc(f) { // 1e2 in JSON
				return strconv.FormatFloat(f, 'f', -1, 64), nil
			}
		}
	case "Upload":
		switch v.(type) {
		case string, *blob.Upload:
			return v, nil
		}
	default:
		if !holdsUpload(v) {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%s cannot represent value: %s", name, shown(v))
}

// holdsUpload reports whether a JSON value contains a file, which only the scalar Upload accepts.
func holdsUpload(v any) bool {
	switch v := v.(type) {
	case *blob.Upload:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsUpload)
	case map[string]any:
		for _, item := range v {
			if holdsUpload(item) {
				return true
			}
		}
	}
	return false
}

// whole reports whether the number is written as an integer.
func whole(n json.Number) bool { return !strings.ContainsAny(n.String(), ".eE") }

// integer returns a number without a fraction, in any notation, that a float represents exactly.
func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	if i, err := n.Int64(); err == nil {
		return i, i >= -1<<53 && i <= 1<<53
	}
	f, err := n.Float64()
	return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53
}

// shown returns a value for an error message, cut to a readable length.
func shown(v any) string {
	const most = 80
	if literal, ok := v.(ast.Value); ok {
		return cut(literal.String(), most)
	}
	text, err := schema.Marshal(v)
	if err != nil {
		return "a file" // the only value without JSON
	}
	return cut(string(text), most)
}

// cut shortens a text to a number of characters.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
