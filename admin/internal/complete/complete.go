// Package complete completes rules and filters: it lists the fields, paths along relations, choices
// of select fields, operators and macros that may stand at the caret.
package complete

import (
	"cmp"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/schema"
)

// maxCompletions is the maximum number of completions in an answer.
const maxCompletions = 30

// Completion is a text that may replace the word at the caret.
type Completion struct {
	Text string `json:"text"`
	Icon string `json:"icon,omitempty"` // name of an icon; "" for none
	Hint string `json:"hint"`           // a word about the text, such as the type of a field
	More bool   `json:"more,omitempty"` // the text is the beginning of a longer path
}

// macros are the date macros of the expression language.
var macros = []string{"@now", "@yesterday", "@tomorrow", "@todayStart", "@todayEnd", "@monthStart", "@monthEnd", "@yearStart", "@yearEnd",
	"@second", "@minute", "@hour", "@day", "@month", "@weekday", "@year"}

// Rule returns up to 30 texts that may replace typed, the word at the caret of a rule of the
// collection; before is the text in front of that word.
func Rule(snapshot *schema.Snapshot, in *schema.Collection, before, typed string) []Completion {
	w := words{snapshot: snapshot, rule: true}
	return w.at(in, before, typed)
}

// Filter is Rule for filters, which have neither @request nor @collection. The collection need not
// belong to the app.
func Filter(snapshot *schema.Snapshot, in *schema.Collection, before, typed string) []Completion {
	w := words{snapshot: snapshot}
	return w.at(in, before, typed)
}

// Channel is Rule for the rules of channels, which read @channel and no record.
func Channel(snapshot *schema.Snapshot, before, typed string) []Completion {
	w := words{snapshot: snapshot, rule: true, channel: true}
	return w.at(&schema.Collection{}, before, typed)
}

// names returns the names that match typed, which may be a path: its last part is completed.
func (w *words) names(in *schema.Collection, typed string) []Completion {
	last := strings.LastIndexAny(typed, ".:") + 1
	w.follow(in, typed[:last])
	return w.matching(typed[:last], typed[last:])
}

// follow adds the names that may follow the beginning of a path. beginning is empty or ends with a
// dot or a colon.
func (w *words) follow(in *schema.Collection, beginning string) {
	end := len(beginning) - 1
	switch {
	case end < 0:
		w.top(in)
	case beginning[end] == ':':
		w.modifiers(in, beginning[:end])
	default:
		w.below(in, beginning[:end])
	}
}

// words collects the completions of one expression.
type words struct {
	snapshot *schema.Snapshot
	rule     bool // a rule, which may name @request and @collection
	channel  bool // a rule of a channel, which may name @channel, and of @request only auth
	list     []Completion
	back     map[string][]Completion // back relations by the id of the collection that they begin in; nil before the first use
}

func (w *words) add(text, icon, hint string, more bool) {
	w.list = append(w.list, Completion{text, icon, hint, more})
}

// matching returns the names that contain last in any case, each with the prefix at. Names that
// begin with last come first, shorter names before longer ones. Without at and last the names keep
// their order.
func (w *words) matching(at, last string) []Completion {
	last = strings.ToLower(last)
	place := func(c Completion) int { return strings.Index(strings.ToLower(c.Text), last) }
	list := slices.DeleteFunc(w.list, func(c Completion) bool { return place(c) < 0 })
	if at+last != "" {
		slices.SortStableFunc(list, func(a, b Completion) int {
			return cmp.Or(cmp.Compare(min(place(a), 1), min(place(b), 1)), cmp.Compare(len(a.Text), len(b.Text)), strings.Compare(a.Text, b.Text))
		})
	}
	list = list[:min(len(list), maxCompletions)]
	for i := range list {
		list[i].Text = at + list[i].Text
	}
	return list
}

// top adds the names that an operand may begin with.
func (w *words) top(in *schema.Collection) {
	w.fields(in)
	if w.rule {
		w.add("@request", "arrow", "the request", true)
		w.add("@collection", "base", "any collection", true)
	}
	if w.channel {
		w.add("@channel", "pulse", "the channel", true)
	}
	for _, name := range macros {
		w.add(name, "clock", "in UTC", false)
	}
	for _, name := range []string{"true", "false", "null"} {
		w.add(name, "bool", "", false)
	}
	w.add("geoDistance(", "geo", "km between two points", false)
	w.add("strftime(", "date", "a date as text", false)
}

// fields adds the fields of a collection, and its back relations (NAME_via_FIELD).
func (w *words) fields(in *schema.Collection) {
	for _, f := range in.Fields {
		if f.IsPassword() || in.IsAuth() && f.Name == "tokenKey" {
			continue
		}
		_, related := f.Kind.(*schema.Relation)
		w.add(f.Name, console.KindIcon(f), f.Type(), related)
	}
	if w.back == nil {
		w.back = backRelations(w.snapshot)
	}
	w.list = append(w.list, w.back[in.ID]...)
}

