// Values of records in the form of their GraphQL types.

package graphql

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"

	"github.com/loambase/loam/api/internal/graphql/model"
	"github.com/loambase/loam/core/schema"
)

// field writes a field of record i of a branch.
func (e *encoder) field(o *output, b *branch, i int, values [][]byte) {
	switch o.field.Kind {
	case model.NodeID:
		e.out = append(appendNodeID(append(e.out, '"'), b.level.record.Collection, textOf(values[0])), '"')
	case model.One:
		e.single(o.fields, b.children[o.child], i)
	case model.Many:
		child := b.children[o.child]
		items := child.read.Lists[i].Items
		e.array(len(items), func(n int) { e.record(o.fields, child, items[n].Record) })
	case model.Back:
		e.connection(o.list, b.children[o.child], i)
	default:
		e.stored(o, b, values[o.slot], values[0])
	}
}

// stored writes a stored value as its GraphQL type demands.
func (e *encoder) stored(o *output, b *branch, value, id []byte) {
	f := o.field
	if e.unset(f, value) {
		return
	}
	switch f.Kind {
	case model.Enum:
		e.option(f.Enum, value)
	case model.Enums:
		options := listOfTexts(value)
		e.array(len(options), func(i int) { e.option(f.Enum, options[i]) })
	case model.Int, model.BigInt:
		e.integer(f, value)
	case model.Point:
		e.point(o, value)
	case model.File:
		e.file(o, b, value, id)
	case model.Files:
		files := listOfTexts(value)
		e.array(len(files), func(i int) { e.file(o, b, files[i], id) })
	default:
		e.out = append(e.out, value...)
	}
}

// isCopied reports whether the JSON of a stored value of the kind is also its JSON in an answer.
func isCopied(k model.Kind) bool {
	switch k {
	case model.ID, model.Text, model.Float, model.Bool, model.Date, model.JSON, model.Texts, model.RefID, model.RefIDs:
		return true
	}
	return false
}

// copied writes a stored value of a kind for which isCopied is true.
func (e *encoder) copied(f *model.Field, value []byte) {
	if !e.unset(f, value) {
		e.out = append(e.out, value...)
	}
}

// unset reports whether there is no value; if so, it writes null or, for a type without null, the
// empty value. There is no value if the caller may not see the field, if a hook has hidden the
// field, or if the stored value is "" and the type has null.
func (e *encoder) unset(f *model.Field, value []byte) bool {
	if value == nil {
		e.empty(f)
		return true
	}
	if f.Required || string(value) != `""` {
		return false
	}
	switch f.Kind {
	case model.Date, model.RefID, model.Enum, model.File, model.Text:
		e.null()
		return true
	}
	return false
}

// empty writes null or, for a type without null, the empty value.
func (e *encoder) empty(f *model.Field) {
	if !f.Required {
		e.null()
		return
	}
	switch f.Kind {
	case model.Float:
		e.out = append(e.out, '0')
	case model.Bool:
		e.out = append(e.out, "false"...)
	case model.Enums, model.Texts, model.Files, model.RefIDs:
		e.out = append(e.out, "[]"...)
	default:
		e.out = append(e.out, `""`...)
	}
}

// option writes the name of a stored option.
func (e *encoder) option(enum *model.Enumeration, value []byte) {
	option := textOf(value)
	if name, ok := enum.NameOf(option); ok {
		e.out = strconv.AppendQuote(e.out, name)
	} else {
		e.unfit("The stored value is no longer an option of the field.")
	}
}

// integer writes a number that must have no fraction and, for an Int, at most 32 bits.
func (e *encoder) integer(f *model.Field, value []byte) {
	n, err := strconv.ParseFloat(string(value), 64)
	switch {
	case err != nil || n != math.Trunc(n):
		e.unfit("The stored value is no integer.")
	case f.Kind == model.Int && (n < math.MinInt32 || n > math.MaxInt32):
		e.unfit("The stored value exceeds 32 bits.")
	default:
		e.out = append(e.out, value...)
	}
}

func (e *encoder) point(o *output, value []byte) {
	var p schema.Point
	if json.Unmarshal(value, &p) != nil {
		e.null()
		return
	}
	e.object(o.fields, func(o *output) {
		if o.name == "lon" {
			e.out = schema.AppendNumber(e.out, p.Lon)
		} else {
			e.out = schema.AppendNumber(e.out, p.Lat)
		}
	})
}

// file writes a File object: the selected properties of a stored file.
func (e *encoder) file(o *output, b *branch, name, id []byte) {
	field := o.field.Path()
	e.object(o.fields, func(o *output) {
		switch o.name {
		case "name":
			e.out = append(e.out, name...)
		case "url":
			e.out = schema.AppendString(e.out, fileURL(b.level.record.Collection.Name, textOf(id), textOf(name), o.args))
		default:
			e.fact(o.name, storedFile{b.level.record.Collection.ID, field, textOf(id), textOf(name)})
		}
	})
}

// fileURL returns the URL of a file, without scheme and host: the server does not know under which
// host name the client reaches it.
func fileURL(collection, id, name string, args map[string]any) string {
	path := "/api/files/" + url.PathEscape(collection) + "/" + url.PathEscape(id) + "/" + url.PathEscape(name)
	query := url.Values{}
	if thumb, _ := args["thumb"].(string); thumb != "" {
		query.Set("thumb", thumb)
	}
	if args["download"] == true {
		query.Set("download", "1")
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// fact writes the size or the media type of a file; null for a file that the store does not have,
// and null with an error for a file that could not be read.
func (e *encoder) fact(which string, file storedFile) {
	fact, known := e.facts.of(file)
	switch {
	case !known:
		e.null()
		e.note(e.facts.failure)
	case fact.mediaType == "":
		e.null()
	case which == "size":
		e.out = strconv.AppendInt(e.out, fact.size, 10)
	default:
		e.out = schema.AppendString(e.out, fact.mediaType)
	}
}
