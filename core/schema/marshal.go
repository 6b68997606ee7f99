// Marshal: encoding/json without escapes for HTML and JavaScript.

package schema

import (
	"bytes"
	"encoding/json"
)

// Marshal is json.Marshal with the escapes of AppendString: only characters that JSON requires to
// be escaped. Escapes written by the MarshalJSON of a value are kept.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	return literalSeparators(text), nil
}

// literalSeparators replaces the escapes of U+2028 and U+2029, which encoding/json writes for
// JavaScript, by the characters. It works in place.
func literalSeparators(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u202`)) {
		return text
	}
	out := text[:0]
	for i := 0; i < len(text); i++ {
		// Escapes are read as pairs, so that a backslash that is itself escaped does not begin an
		// escape.
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		if rest := text[i:]; bytes.HasPrefix(rest, []byte(`\u2028`)) || bytes.HasPrefix(rest, []byte(`\u2029`)) {
			out = append(out, 0xE2, 0x80, 0xA0+rest[5]-'0')
			i += 5
			continue
		}
		out = append(out, text[i], text[i+1]) // the second byte may be a backslash
		i++
	}
	return out
}
