package records

import (
	"strings"

	"github.com/loambase/loam/core/schema"
)

// control is a control of the editor of HTML; Value is its command, element, row or format.
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
	richRows = []control{
		{"layout", "Alignment and direction", "align-left"}, {"colour", "Colour of the text", "palette"},
		{"link", "Link", "url"}, {"medium", "Picture, video or sound", "image"}, {"table", "Table", "tablei"},
	}
	alignments = []control{
		{"left", "Align left", "align-left"}, {"center", "Centre", "align-center"},
		{"right", "Align right", "align-right"}, {"justify", "Justify", "align-justify"},
	}
	directions = []control{{"ltr", "Left to right", "ltr"}, {"rtl", "Right to left", "rtl"}}
	// The colours have a contrast of at least 3:1 on white and on the dark surface of the console.
	textColours = []control{
		{Value: "#d92d20", Label: "Red"}, {Value: "#c4570a", Label: "Orange"}, {Value: "#a16207", Label: "Yellow"}, {Value: "#15803d", Label: "Green"},
		{Value: "#0e7490", Label: "Petrol"}, {Value: "#2563eb", Label: "Blue"}, {Value: "#8b3fd1", Label: "Purple"}, {Value: "#737373", Label: "Grey"},
	}
	tableChanges = []control{
		{Value: "row", Label: "Row below"}, {Value: "column", Label: "Column after"},
		{Value: "delete-row", Label: "Delete the row"}, {Value: "delete-column", Label: "Delete the column"},
	}
)

// mediaBase returns the part before the path in the addresses of files that the editor adds: the
// address of the app, or "" for a field that stores addresses without a domain.
func mediaBase(p *panel, f *schema.Field) string {
	if kind, ok := f.Kind.(*schema.Editor); ok && kind.ConvertURLs {
		return ""
	}
	return strings.TrimSuffix(p.appURL, "/")
}
