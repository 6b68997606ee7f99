package console

import (
	"io"
	"io/fs"
	"path"

	"github.com/loambase/loam/core/schema"
)

// Own holds the pages, inputs and files that the embedding program adds to the console.
type Own struct {
	Pages  []OwnPage
	Inputs []OwnInput
	Files  fs.FS    // served below OwnFiles; nil for none
	Loaded []string // names of the scripts and style sheets in Files that every page loads
}

// OwnPage is a page of the embedding program: a page below /_/x/, or a tab of collections.
type OwnPage struct {
	Name, Title, Icon string
	Tab               func(*schema.Collection) bool // nil for a page with an entry in the navigation

	// Show writes the content of the page. Act handles a form of the page; it is nil for a page
	// without forms.
	Show func(c *Call, out io.Writer) error
	Act  func(c *Call) error
}

// OwnInput is a custom element of the embedding program that replaces the input of a field.
type OwnInput struct {
	Collection string // the name or id of the collection
	Field      string
	Element    string // the name of the custom element
}

// OwnFiles is the path below which the files of the embedding program are served.
const OwnFiles = "/_/x-files/"

// ID returns the ID of the entry in the navigation, or of the tab.
func (p OwnPage) ID() string { return "x/" + p.Name }

// Elements returns the custom elements that replace inputs of the collection: their names by the
// names of the fields.
func (c *Call) Elements(in *schema.Collection) map[string]string {
	names := map[string]string{}
	for _, input := range c.Own.Inputs {
		if found := c.App.Snapshot().Find(input.Collection); found != nil && found.ID == in.ID {
			names[input.Field] = input.Element
		}
	}
	return names
}

// loaded returns the addresses of the files that every page loads.
func (o Own) loaded() (list []string) {
	for _, name := range o.Loaded {
		list = append(list, path.Join(OwnFiles, name))
	}
	return list
}
