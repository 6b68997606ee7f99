// Marshal: encoding/json without escapes for HTML and JavaScript.

package schema

import (
	"bytes"
	"encoding/json"
)

// Marshal is json.Marshal in the form of AppendString: of texts only what JSON demands
// is escaped. What the MarshalJSON of a value has escaped stays so.
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

// literalSeparators replaces the escapes of U+2028 and U+2029, which encoding/json
// writes for the sake of JavaScript, by the characters. It works in place.
func literalSeparators(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u202`)) {
		return text
	}
	out := text[:0]
	for i := 0; i < len(text); i++ {
		// Escapes are looked at as pairs, so that a backslash that is itself escaped does not
		// begin one.
		if text[i] != '\\' || i+1 == len(text) {
			out = append(out, text[i])
			continue
		}
		if rest := text[i:]; bytes.HasPrefix(rest, []byte(`\u2028`)) || bytes.HasPrefix(rest, []byte(`\u2029`)) {
			out = append(out, 0xE2, 0x80, 0xA0+rest[5]-'0')
			i += 5
			continue
		}
		out = append(out, text[i], text[i+1]) // the second one may be a backslash
		i++
	}
	return out
}
