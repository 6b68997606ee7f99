// Cutting the JSON of a record into values without decoding them.

package graphql

import (
	"bytes"
	"encoding/json"
)

// member is a key of an object, with its quotes and colon, and the slot of its value: -1 if the
// value is not selected.
type member struct {
	key  string
	slot int
}

// members cuts a JSON object into its values and stores those whose keys have a slot in values. The
// object must be valid and compact, as the record service writes it. known are the members of an
// earlier object in their order, which saves the look-up of keys in the same order. members returns
// known, with members appended for an object that has more keys.
func members(values [][]byte, object []byte, slots map[string]int, known []member) []member {
	n := 0
	for at := 1; at < len(object) && object[at] == '"'; n++ {
		var m member
		if n < len(known) && bytes.HasPrefix(object[at:], []byte(known[n].key)) {
			m = known[n]
		} else {
			m = newMember(object[at:skipText(object, at)+1], slots)
			if n == len(known) {
				known = append(known, m)
			}
		}
		value := at + len(m.key)
		end := skip(object, value)
		if m.slot >= 0 {
			values[m.slot] = object[value:end:end]
		}
		at = end + 1 // after the comma
	}
	return known
}

func newMember(key []byte, slots map[string]int) member {
	slot, ok := slots[string(key[1:len(key)-2])]
	if !ok {
		slot = -1
	}
	return member{string(key), slot}
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
				return at // of the object around a number, true, false or null
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

// textOf returns the contents of a JSON string.
func textOf(value []byte) string {
	if len(value) >= 2 && bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var text string
	_ = json.Unmarshal(value, &text) // the value is a JSON string
	return text
}

// listOfTexts cuts a list of JSON strings into its items.
func listOfTexts(list []byte) (items [][]byte) {
	for at := 1; at < len(list) && list[at] == '"'; {
		end := skipText(list, at)
		items = append(items, list[at:end])
		at = end + 1
	}
	return items
}
