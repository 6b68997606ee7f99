// Reading the JSON of a record without decoding what is only copied.

package graphql

import (
	"bytes"
	"encoding/json"
)

// members returns the values of those keys of a JSON object that have a slot. The object is
// valid and compact, as the record service writes it.
func members(object []byte, slots map[string]int) [][]byte {
	values := make([][]byte, len(slots))
	for at := 1; at < len(object) && object[at] == '"'; {
		end := skip(object, at)
		key, value := object[at+1:end-1], end+1 // behind the colon
		end = skip(object, value)
		if slot, ok := slots[string(key)]; ok {
			values[slot] = object[value:end:end]
		}
		at = end + 1 // behind the comma
	}
	return values
}

// skip returns the end of the JSON value that begins at a position.
func skip(text []byte, at int) int {
	depth := 0
	for at < len(text) {
		switch text[at] {
		case '"':
			at = skipText(text, at)
			if depth == 0 {
				return at
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at // of the object around a number or a word
			}
			if depth--; depth == 0 {
				return at + 1
			}
		case ',':
			if depth == 0 {
				return at
			}
		}
		at++
	}
	return at
}

// skipText returns the end of a text in quotes.
func skipText(text []byte, at int) int {
	for at++; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return at
}

// textOf is the contents of a JSON text.
func textOf(value []byte) string {
	if len(value) >= 2 && bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var text string
	_ = json.Unmarshal(value, &text) // it is one
	return text
}

// listOfTexts cuts a list of JSON texts into its items.
func listOfTexts(list []byte) (items [][]byte) {
	for at := 1; at < len(list) && list[at] == '"'; {
		end := skipText(list, at)
		items = append(items, list[at:end])
		at = end + 1
	}
	return items
}
