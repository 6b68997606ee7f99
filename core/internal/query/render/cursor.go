// Cursors (keyset pagination): encoding the sort keys of a row, decoding and checking a
// client's cursor, and the condition that rows come after it.

package render

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/query/lang"
	"github.com/loambase/loam/core/internal/store"
)

// Cursor describes how to make the cursor of a row from its sort keys. The zero Cursor makes
// none.
type Cursor struct {
	seal *Seal
	tag  uint32 // of the collection and sort of the cursor
	from int    // column of the first key
	keys int    // 0: the sort has no cursor
}

// Of returns the cursor of the current row: the tag of the sort, then each key with its
// kind, sealed, in base64.
func (c Cursor) Of(rows store.Rows) string {
	if c.keys == 0 {
		return ""
	}
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, 64), c.tag)
	for col := c.from; col < c.from+c.keys; col++ {
		kind := rows.Kind(col)
		b = append(b, byte(kind))
		switch kind {
		case store.KindInt, store.KindBool:
			b = binary.AppendVarint(b, rows.Int(col))
		case store.KindFloat:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(rows.Float(col)))
		case store.KindText:
			text := rows.Bytes(col)
			b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
		}
	}
	return base64.RawURLEncoding.EncodeToString(c.seal.Close(b))
}

// cursorOf returns the Cursor of the statement's rows. It is the zero Cursor if a key has no
// stored value (@random).
func (w *writer) cursorOf(s *ir.Statement, keys []orderKey) Cursor {
	for _, k := range keys {
		if k.noCursor {
			return Cursor{}
		}
	}
	return Cursor{seal: w.seal, tag: s.Tag, from: outputWidth(s), keys: len(keys)}
}

// decode decodes a cursor and checks it against the keys: the tag, the number of keys, and
// the kind of each. Another version may have sealed it, so the content is not trusted.
func (s *Seal) decode(text string, tag uint32, keys []orderKey) ([]store.Value, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	b, ok := s.Open(sealed)
	if !ok || len(b) < 4 || binary.LittleEndian.Uint32(b) != tag {
		return nil, false
	}
	b = b[4:]
	values := make([]store.Value, len(keys))
	for i, k := range keys {
		var ok bool
		if values[i], b, ok = decodeKey(b); !ok || !k.takes(values[i]) {
			return nil, false
		}
	}
	return values, len(b) == 0
}

// takes reports whether the value can be a value of the key's column.
func (k *orderKey) takes(v store.Value) bool {
	switch v.Kind() {
	case store.KindNull:
		return k.nullable
	case store.KindText:
		return !k.kind.IsNumber() && lang.Storable(v.AsText()) == nil
	}
	return k.kind.IsNumber() || k.kind == ir.KindAny
}

// decodeKey decodes one key from the front of b. It checks every length against the remaining
// bytes.
func decodeKey(b []byte) (v store.Value, rest []byte, ok bool) {
	if len(b) == 0 {
		return v, nil, false
	}
	kind := store.ValueKind(b[0])
	b = b[1:]
	switch kind {
	case store.KindNull:
		return store.Null, b, true
	case store.KindInt, store.KindBool:
		n, size := binary.Varint(b)
		if size <= 0 {
			return v, nil, false
		}
		if kind == store.KindBool {
			return store.Bool(n != 0), b[size:], true
		}
		return store.Int(n), b[size:], true
	case store.KindFloat:
		if len(b) < 8 {
			return v, nil, false
		}
		return store.Float(math.Float64frombits(binary.LittleEndian.Uint64(b))), b[8:], true
	case store.KindText:
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return v, nil, false
		}
		end := size + int(n)
		return store.Text(string(b[size:end])), b[end:], true
	}
	return v, nil, false
}

// outputWidth returns the number of columns before the sort keys.
func outputWidth(s *ir.Statement) int {
	return max(1, len(s.Columns)+len(s.Outputs)+len(s.Flags))
}

// cursors renders the conditions that a row comes after one cursor and before another.
func (w *writer) cursors(s *ir.Statement, keys []orderKey) ([]string, error) {
	var conds []string
	if s.After != "" {
		c, err := w.after(s, s.After, keys)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	if s.Before != "" {
		c, err := w.after(s, s.Before, reversed(keys, w.dialect))
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	return conds, nil
}

// reversed returns the keys of the opposite order.
func reversed(keys []orderKey, d store.Dialect) []orderKey {
	out := slices.Clone(keys)
	for i := range out {
		k := &out[i]
		k.descending = !k.descending
		if k.nullable {
			k.nulls = d.Nulls(k.descending)
		}
	}
	return out
}

// after renders the condition that a row comes after the row of the cursor, in the order of
// keys. A cursor that is damaged or of another sort is an *lang.Error.
func (w *writer) after(s *ir.Statement, text string, keys []orderKey) (string, error) {
	if w.cursorOf(s, keys).keys == 0 {
		return "", &lang.Error{Message: "a sort by @random has no cursors"}
	}
	values, ok := w.seal.decode(text, s.Tag, keys)
	if !ok {
		return "", &lang.Error{Message: "invalid cursor"}
	}
	params := make([]string, len(keys))
	uniform := true
	for i, k := range keys {
		switch {
		case values[i] == store.Null:
		case k.kind == ir.KindAny:
			if params[i], ok = w.dialect.Kept(values[i], w.bind); !ok {
				return "", &lang.Error{Message: "invalid cursor"}
			}
		default:
			params[i] = w.bind(values[i])
		}
		uniform = uniform && !k.nullable && k.descending == keys[0].descending
	}
	// Keys of one direction without NULL are compared as a row value, which an index can serve.
	// All others are compared key by key.
	if !uniform {
		return "(" + afterKey(keys, params) + ")", nil
	}
	var left, right []string
	for i, k := range keys {
		if k.prefix > 0 {
			left, right = append(left, prefixOf(k.sql, k.prefix)), append(right, prefixOf(params[i], k.prefix))
		}
		left, right = append(left, k.sql), append(right, params[i])
	}
	return "(" + strings.Join(left, ", ") + ")" + keys[0].beyond() + "(" + strings.Join(right, ", ") + ")", nil
}

// beyond returns the operator for later values.
func (k *orderKey) beyond() string {
	if k.descending {
		return " < "
	}
	return " > "
}

// afterKey renders the comparison key by key. A parameter "" means NULL, which is the least
// value.
func afterKey(keys []orderKey, params []string) string {
	k, v := keys[0], params[0]
	beyond, equal := k.sql+k.beyond()+v, k.sql+" = "+v
	switch {
	case v == "" && k.descending:
		beyond, equal = "FALSE", k.sql+" IS NULL"
	case v == "":
		beyond, equal = k.sql+" IS NOT NULL", k.sql+" IS NULL"
	case k.nullable && k.descending:
		beyond += " OR " + k.sql + " IS NULL"
	}
	if len(keys) == 1 {
		return beyond
	}
	return beyond + " OR " + equal + " AND (" + afterKey(keys[1:], params[1:]) + ")"
}
