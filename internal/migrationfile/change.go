package migrationfile

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/definition"
)

// Blank returns a step whose functions do nothing, for a person to fill in.
func Blank(label string) Step {
	return Step{
		Label: label,
		Up:    "// tx.SetCollections, tx.Collections, tx.Records, tx.Settings …\nreturn nil",
		Down:  "return nil",
	}
}

// Snapshot returns a step that creates or updates all collections of the snapshot except the system
// collections. The step has no Down.
func Snapshot(s *schema.Snapshot) (Step, error) {
	up, err := set(definition.Own(s), nil)
	return Step{Label: "collections snapshot", Up: up}, err
}

// Collection returns a step that creates or updates the collection. The step has no Down, which
// would delete the records of an updated collection.
func Collection(c *schema.Collection) (Step, error) {
	up, err := set([]*schema.Collection{c}, nil)
	return Step{Label: "collection " + c.Name, Up: up}, err
}

// Between returns a step whose Up turns the collections of before into the collections of after,
// and whose Down does the reverse. differ is false if the collections are equal.
func Between(before, after *schema.Snapshot) (step Step, differ bool, err error) {
	forwards, err := compare(before, after)
	if err != nil {
		return Step{}, false, err
	}
	back, err := compare(after, before)
	if err != nil || !forwards.any() {
		return Step{}, false, err
	}
	step.Label = forwards.label(before)
	if step.Up, err = set(forwards.written, forwards.deleted); err != nil {
		return Step{}, false, err
	}
	step.Down, err = set(back.written, back.deleted)
	return step, true, err
}

// changed holds the collections that a step creates or updates, and the collections that it
// deletes.
type changed struct{ written, deleted []*schema.Collection }

func (c *changed) any() bool { return len(c.written)+len(c.deleted) > 0 }

// label describes the changes in words. The label of a single change names its collection.
func (c *changed) label(before *schema.Snapshot) string {
	switch {
	case len(c.written)+len(c.deleted) > 1:
		return "collections changed"
	case len(c.deleted) == 1:
		return c.deleted[0].Name + " deleted"
	case before.ByID(c.written[0].ID) == nil:
		return c.written[0].Name + " created"
	}
	return c.written[0].Name + " updated"
}

func compare(before, after *schema.Snapshot) (c changed, err error) {
	for _, was := range definition.Own(before) {
		if after.ByID(was.ID) == nil {
			c.deleted = append(c.deleted, was)
		}
	}
	for _, is := range definition.Own(after) {
		was := before.ByID(is.ID)
		if was == is {
			continue
		}
		same := false
		if was != nil {
			if same, err = equal(was, is); err != nil {
				return c, err
			}
		}
		if !same {
			c.written = append(c.written, is)
		}
	}
	return c, nil
}

func equal(a, b *schema.Collection) (bool, error) {
	one, err := definition.Text(a, definition.JSON)
	if err != nil {
		return false, err
	}
	other, err := definition.Text(b, definition.JSON)
	return bytes.Equal(one, other), err
}

// set returns a Go statement that calls core.Tx.SetCollections and returns its error.
func set(written, deleted []*schema.Collection) (string, error) {
	var texts []string
	for _, c := range written {
		text, err := definition.Text(c, definition.JSON)
		if err != nil {
			return "", err
		}
		texts = append(texts, strings.TrimSpace(string(text)))
	}
	names := ""
	for _, c := range deleted {
		names += ", " + strconv.Quote(c.ID)
	}
	return fmt.Sprintf("return tx.SetCollections(%s%s)", literal("["+strings.Join(texts, ",\n")+"]"), names), nil
}

// literal returns a Go expression for the text: raw string literals, which keep the line breaks,
// and quoted backquotes between them, because a raw string literal cannot contain a backquote.
func literal(text string) string {
	text = strings.ReplaceAll(text, "\r", `\r`) // JSON has no carriage return outside of escapes
	return "`" + strings.ReplaceAll(text, "`", "` + \"`\" + `") + "`"
}
