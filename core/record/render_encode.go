package record

import (
	"strconv"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// A record becomes JSON in two ways that give the same bytes: from a row, which
// is the way of lists and views (appendRow), and from a Record, which is the way
// of writes (appendRecord).

// form is how the stored form of a field is written.
type form uint8

const (
	formNone   form = iota // text only
	formExpand             // the place of the key "expand"
	formSecret             // always ""
	formText
	formDate
	formNumber
	formBool
	formJSON
	formOne  // one choice
	formMany // a list of choices
	formPoint
)

func formOf(f *schema.Field) form {
	switch f.Kind.(type) {
	case *schema.Password:
		return formSecret
	case *schema.Date, *schema.Autodate:
		return formDate
	case *schema.Number:
		return formNumber
	case *schema.Bool:
		return formBool
	case *schema.JSON:
		return formJSON
	case *schema.Select, *schema.File, *schema.Relation:
		if f.Multiple() {
			return formMany
		}
		return formOne
	case *schema.GeoPoint:
		return formPoint
	}
	return formText
}

// appendRow appends the record in the row, whose columns are those of the shape.
// cut is where in the result an "expand" belongs.
func (sh *shape) appendRow(dst []byte, rows store.Rows, email bool) (out []byte, cut int) {
	for i := range sh.parts {
		p := &sh.parts[i]
		if p.email && !email {
			continue
		}
		dst = append(dst, p.text...)
		switch p.form {
		case formNone:
		case formExpand:
			cut = len(dst)
		default:
			dst = p.appendColumn(dst, rows)
		}
	}
	return dst, cut
}

// appendRecord is appendRow of a record of the shape's collection.
func (sh *shape) appendRecord(dst []byte, r *Record, email bool) (out []byte, cut int) {
	for i := range sh.parts {
		p := &sh.parts[i]
		if p.email && !email {
			continue
		}
		dst = append(dst, p.text...)
		switch p.form {
		case formNone:
		case formExpand:
			cut = len(dst)
		default:
			dst = schema.AppendValue(dst, p.field, r.values[p.index])
		}
	}
	return dst, cut
}

// appendColumn appends the value of a field as it is stored. What is not stored
// in the usual form of its kind goes the long way, through its value.
func (p *part) appendColumn(dst []byte, rows store.Rows) []byte {
	switch p.form {
	case formText:
		return schema.AppendString(dst, rows.Bytes(p.col))
	case formJSON:
		if rows.Kind(p.col) == store.KindFloat { // a lone number, which SQLite keeps as one
			return schema.AppendNumber(dst, rows.Float(p.col))
		}
		b := rows.Bytes(p.col)
		if plainJSON(b) {
			return append(dst, b...)
		}
		return schema.AppendJSON(dst, b)
	case formNumber:
		switch rows.Kind(p.col) {
		case store.KindInt:
			return schema.AppendNumber(dst, float64(rows.Int(p.col)))
		case store.KindFloat:
			return schema.AppendNumber(dst, rows.Float(p.col))
		}
	case formBool:
		switch rows.Kind(p.col) {
		case store.KindInt, store.KindBool:
			return strconv.AppendBool(dst, rows.Bool(p.col))
		}
	case formDate:
		if b := rows.Bytes(p.col); plainTime(b) {
			return appendQuoted(dst, b)
		}
	case formOne:
		if b := rows.Bytes(p.col); plainChoice(b) {
			return appendQuoted(dst, b)
		}
	case formMany:
		if b := rows.Bytes(p.col); plainList(b) {
			return append(dst, b...)
		}
	case formPoint:
		if b := rows.Bytes(p.col); plainPoint(b) {
			return append(dst, b...)
		}
	}
	return schema.AppendValue(dst, p.field, p.field.Load(rows, p.col))
}

func appendQuoted(dst, plain []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, plain...)
	return append(dst, '"')
}
