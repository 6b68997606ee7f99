// Lists of pairs as one JSON parameter.

package store

import (
	"encoding/json"
	"strconv"
)

// Pairs returns a JSON array of the pairs [ids[i], values[i]], as one parameter for a Catalog.
// Values are finite.
func Pairs(ids []string, values []Value) string {
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = appendJSONText(b, id)
		b = append(b, ',')
		switch v := values[i]; v.Kind() {
		case KindText:
			b = appendJSONText(b, v.AsText())
		case KindInt:
			b = strconv.AppendInt(b, v.AsInt(), 10)
		case KindFloat:
			b = strconv.AppendFloat(b, v.AsFloat(), 'g', -1, 64)
		case KindBool:
			b = strconv.AppendBool(b, v.AsBool())
		default:
			b = append(b, "null"...)
		}
		b = append(b, ']')
	}
	return string(append(b, ']'))
}

func appendJSONText(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		panic(err)
	}
	return append(dst, text...)
}
