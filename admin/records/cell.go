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

	"github.com/loambase/loam/admin/console"
	"github.com/loambase/loam/core/schema"
)

// cell is a value as a table shows it: cut, so that a table of large values is small.
type cell struct {
	kind  string   // of the field
	text  string   // cut
	list  []string // of a choice, cut
	more  int      // how many are left out of list
	on    bool     // of a bool
	empty bool
	isID  bool // of the record
}

const (
	maxCell  = 80 // characters
	maxChips = 3
)

// cellOf makes the cell of a value in JSON.
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
		c.text = cutBytes(value)
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

// textOf is a JSON string, "" for anything else.
func textOf(value json.RawMessage) (text string) {
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// textsOf are the strings of a list, or the one that there is.
func textsOf(value json.RawMessage) (list []string) {
	if json.Unmarshal(value, &list) == nil {
		return list
	}
	if text := textOf(value); text != "" {
		return []string{text}
	}
	return nil
}

// cut is the beginning of the text, in one line.
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

// plain is the text of HTML, roughly: for a cell of a table.
func plain(html string) string {
	if len(html) > 16*maxCell {
		html = html[:16*maxCell]
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

// hue is the colour of an option: the same for the same value, everywhere.
func hue(value string) string {
	h := fnv.New32a()
	h.Write([]byte(value)) //nolint:errcheck // it never fails
	return "c" + strconv.Itoa(int(h.Sum32()%8)+1)
}

// grouped writes a number with thin groups of three digits.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// contextOf is that of the call, for a count that is not waited for long.
func contextOf(c *console.Call) (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.R.Context(), 2*time.Second)
}
