// Encoding of stored values as JSON. A stored form that is the wire form already is copied.

package record

import (
	"strconv"
	"unicode/utf8"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// A record is encoded in two ways that give the same bytes: from a row (appendRow), for lists and
// views, and from a Record (appendRecord), for the answers to writes.

// encoding is the conversion of the stored form of a field to JSON.
type encoding uint8

const (
	encodeNothing encoding = iota // constant text only
	encodeExpand                  // the place of the key "expand"
	encodeSecret                  // always ""
	encodeText
	encodeDate
	encodeNumber
	encodeBool
	encodeJSON
	encodeChoice  // a single value of a select, file or relation field
	encodeChoices // a list of such values
	encodePoint
)

// encodings maps each class of fields to its encoding.
var encodings = map[schema.Class]encoding{
	schema.ClassText:     encodeText,
	schema.ClassDate:     encodeDate,
	schema.ClassNumber:   encodeNumber,
	schema.ClassBool:     encodeBool,
	schema.ClassJSON:     encodeJSON,
	schema.ClassChoice:   encodeChoice,
	schema.ClassPassword: encodeSecret,
	schema.ClassPoint:    encodePoint,
}

func encodingOf(f *schema.Field) encoding {
	if f.Multiple() {
		return encodeChoices
	}
	return encodings[f.Kind.Class()]
}

// appendRow appends the record in the row, whose columns are p.columns. expandAt is the position of
// an "expand" in out.
func (p *projection) appendRow(dst []byte, rows store.Rows, email bool) (out []byte, expandAt int) {
	for i := range p.segments {
		seg := &p.segments[i]
		if seg.email && !email {
			continue
		}
		dst = append(dst, seg.text...)
		switch seg.encoding {
		case encodeNothing:
		case encodeExpand:
			expandAt = len(dst)
		default:
			dst = p.appendColumn(dst, seg, rows)
		}
	}
	return dst, expandAt
}

// appendRecord appends a record of the projection's collection, as appendRow does.
func (p *projection) appendRecord(dst []byte, r *Record, email bool) (out []byte, expandAt int) {
	for i := range p.segments {
		seg := &p.segments[i]
		if seg.email && !email {
			continue
		}
		dst = append(dst, seg.text...)
		switch seg.encoding {
		case encodeNothing:
		case encodeExpand:
			expandAt = len(dst)
		default:
			dst = schema.AppendValue(dst, seg.field, r.values[seg.index])
		}
	}
	return dst, expandAt
}

// appendColumn appends the value of a field. A JSON document of which p.cut characters were
// read may be incomplete, so it is appended as a JSON string.
func (p *projection) appendColumn(dst []byte, seg *segment, rows store.Rows) []byte {
	if p.cut > 0 && seg.encoding == encodeJSON && rows.Kind(seg.col) == store.KindText {
		if b := rows.Bytes(seg.col); utf8.RuneCount(b) >= p.cut {
			return schema.AppendString(dst, b)
		}
	}
	return seg.appendColumn(dst, rows)
}

// appendColumn appends the value of a field. A stored value in the usual form of its kind is
// copied; any other value is loaded and encoded.
func (seg *segment) appendColumn(dst []byte, rows store.Rows) []byte {
	switch seg.encoding {
	case encodeText:
		return schema.AppendString(dst, rows.Bytes(seg.col))
	// The bytes are checked, not trusted: other programs may have written the table.
	case encodeJSON:
		if rows.Kind(seg.col) == store.KindFloat { // a lone number, which SQLite stores as a number
			return schema.AppendNumber(dst, rows.Float(seg.col))
		}
		b := rows.Bytes(seg.col)
		if plainJSON(b) {
			return append(dst, b...)
		}
		return schema.AppendJSON(dst, b)
	case encodeNumber:
		switch rows.Kind(seg.col) {
		case store.KindInt:
			return schema.AppendNumber(dst, float64(rows.Int(seg.col)))
		case store.KindFloat:
			return schema.AppendNumber(dst, rows.Float(seg.col))
		}
	case encodeBool:
		switch rows.Kind(seg.col) {
		case store.KindInt, store.KindBool:
			return strconv.AppendBool(dst, rows.Bool(seg.col))
		}
	case encodeDate:
		if b := rows.Bytes(seg.col); plainTime(b) {
			return appendQuoted(dst, b)
		}
	case encodeChoice:
		if b := rows.Bytes(seg.col); plainChoice(b) {
			return appendQuoted(dst, b)
		}
	case encodeChoices:
		if b := rows.Bytes(seg.col); plainList(b) {
			return append(dst, b...)
		}
	case encodePoint:
		if b := rows.Bytes(seg.col); plainPoint(b) {
			return append(dst, b...)
		}
	}
	return schema.AppendValue(dst, seg.field, seg.field.Load(rows, seg.col))
}

func appendQuoted(dst, plain []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, plain...)
	return append(dst, '"')
}