// backRelations returns the names of the back relations, by the id of the collection that they
// begin in.
func backRelations(snapshot *schema.Snapshot) map[string][]Completion {
	back := map[string][]Completion{}
	for _, other := range snapshot.All() {
		if other.View != nil {
			continue
		}
		for _, f := range other.Fields {
			if k, ok := f.Kind.(*schema.Relation); ok {
				back[k.CollectionID] = append(back[k.CollectionID], Completion{other.Name + "_via_" + f.Name, "relation", "those that refer to it", true})
			}
		}
	}
	return back
}

// below adds the names that may follow a path.
func (w *words) below(in *schema.Collection, path string) {
	parts := strings.Split(path, ".")
	switch {
	case parts[0] == "@collection" && w.rule:
		w.collection(parts[1:])
	case parts[0] == "@channel" && w.channel && len(parts) == 1:
		w.add("name", "text", "the name of the channel", false)
		w.add("1", "text", "the text at the first wildcard", false)
		w.add("2", "text", "the text at the second wildcard", false)
	case parts[0] == "@request" && w.rule:
		w.request(in, parts[1:])
	case parts[0][:min(1, len(parts[0]))] != "@":
		w.related(in, parts)
	}
}

func (w *words) collection(parts []string) {
	if len(parts) == 0 {
		for _, c := range w.snapshot.All() {
			w.add(c.Name, console.CollectionIcon(c), "", true)
		}
		return
	}
	name, _, _ := strings.Cut(parts[0], ":") // with an alias
	if c := w.snapshot.Find(name); c != nil {
		w.related(c, parts[1:])
	}
}

func (w *words) request(in *schema.Collection, parts []string) {
	switch {
	case len(parts) == 0 && w.channel:
		w.add("auth", "user", "who asks", true)
	case len(parts) == 0:
		w.add("auth", "user", "who asks", true)
		w.add("body", "braces", "what is sent", true)
		w.add("query", "search", "of the address", true)
		w.add("headers", "list", "x_token is X-Token", true)
		w.add("method", "arrow", "GET, POST …", false)
		w.add("context", "info", "default, oauth2, otp …", false)
	case parts[0] == "auth" && len(parts) == 1:
		w.account()
	case parts[0] == "auth":
		if c := w.accountsWith(parts[1]); c != nil {
			w.related(c, parts[1:])
		}
	case parts[0] == "body":
		w.related(in, parts[1:])
	}
}

// account adds the fields of all auth collections, each name once.
func (w *words) account() {
	w.add("collectionId", "text", "", false)
	w.add("collectionName", "text", "", false)
	for _, c := range w.snapshot.All() {
		if !c.IsAuth() {
			continue
		}
		w.fields(c)
	}
	known := map[string]bool{}
	w.list = slices.DeleteFunc(w.list, func(n Completion) bool {
		twice := known[n.Text]
		known[n.Text] = true
		return twice
	})
}

// maxLevels is the maximum number of relations in a path that is completed.
const maxLevels = 4

// related adds the fields of the collection at the end of a path of relations.
func (w *words) related(in *schema.Collection, parts []string) {
	if len(parts) > maxLevels {
		return
	}
	for _, part := range parts {
		if in = w.next(in, part); in == nil {
			return
		}
	}
	w.fields(in)
}

// next returns the collection that a relation or a back relation refers to, nil for another name.
func (w *words) next(in *schema.Collection, part string) *schema.Collection {
	if name, field, ok := strings.Cut(part, "_via_"); ok {
		if c := w.snapshot.Find(name); c != nil && c.Field(field) != nil {
			return c
		}
		return nil
	}
	if f := in.Field(part); f != nil {
		if k, ok := f.Kind.(*schema.Relation); ok {
			return w.snapshot.ByID(k.CollectionID)
		}
	}
	return nil
}

// modifiers adds the modifiers of the field at the end of a path.
func (w *words) modifiers(in *schema.Collection, path string) {
	sent := []string{"@request.body.", "@request.query.", "@request.headers."}
	if slices.ContainsFunc(sent, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
		w.add("isset", "check", "was sent", false)
	}
	if strings.HasPrefix(path, "@request.body.") {
		w.add("changed", "edit", "differs from what is stored", false)
	}
	f := w.field(in, path)
	switch {
	case f == nil:
	case f.Multiple():
		w.add("each", "list", "every value", false)
		w.add("length", "number", "how many", false)
	case f.Kind.Class() == schema.ClassText:
		w.add("lower", "text", "in lower case", false)
	}
}
