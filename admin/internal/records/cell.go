package records

import (
	"bytes"
	"context"
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/schema"
)

// cell is a value of the table of records, truncated so that a page of large values stays small.
type cell struct {
	kind  string   // type of the field
	text  string   // the value, truncated
	list  []string // values of a select, relation or file field, truncated
	more  int      // number of values left out of list
	on    bool     // value of a bool field
	empty bool
	isID  bool // the field is the id of the record
}

const (
	maxCell  = 80 // characters
	maxChips = 3
)

// cellOf returns the cell of a value, which is JSON.
func cellOf(f *schema.Field, value json.RawMessage) cell {
	c := cell{kind: f.Type(), isID: f.IsID()}
	switch f.Kind.Class() {
	case schema.ClassBool:
		c.on = string(value) == "true"
		return c
	case schema.ClassChoice:
		list := textsOf(value)
		if len(list) > maxChips {
			list, c.more = list[:maxChips], len(list)-maxChips
		}
		for _, text := range list {
			c.list = append(c.list, cut(text))
		}
		c.empty = len(list) == 0
		return c
	case schema.ClassJSON:
		c.text = cutBytes(documentOf(value))
		c.empty = len(value) == 0 || string(value) == "null"
		return c
	case schema.ClassPoint:
		var p schema.Point
		if json.Unmarshal(value, &p) == nil {
			c.text = strconv.FormatFloat(p.Lat, 'f', -1, 64) + ", " + strconv.FormatFloat(p.Lon, 'f', -1, 64)
		}
		c.empty = p == schema.Point{}
		return c
	case schema.ClassNumber:
		c.text = string(value)
		return c
	}
	text := textOf(value)
	if c.kind == "editor" {
		text = plain(text)
	}
	c.text = cut(text)
	c.empty = text == ""
	return c
}

// documentOf returns the text of a JSON document, or the beginning of a long document. The database
// cuts a document of longestRead or more characters to a JSON string of its first longestRead
// characters. A shorter document is whole, and too short to be mistaken for such a string.
func documentOf(value json.RawMessage) []byte {
	if text := textOf(value); utf8.RuneCountInString(text) >= longestRead {
		return []byte(text)
	}
	return value
}

// textOf decodes a JSON string; it returns "" for other JSON.
func textOf(value json.RawMessage) (text string) {
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// textsOf decodes a JSON array of strings, or a string other than "", as a list of one.
func textsOf(value json.RawMessage) (list []string) {
	if json.Unmarshal(value, &list) == nil {
		return list
	}
	if text := textOf(value); text != "" {
		return []string{text}
	}
	return nil
}

// cut returns the first maxCell characters of the text, in one line.
func cut(text string) string {
	if len(text) > 4*maxCell {
		text = text[:4*maxCell]
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if utf8.RuneCountInString(text) <= maxCell {
		return text
	}
	return string([]rune(text)[:maxCell]) + "…"
}

func cutBytes(text []byte) string {
	if len(text) > 4*maxCell {
		text = text[:4*maxCell]
	}
	return cut(string(bytes.ToValidUTF8(text, nil)))
}

// plain removes the tags of HTML, roughly, for a cell.
func plain(html string) string {
	if len(html) > longestRead {
		html = html[:longestRead]
	}
	var b strings.Builder
	inside := false
	for _, r := range html {
		switch {
		case r == '<':
			inside = true
		case r == '>' && inside:
			inside = false
			b.WriteByte(' ')
		case !inside:
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&nbsp;", " ").Replace(b.String())
}

// hue returns the CSS class of an option's colour: the same class for the same value.
func hue(value string) string {
	h := fnv.New32a()
	h.Write([]byte(value)) //nolint:errcheck // it never fails
	return "c" + strconv.Itoa(int(h.Sum32()%8)+1)
}

// contextOf returns the context of the call with a timeout of two seconds, for counts.
func contextOf(c *console.Call) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.R.Context(), 2*time.Second)
}
