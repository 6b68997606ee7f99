package form

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/fnv"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/schema"
)

// Marks are hashes of the values with which a form was opened, by the names of the values. The hidden
// input _base has them as JSON. The mark with the name "" is the time at which the form was opened.
type Marks map[string]string

// MarksIn returns the marks of a sent form, nil for a form without marks.
func MarksIn(sent url.Values) (m Marks) {
	if json.Unmarshal([]byte(sent.Get("_base")), &m) != nil {
		return nil
	}
	return m
}

// Text returns the value of the input _base.
func (m Marks) Text() string {
	text, err := json.Marshal(m)
	if err != nil {
		return "{}" // not reached: strings can always be encoded
	}
	return string(text)
}

// opened returns the time at which the form was opened; the zero time if the marks lack it.
func (m Marks) opened() time.Time {
	at, _ := schema.ParseTime(m[""])
	return at
}

// Mark returns a hash of a value. Different values have different marks, but for collisions.
func Mark(v any) string {
	text, err := schema.Marshal(v)
	if err != nil {
		return ""
	}
	h := fnv.New64a()
	h.Write(text) //nolint:errcheck // it never fails
	return strconv.FormatUint(h.Sum64(), 36)
}

// Value is a stored value of a form.
type Value struct {
	Text   string // the text that an unchanged form would send
	Shown  string // the text in the message of a conflict
	Secret bool   // Text is a secret: its mark is keyed, and no message has it
}

// Values are the stored values of a form by the names of their fields. A field is an input, or
// several inputs whose names begin with that of the field and a dot.
type Values map[string]Value

// Add adds the values of inputs in the document. Secrets, which a document does not have, are not
// added.
func (v Values) Add(inputs []Input, d Document) {
	for _, in := range inputs {
		if in.Kind != Secret {
			text := in.Text(d)
			v[in.Name] = Value{Text: text, Shown: in.shown(text)}
		}
	}
}

// shown returns the text of a value as the page shows it.
func (in Input) shown(text string) string {
	switch in.Kind {
	case Switch:
		if text == "true" {
			return "on"
		}
		return "off"
	case Choice:
		for _, o := range in.Options {
			if o.Value == text {
				return o.Label
			}
		}
	case Lines:
		return strings.ReplaceAll(text, "\n", ", ")
	}
	return text
}

