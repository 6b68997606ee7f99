package records

import (
	"strings"

	"github.com/loambase/loam/core/schema"
)

// control is an entry of the toolbar of the editor of HTML; Value is its command or element.
type control struct{ Value, Label, icon string }

var (
	paragraphStyles = []control{
		{Value: "p", Label: "Paragraph"}, {Value: "h1", Label: "Heading 1"}, {Value: "h2", Label: "Heading 2"},
		{Value: "h3", Label: "Heading 3"}, {Value: "h4", Label: "Heading 4"}, {Value: "pre", Label: "Code"},
	}
	richToggles = []control{
		{"bold", "Bold", "bold"}, {"italic", "Italic", "italic"},
		{"insertUnorderedList", "Bulleted list", "ul"}, {"insertOrderedList", "Numbered list", "ol"},
	}
	richRows     = []control{{"link", "Link", "url"}, {"picture", "Picture", "image"}, {"table", "Table", "tablei"}}
	tableChanges = []control{
		{Value: "row", Label: "Row below"}, {Value: "column", Label: "Column after"},
		{Value: "delete-row", Label: "Delete the row"}, {Value: "delete-column", Label: "Delete the column"},
	}
)

// pictureBase returns the beginning of the addresses of pictures that the editor adds: "" for a
// field that stores addresses without a domain.
func pictureBase(p *panel, f *schema.Field) string {
	if kind, ok := f.Kind.(*schema.Editor); ok && kind.ConvertURLs {
		return ""
	}
	return strings.TrimSuffix(p.appURL, "/")
}
