// Reading the JSON of a record without decoding what is only copied.

package graphql

import (
	"bytes"
	"encoding/json"
)

// member is a key of an object with its slot, -1 if it has none.
type member struct {
	key  string
	slot int
}

// members puts the values of those keys of a JSON object that have a slot into their slots.
// The object is valid and compact, as the record service writes it. known are the members of
// an object before, in their order, which is most often the same; it returns them with those
// that are new at the end.
func members(values [][]byte, object []byte, slots map[string]int, known []member) []member {
	n := 0
	for at := 1; at < len(object) && object[at] == '"'; n++ {
		end := skip(object, at)
		key, value := object[at+1:end-1], end+1 // behind the colon
		end = skip(object, value)
		at = end + 1 // behind the comma
		if n < len(known) && known[n].key == string(key) {
			if slot := known[n].slot; slot >= 0 {
				values[slot] = object[value:end:end]
			}
			continue
		}
		slot, ok := slots[string(key)]
		if ok {
			values[slot] = object[value:end:end]
		} else {
			slot = -1
		}
		if n == len(known) {
			known = append(known, member{string(key), slot})
		}
	}
	return known
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
	for at++; at < len(text); {
		quote := bytes.IndexByte(text[at:], '"')
		if quote < 0 {
			return len(text)
		}
		escape := bytes.IndexByte(text[at:at+quote], '\\')
		if escape < 0 {
			return at + quote + 1
		}
		at += escape + 2
	}
	return len(text)
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
