package records

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/schema"
)

func action(p *panel) string {
	if p.isNew {
		return console.CollectionPath(p.in) + "/new"
	}
	return recordPath(p.in, p.r.ID())
}

// formKind returns "new" for a form that sends all its values, "change" for a form that sends the
// changed values only.
func formKind(p *panel) string {
	if p.isNew {
		return "new"
	}
	return "change"
}

func saveLabel(p *panel) string {
	if p.isNew {
		return "Create"
	}
	return "Save"
}

// curl returns a command that prints the record.
func curl(p *panel) string {
	address := strings.TrimSuffix(p.appURL, "/") + "/api/collections/" + p.in.Name + "/records/" + url.PathEscape(p.r.ID())
	return "curl '" + address + `' -H "Authorization: $TOKEN"`
}

func isWide(f *schema.Field) bool {
	return slices.Contains([]string{"editor", "json", "file", "relation", "geoPoint", "date", "password"}, f.Type()) || f.Type() == "select" && f.Multiple()
}

// hasOneInput reports whether a label can name the input of the field.
func hasOneInput(f *schema.Field) bool {
	return !slices.Contains([]string{"relation", "geoPoint", "file", "editor"}, f.Type()) && !(f.Type() == "select" && f.Multiple())
}

// element returns the name of the custom element that replaces the input of the field; "" if there
// is none, or if the input of the field is not a single text.
func (p *panel) element(f *schema.Field) string {
	if !slices.Contains([]string{"text", "number", "email", "url", "date", "json"}, f.Type()) {
		return ""
	}
	return p.inputs[f.Name]
}

// hint describes the values that the field accepts.
func hint(f *schema.Field) string {
	words := f.Type()
	switch kind := f.Kind.(type) {
	case *schema.Editor:
		words = "HTML"
	case *schema.GeoPoint:
		words = "geo point"
	case *schema.Bool:
		if f.Required {
			words += " · must be on"
		}
	case *schema.Text:
		words += textLimits(kind)
	case *schema.Number:
		if kind.OnlyInt {
			words = "whole number"
		}
		words += between(kind.Min, kind.Max)
	case *schema.Date:
		words += sinceUntil(kind.Min, kind.Max)
	case *schema.Email:
		words += domains(kind.OnlyDomains, kind.ExceptDomains)
	case *schema.URL:
		words += domains(kind.OnlyDomains, kind.ExceptDomains)
	case *schema.Select:
		words += upTo(kind.MaxSelect)
	case *schema.Relation:
		words += upTo(kind.MaxSelect)
	case *schema.File:
		words += upTo(kind.MaxSelect) + " · at most " + ui.Bytes(kind.Limit())
		if kind.Protected {
			words += ", protected"
		}
	}
	if f.Hidden {
		words += " · hidden"
	}
	return words
}

