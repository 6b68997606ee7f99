package query

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/loambase/loam/core/schema"
)

// lookup follows a path into a decoded body.
func lookup(body map[string]any, parts []string) (v any, ok bool) {
	v = body
	for _, part := range parts {
		if v, ok = member(v, part); !ok {
			return nil, false
		}
	}
	return v, true
}

func member(v any, name string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		m, ok := v[name]
		return m, ok
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	case []string:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	case schema.Point:
		switch name {
		case "lon":
			return v.Lon, true
		case "lat":
			return v.Lat, true
		}
	case json.RawMessage:
		var decoded any
		if json.Unmarshal(v, &decoded) == nil {
			return member(decoded, name)
		}
	}
	return nil, false
}

// bodyValue is a value of a body as an operand: what has members is JSON text.
func bodyValue(v any) value {
	switch v := v.(type) {
	case nil:
		return null
	case string:
		return text(v)
	case bool:
		return truth(v)
	case float64:
		return number(v)
	case json.Number:
		f, _ := v.Float64() // what is out of range is infinite
		return number(f)
	case json.RawMessage:
		return rawValue(v)
	case []string:
		return text(string(schema.AppendStrings(nil, v)))
	case schema.Point:
		return text(string(schema.AppendPoint(nil, v)))
	}
	raw, _ := (&schema.JSON{}).Cast(v).(json.RawMessage)
	return rawValue(raw)
}

func rawValue(raw json.RawMessage) value {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return null
	}
	if raw[0] == '{' || raw[0] == '[' {
		var b bytes.Buffer
		if json.Compact(&b, raw) != nil {
			return text(string(raw))
		}
		return text(b.String())
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return text(string(raw))
	}
	return bodyValue(v) // a scalar
}
