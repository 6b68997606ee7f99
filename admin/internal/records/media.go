package records

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxPictures is the maximum number of pictures in an answer, and of records read for it.
const maxPictures = 24

// storedPicture is a picture in a file field: its name, the title of its record, its address in the
// API without a domain, and the address of its thumb in the console.
type storedPicture struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Address string `json:"address"`
	Thumb   string `json:"thumb"`
}

// pictureFields returns the file fields whose files have lasting addresses. Protected files need a
// token in the address.
func pictureFields(in *schema.Collection) (list []*schema.Field) {
	for _, f := range in.Fields {
		if kind, ok := f.Kind.(*schema.File); ok && !kind.Protected && !f.Hidden {
			list = append(list, f)
		}
	}
	return list
}

// pictureSources returns the names of the collections that may have pictures for a rich text.
func pictureSources(snapshot *schema.Snapshot) (names []string) {
	for _, in := range snapshot.All() {
		if in.View == nil && len(pictureFields(in)) > 0 {
			names = append(names, in.Name)
		}
	}
	return names
}

// pictures answers with the newest pictures of the collection in=NAME, of records that match the
// words q. The fault is NotFound for a collection without public file fields.
func pictures(c *console.Call) error {
	q := c.R.URL.Query()
	in := c.App.Snapshot().Find(q.Get("in"))
	if in == nil || len(pictureFields(in)) == 0 {
		return fault.New(fault.NotFound, "There are no pictures in "+q.Get("in")+".")
	}
	var holds []string
	for _, f := range pictureFields(in) {
		if f.Multiple() {
			holds = append(holds, f.Name+":length > 0")
		} else {
			holds = append(holds, f.Name+" != ''")
		}
	}
	filter, params := search(in, q.Get("q"))
	if filter != "" {
		filter = "(" + filter + ") && "
	}
	found, err := c.App.Records().Find(c.R.Context(), c.Caller, record.Query{
		Collection: in.ID, Filter: filter + "(" + strings.Join(holds, " || ") + ")", Params: params, Sort: "-@rowid", Limit: maxPictures,
	})
	if err != nil {
		return err
	}
	list := []storedPicture{}
	for _, r := range found {
		list = append(list, picturesOf(r)...)
	}
	return c.JSON(list[:min(len(list), maxPictures)])
}

func picturesOf(r *record.Record) (list []storedPicture) {
	in := r.Collection()
	for _, f := range pictureFields(in) {
		for _, name := range r.Strings(f.Name) {
			if isImage(name) {
				list = append(list, storedPicture{
					Name: name, Title: cmp.Or(cut(r.Text(titleField(in).Name)), r.ID()),
					Address: "/api/files/" + in.Name + "/" + url.PathEscape(r.ID()) + "/" + url.PathEscape(name),
					Thumb:   filePath(in, r.ID(), name) + "?thumb=100x100",
				})
			}
		}
	}
	return list
}