func textLimits(kind *schema.Text) string {
	length := func(n int) string {
		if n <= 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	words := further(ui.Limits(length(kind.Min), length(kind.Max), ""))
	if kind.Pattern != "" && !kind.PrimaryKey {
		words += " · " + cut(kind.Pattern)
	}
	return words
}

func between(least, most *float64) string {
	limit := func(n *float64) string {
		if n == nil {
			return ""
		}
		return decimal(*n)
	}
	return further(ui.Limits(limit(least), limit(most), ""))
}

// further appends words to a hint after a dot; "" if there are no words.
func further(words string) string {
	if words == "" {
		return ""
	}
	return " · " + words
}

// sinceUntil describes the limits of a date by their days in UTC.
func sinceUntil(least, most string) (words string) {
	day := func(text string) string { return text[:min(len(text), len(time.DateOnly))] }
	if least != "" {
		words = " · from " + day(least)
	}
	if most != "" {
		words += " · until " + day(most)
	}
	return words
}

func domains(only, except []string) string {
	switch {
	case len(only) > 0:
		return " · at " + cut(strings.Join(only, ", "))
	case len(except) > 0:
		return " · not at " + cut(strings.Join(except, ", "))
	}
	return ""
}

// characters returns the attribute with the maximum number of characters of a text; nil for no
// limit.
func characters(f *schema.Field) templ.Attributes {
	kind, ok := f.Kind.(*schema.Text)
	if !ok || kind.Max == 0 {
		return nil
	}
	return templ.Attributes{"data-most-characters": strconv.Itoa(kind.Max)}
}

func upTo(n int) string {
	if n <= 1 {
		return " · one"
	}
	return fmt.Sprintf(" · up to %d", n)
}

func number(p *panel, f *schema.Field) string {
	if p.isNew && p.r.Number(f.Name) == 0 {
		return ""
	}
	return decimal(p.r.Number(f.Name))
}

// bound returns the limit of a number as text, "" for none.
func bound(limit *float64) string {
	if limit == nil {
		return ""
	}
	return decimal(*limit)
}

// decimal formats a number without an exponent.
func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// jsonText returns the stored document.
func jsonText(p *panel, f *schema.Field) string {
	if text := p.r.JSON(f.Name); text != nil {
		return string(text)
	}
	return ""
}

// longestColoured is the size limit of JSON with syntax highlighting, in bytes.
const longestColoured = 100_000

func isLongJSON(p *panel, f *schema.Field) bool { return len(p.r.JSON(f.Name)) > longestColoured }

// jsonEditor returns the attributes of an editor with syntax highlighting and line numbers; nil for
// a long text.
func jsonEditor(p *panel, f *schema.Field) templ.Attributes {
	if isLongJSON(p, f) {
		return nil
	}
	return templ.Attributes{"data-editor": "json", "data-lines": ""}
}

// isLong reports whether the text needs an input of several lines.
func isLong(p *panel, f *schema.Field) bool {
	kind, ok := f.Kind.(*schema.Text)
	return ok && (kind.Max > 200 || strings.Contains(p.r.Text(f.Name), "\n") || len(p.r.Text(f.Name)) > 100)
}

// inTextarea returns the content of a textarea for a text. HTML parsers drop its first line break.
func inTextarea(text string) string { return "\n" + text }

// asks returns the attributes with the question before a change of the switch, and the label of the
// button that agrees; nil for no question.
func asks(p *panel, f *schema.Field) templ.Attributes {
	if p.isNew || !p.in.IsAuth() || f.Name != "verified" {
		return nil
	}
	return templ.Attributes{"data-ask": "Change whether the address of " + p.title() + " counts as verified? No mail is sent.", "data-answer": "Change"}
}

func textHint(f *schema.Field) string {
	if kind, ok := f.Kind.(*schema.Text); ok && kind.AutogeneratePattern != "" {
		return "made by the server"
	}
	return ""
}

func passwordHint(p *panel, f *schema.Field) string {
	if p.r.Text(f.Name) != "" {
		return "A value is set. Type to replace it."
	}
	return ""
}

// canClear reports whether the stored password may be removed.
func canClear(p *panel, f *schema.Field) bool {
	return p.r.Text(f.Name) != "" && !f.Required && !(p.in.IsAuth() && f.Name == "password")
}

// limits returns the attributes with the minimum length, the maximum length and the pattern of a
// password.
func limits(f *schema.Field) templ.Attributes {
	kind, ok := f.Kind.(*schema.Password)
	if !ok {
		return nil
	}
	return templ.Attributes{"data-min": strconv.Itoa(kind.Min), "data-max": strconv.Itoa(kind.Max), "data-pattern": kind.Pattern}
}

// timeText formats a time as the API does.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000Z") }

// isWeb reports whether the text begins as an http or https URL.
func isWeb(text string) bool {
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")
}

// optionsOf returns the options of a select. Chosen values of a multiple select come first, in
// their stored order. A chosen value that is not an option any more is included.
func optionsOf(p *panel, f *schema.Field) []string {
	kind, _ := f.Kind.(*schema.Select)
	chosen := p.r.Strings(f.Name)
	if !f.Multiple() {
		chosen = slices.DeleteFunc(chosen, func(v string) bool { return slices.Contains(kind.Values, v) })
	}
	list := slices.Clone(chosen)
	for _, value := range kind.Values {
		if !slices.Contains(list, value) {
			list = append(list, value)
		}
	}
	return list
}

// fewOptions is the maximum number of options in a list without a search.
const fewOptions = 12

// targetOf returns the id of the collection that the relation refers to.
func targetOf(f *schema.Field) string {
	kind, _ := f.Kind.(*schema.Relation)
	return kind.CollectionID
}

func relatedName(p *panel, f *schema.Field) string {
	return cmp.Or(p.names[targetOf(f)], targetOf(f))
}

// relatedPath returns the beginning of the addresses of related records.
func relatedPath(p *panel, f *schema.Field) string { return "/_/c/" + relatedName(p, f) + "/r/" }

func pickPath(p *panel, f *schema.Field) string {
	path := "/_/c/" + relatedName(p, f) + "/pick?_max=" + strconv.Itoa(maxOf(f))
	if p.prefix != "" { // a form in a dialog: it cannot open a second dialog for a new record
		path += "&_plain="
	}
	return path
}

// maxOf returns the maximum number of records that the relation may hold.
func maxOf(f *schema.Field) int {
	kind, _ := f.Kind.(*schema.Relation)
	return max(1, kind.MaxSelect)
}

// whole returns a value as text, untruncated.
func whole(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.RawMessage:
		return string(v)
	}
	text, err := schema.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// many marks the input of a field that holds several values.
func many(f *schema.Field) templ.Attributes {
	if !f.Multiple() {
		return nil
	}
	return templ.Attributes{"data-many": ""}
}

// accepts returns the attributes with the limits of a file field: the maximum size of a file in
// bytes, and the allowed MIME types, separated by spaces.
func accepts(f *schema.Field) templ.Attributes {
	kind, ok := f.Kind.(*schema.File)
	if !ok {
		return nil
	}
	return templ.Attributes{"data-most": strconv.FormatInt(kind.Limit(), 10), "data-types": strings.Join(kind.MimeTypes, " ")}
}

// sizes marks the input of a public file field for the editor of HTML. The attribute lists the
// thumb sizes of the field.
func sizes(f *schema.Field) templ.Attributes {
	kind := publicFile(f)
	if kind == nil {
		return nil
	}
	return templ.Attributes{"data-sizes": strings.Join(kind.Thumbs, " ")}
}
