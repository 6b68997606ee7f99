package records

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxMedia is the maximum number of files in an answer, and of records read for the answer.
const maxMedia = 24

// The kinds of files that a rich text can show.
const (
	mediumImage = "image"
	mediumVideo = "video"
	mediumAudio = "audio"
)

// medium is a stored file that a rich text can show: its name, its kind, the title of its record,
// its address in the API without a domain, the address of its thumb in the console ("" for a video
// or a sound), and the thumb sizes of its field (none for a video or a sound).
type medium struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Title   string   `json:"title"`
	Address string   `json:"address"`
	Thumb   string   `json:"thumb"`
	Sizes   []string `json:"sizes"`
}

// mediumOf returns the kind of a file by the extension of its name, "" for a file that a rich text
// cannot show.
func mediumOf(name string) string {
	switch ext := strings.ToLower(path.Ext(name)); {
	case isImage(name):
		return mediumImage
	case slices.Contains([]string{".mp4", ".m4v", ".webm", ".ogv", ".mov"}, ext):
		return mediumVideo
	case slices.Contains([]string{".mp3", ".m4a", ".ogg", ".oga", ".opus", ".wav", ".flac", ".aac"}, ext):
		return mediumAudio
	}
	return ""
}

// publicFile returns the options of a public file field, nil for other fields. A public file field
// is neither hidden nor protected: the addresses of protected files need a token that expires.
func publicFile(f *schema.Field) *schema.File {
	if kind, ok := f.Kind.(*schema.File); ok && !kind.Protected && !f.Hidden {
		return kind
	}
	return nil
}

func publicFiles(in *schema.Collection) (list []*schema.Field) {
	for _, f := range in.Fields {
		if publicFile(f) != nil {
			list = append(list, f)
		}
	}
	return list
}

// mediaSources returns the names of the collections with public file fields, without views.
func mediaSources(snapshot *schema.Snapshot) (names []string) {
	for _, in := range snapshot.All() {
		if in.View == nil && len(publicFiles(in)) > 0 {
			names = append(names, in.Name)
		}
	}
	return names
}

// media answers with the newest pictures, videos and sounds of the collection in=NAME, from records
// that match the words q=WORDS. The fault is NotFound for a collection without public file fields.
func media(c *console.Call) error {
	q := c.R.URL.Query()
	in := c.App.Snapshot().Find(q.Get("in"))
	if in == nil || len(publicFiles(in)) == 0 {
		return fault.New(fault.NotFound, "There are no files for a text in "+q.Get("in")+".")
	}
	var holds []string
	for _, f := range publicFiles(in) {
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
		Collection: in.ID, Filter: filter + "(" + strings.Join(holds, " || ") + ")", Params: params, Sort: "-@rowid", Limit: maxMedia,
	})
	if err != nil {
		return err
	}
	list := []medium{}
	for _, r := range found {
		for _, f := range publicFiles(in) {
			list = append(list, mediaOf(r, f)...)
		}
	}
	return c.JSON(list[:min(len(list), maxMedia)])
}

// mediaOf returns the pictures, videos and sounds of a field.
func mediaOf(r *record.Record, f *schema.Field) (list []medium) {
	in := r.Collection()
	for _, name := range r.Strings(f.Name) {
		kind := mediumOf(name)
		if kind == "" {
			continue
		}
		m := medium{
			Name: name, Kind: kind, Title: cmp.Or(cut(r.Text(sheet.TitleField(in).Name)), r.ID()), Sizes: []string{},
			Address: "/api/files/" + in.Name + "/" + url.PathEscape(r.ID()) + "/" + url.PathEscape(name),
		}
		if kind == mediumImage {
			m.Thumb, m.Sizes = filePath(in, r.ID(), name)+"?thumb=100x100", append(m.Sizes, publicFile(f).Thumbs...)
		}
		list = append(list, m)
	}
	return list
}

// filePlace is a field that can store the files of a rich text; path takes the POST of a file.
type filePlace struct{ path, label string }

// placesFor returns the public file fields that can store a file of a rich text of the panel:
// fields of its record that are not full, and fields of other collections in which a new record
// needs no other value.
func placesFor(p *panel, snapshot *schema.Snapshot) (list []filePlace) {
	if !p.isNew {
		for _, f := range publicFiles(p.in) {
			if room := max(1, publicFile(f).MaxSelect) - len(p.r.Strings(f.Name)); room > 0 {
				list = append(list, filePlace{recordPath(p.in, p.r.ID()) + "/media?" + url.Values{"field": {f.Name}}.Encode(), "This record: " + f.Name})
			}
		}
	}
	for _, in := range snapshot.All() {
		if in.ID == p.in.ID || in.View != nil || in.IsAuth() || in.System {
			continue
		}
		for _, f := range publicFiles(in) {
			if needsOnly(in, f) {
				list = append(list, filePlace{console.CollectionPath(in) + "/media?" + url.Values{"field": {f.Name}}.Encode(), "A new record of " + in.Name + ": " + f.Name})
			}
		}
	}
	return list
}

// needsOnly reports whether a record can be created with a value of this field alone.
func needsOnly(in *schema.Collection, only *schema.Field) bool {
	for _, f := range in.Fields {
		if f.Required && f != only && textHint(f) == "" && isEditable(in, f) {
			return false
		}
	}
	return true
}

// storeMedium stores a file in the public file field field=NAME: in the record whose id is in the
// address, or in a new record if the address has no id. The part of the form with the file has the
// name of the field. The answer is the stored medium. Faults: NotFound for a field that is no
// public file field, Invalid for a file that a rich text cannot show or that the field refuses.
func storeMedium(c *console.Call) error {
	defer form.Close(c)
	in, err := c.Collection()
	if err != nil {
		return err
	}
	name := c.R.URL.Query().Get("field")
	f := in.Field(name)
	if f == nil || publicFile(f) == nil {
		return fault.New(fault.NotFound, "There is no public file field "+name+" in "+in.Name+".")
	}
	if err := form.Read(c, limit(in)); err != nil {
		return err
	}
	files, err := uploads(c, f)
	if err != nil {
		return err
	}
	if len(files) != 1 || mediumOf(files[0].Name) == "" {
		return fault.New(fault.Invalid, "A text shows pictures, videos and sounds only.")
	}
	r, err := storeFile(c, in, f, files)
	if err != nil {
		return err
	}
	for _, m := range mediaOf(r, f) {
		if m.Name == files[0].Name {
			return c.JSON(m)
		}
	}
	return fault.New(fault.NotFound, "The file was stored and is not there any more.")
}

// storeFile adds the file to the record whose id is in the address, or to a new record if the
// address has no id.
func storeFile(c *console.Call, in *schema.Collection, f *schema.Field, files []*blob.Upload) (*record.Record, error) {
	if id := c.Param("id"); id != "" {
		return c.App.Records().Update(c.R.Context(), c.Caller, in.ID, id, record.Input{Files: map[string][]*blob.Upload{f.Name + "+": files}})
	}
	return c.App.Records().Create(c.R.Context(), c.Caller, in.ID, record.Input{Files: map[string][]*blob.Upload{f.Name: files}})
}