// markFor returns the mark of a value. The mark of a secret is keyed by a secret of the superuser, so
// that it cannot be compared with the marks of guesses.
func (v Value) markFor(c *console.Call, text string) string {
	if !v.Secret || text == "" {
		return Mark(text)
	}
	mac := hmac.New(sha256.New, []byte(c.Caller.Auth.Text("tokenKey")))
	mac.Write([]byte(text)) //nolint:errcheck // it never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// Base returns the value of the input _base for a form with the stored values.
func (v Values) Base(c *console.Call) string {
	m := Marks{"": schema.FormatTime(c.App.Now())}
	for name, value := range v {
		m[name] = value.markFor(c, value.Text)
	}
	return m.Text()
}

// Merge is a three-way merge of a sent form and the stored values. Its base are the values with which
// the form was opened: a value that only one person has changed gets the changed value, and a value
// that both have changed is a conflict.
type Merge struct {
	c         *console.Call
	about     string // the id of the collection, "" for the settings
	base      Marks  // nil for a form without marks, which overwrites
	stored    Values
	conflicts []conflict
}

// conflict is a value that the form and somebody else have changed.
type conflict struct {
	value   string  // the name of the value
	problem Problem // the answer puts the account in front of its message
}

// NewMerge returns the merge of the form that Read has read. about is the id of the collection whose
// definition the form changes, "" for the settings.
func NewMerge(c *console.Call, about string, stored Values) *Merge {
	return &Merge{c: c, about: about, base: MarksIn(c.R.PostForm), stored: stored}
}

// Knows reports whether the form was opened with the value.
func (m *Merge) Knows(name string) bool { return m.base == nil || m.base[name] != "" }

// ChangedElsewhere reports whether the stored value is another one than the form was opened with.
func (m *Merge) ChangedElsewhere(name string) bool {
	now := m.stored[name]
	return m.base != nil && m.base[name] != now.markFor(m.c, now.Text)
}

// Changes reports whether the text that the form has sent for a value changes the value. If somebody
// else has changed the value too, it adds a conflict.
func (m *Merge) Changes(name, typed string) bool {
	now := m.stored[name]
	if typed == now.Text || !m.edited(name, typed) {
		return false
	}
	if m.ChangedElsewhere(name) {
		words := ChangedTo(now.Shown)
		if now.Secret {
			words = " has changed this too. Save again to put yours in its place."
		}
		m.Conflict(name, name, words, true)
	}
	return true
}

// edited reports whether the text differs from the value with which the form was opened.
func (m *Merge) edited(name, typed string) bool {
	return m.base[name] != m.stored[name].markFor(m.c, typed)
}

// Conflict adds a conflict about a value and the values whose names begin with its name and a dot. words
// follow the name of the account in the message. input has the message; if stored is true, it offers to
// take the stored value.
func (m *Merge) Conflict(value, input, words string, stored bool) {
	m.conflicts = append(m.conflicts, conflict{value, Problem{Name: input, Message: words, Stored: stored}})
}

// typed returns the text that a form has sent for an input. is is false if it sent none; an empty input
// of a Secret counts as not sent.
func (in Input) typed(sent url.Values) (text string, is bool) {
	switch text = Sent(sent, in.Name); {
	case in.Kind != Secret:
		return text, sent.Has(in.Name)
	case Cleared(sent, in.Name):
		return "", true
	}
	return text, text != ""
}

// Keep removes the inputs that do not change their values from the sent form, and adds a conflict for
// each changed input whose value somebody else has changed.
func (m *Merge) Keep(inputs []Input, sent url.Values) {
	for _, in := range inputs {
		if text, is := in.typed(sent); !is || !m.Changes(in.Name, text) {
			sent.Del(in.Name)
			sent.Del(in.Name + clears)
		}
	}
}

// KeepIn is Keep for the inputs of groups.
func (m *Merge) KeepIn(groups []Group, sent url.Values) {
	for _, g := range groups {
		m.Keep(g.Inputs, sent)
	}
}

// Edits reports whether one of the inputs was edited since the form was opened.
func (m *Merge) Edits(inputs []Input, sent url.Values) bool {
	return slices.ContainsFunc(inputs, func(in Input) bool {
		text, is := in.typed(sent)
		return is && m.edited(in.Name, text)
	})
}

// Conflicts reports whether the form and somebody else have changed the same value.
func (m *Merge) Conflicts() bool { return len(m.conflicts) > 0 }

// Refuse answers with the conflicts: for each value its stored text, and the account that has changed
// it. The next save of the form overwrites these values.
func (m *Merge) Refuse() error {
	var list []Problem
	for _, at := range m.conflicts {
		list = append(list, at.problem)
		m.renew(at.value)
	}
	return ConflictSince(m.c, m.about, m.base.opened(), list, m.base.Text())
}

// renew sets the marks of a value, and of the values below it, to the marks of the stored values.
func (m *Merge) renew(value string) {
	has := func(name string) bool { return name == value || strings.HasPrefix(name, value+".") }
	maps.DeleteFunc(m.base, func(name, _ string) bool { return has(name) })
	for name, now := range m.stored {
		if has(name) {
			m.base[name] = now.markFor(m.c, now.Text)
		}
	}
}

// maxShown is the maximum number of letters of a value in the message of a conflict.
const maxShown = 300

// ChangedTo returns the message of a conflict about a value without its beginning, which names the
// account that has changed the value to the text.
func ChangedTo(text string) string {
	if text == "" {
		return " has emptied this. Save again to put yours in its place."
	}
	if letters := []rune(text); len(letters) > maxShown {
		text = string(letters[:maxShown]) + "…"
	}
	return " has changed this to “" + text + "”. Save again to put yours in its place."
}

// ConflictSince is Conflict for a form that was opened at a time. Each message begins with the
// accounts that have changed the collection with the id about, or the settings if about is "", since
// then.
func ConflictSince(c *console.Call, about string, opened time.Time, list []Problem, base string) error {
	who, err := changer(c, about, opened)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Message = who + list[i].Message
	}
	return Conflict(c, list, base)
}

// changer names the accounts that have changed the collection with the id, or the settings if the id
// is "", since a time: "Somebody else" if the change log does not know them.
func changer(c *console.Call, collection string, since time.Time) (string, error) {
	if since.IsZero() {
		return somebody, nil
	}
	actors, err := c.App.Actors(c.R.Context(), c.Caller, collection, since)
	if err != nil {
		return "", err
	}
	var names []string
	for _, actor := range actors {
		in, id, ok := strings.Cut(actor, "/")
		if !ok { // the program's own code
			return somebody, nil
		}
		name := id
		if r, err := c.App.Records().FindByID(c.R.Context(), in, id); err == nil && r.Text("email") != "" {
			name = r.Text("email")
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return somebody, nil
	}
	return strings.Join(names, " or "), nil
}

// somebody stands for an account that is not known.
const somebody = "Somebody else"
