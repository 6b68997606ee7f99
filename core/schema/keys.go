// Keys of JSON objects: repeated keys, and too many keys, are refused.

package schema

import (
	"bytes"
	"encoding/json"
	"errors"
)

// The errors of CheckKeys.
var (
	ErrRepeatedKey = errors.New("schema: an object has a key twice")
	ErrManyKeys    = errors.New("schema: an object has too many keys")
)

// CheckKeys checks the keys of each object in the JSON value at the beginning of the text. It
// fails with ErrRepeatedKey if an object has the same key twice, in any spelling, and with
// ErrManyKeys if an object has more than most keys; 0 means no limit. For text that is not JSON
// the result is undefined.
func CheckKeys(text []byte, most int) error {
	var s keyScanner
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := stringEnd(text, i)
			if s.atKey {
				s.atKey = false
				if err := s.add(text[i:end], most); err != nil {
					return err
				}
			}
			i = end - 1
		case '{', '[':
			s.atKey = text[i] == '{'
			s.open = append(s.open, openValue{object: s.atKey, first: len(s.keys)})
		case ',':
			s.atKey = len(s.open) > 0 && s.open[len(s.open)-1].object
		case '}', ']':
			s.atKey = false
			if len(s.open) <= 1 {
				return nil
			}
			s.keys = s.keys[:s.open[len(s.open)-1].first]
			s.open = s.open[:len(s.open)-1]
		}
	}
	return nil
}

// stringEnd returns the index after the string that begins at i, or the end of the text.
func stringEnd(text []byte, i int) int {
	end := i + 1
	for {
		next := bytes.IndexByte(text[end:], '"')
		if next < 0 {
			return len(text)
		}
		// A quote after an odd number of backslashes is escaped.
		slashes, quote := 0, end+next
		for quote-1-slashes > i && text[quote-1-slashes] == '\\' {
			slashes++
		}
		end = quote + 1
		if slashes%2 == 0 {
			return end
		}
	}
}

// keyScanner has the keys of the open objects.
type keyScanner struct {
	open  []openValue
	keys  [][]byte // of all open objects, the innermost object's last
	atKey bool     // the next string is a key
}

// openValue is an open object or list.
type openValue struct {
	object bool
	first  int                 // index into keys
	seen   map[string]struct{} // its keys; nil while they are few
}

// add adds a key to the innermost object.
func (s *keyScanner) add(raw []byte, most int) error {
	const few = 32 // up to so many keys it is faster to compare each with each
	// Keys are compared as decoders read them: an escape and its character are the same key.
	key := raw[1:max(1, len(raw)-1)]
	if bytes.IndexByte(raw, '\\') >= 0 {
		var text string
		if err := json.Unmarshal(raw, &text); err == nil {
			key = []byte(text)
		}
	}
	top := &s.open[len(s.open)-1]
	own := s.keys[top.first:]
	if most > 0 && len(own) == most {
		return ErrManyKeys
	}
	if len(own) == few {
		top.seen = make(map[string]struct{}, 2*few)
		for _, other := range own {
			top.seen[string(other)] = struct{}{}
		}
	}
	if repeats(top.seen, own, key) {
		return ErrRepeatedKey
	}
	if top.seen != nil {
		top.seen[string(key)] = struct{}{}
	}
	s.keys = append(s.keys, key)
	return nil
}

// repeats reports whether the object already has the key, by the set of its keys if there is one.
func repeats(seen map[string]struct{}, own [][]byte, key []byte) bool {
	if seen != nil {
		_, found := seen[string(key)]
		return found
	}
	for _, other := range own {
		if bytes.Equal(other, key) {
			return true
		}
	}
	return false
}
