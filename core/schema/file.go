// The field kind file: names of stored files.

package schema

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// defaultFileSize is the maximum size of a file if MaxSize is 0.
const defaultFileSize = 5 << 20

// File is a field with the names of one or several stored files.
type File struct {
	MaxSelect int     `json:"maxSelect"` // 0 and 1: a single file
	MaxSize   int64   `json:"maxSize"`   // in bytes, of each file; 0: 5 MiB
	MimeTypes Strings `json:"mimeTypes"`
	Thumbs    Strings `json:"thumbs"`
	Protected bool    `json:"protected"`
}

// Type returns "file".
func (*File) Type() string { return "file" }

// Multiple reports whether more than one may be stored.
func (f *File) Multiple() bool { return f.MaxSelect > 1 }

// Class returns ClassChoice.
func (*File) Class() Class { return ClassChoice }

// Column returns store.ColumnText, or store.ColumnMulti for several values.
func (f *File) Column() store.ColumnKind { return choiceColumn(f.Multiple()) }

// Zero returns "" or the empty list.
func (f *File) Zero() any { return choiceZero(f.Multiple()) }

// Cast converts v to the list of its names, or to the last name for a single file.
func (f *File) Cast(v any) any { return cast.Choice(v, f.Multiple()) }

// Limit returns the maximum size of a file in bytes.
func (f *File) Limit() int64 {
	if f.MaxSize > 0 {
		return f.MaxSize
	}
	return defaultFileSize
}

// Validate checks the number of files. The write (package record) checks before that each name is
// that of a stored file or of an upload.
func (f *File) Validate(field *Field, v any) *fault.Field {
	list, _ := v.([]string)
	if one, ok := v.(string); ok && one != "" {
		list = []string{one}
	}
	if len(list) == 0 {
		return required(field, true)
	}
	if limit := max(1, f.MaxSelect); len(list) > limit {
		return fault.Leaf("validation_too_many_files",
			fmt.Sprintf("The maximum allowed files is %d", limit), "maxSelect", limit)
	}
	for _, name := range list {
		if fail := check.Storable(name); fail != nil {
			return fail
		}
	}
	return nil
}

// Check validates the options of the field.
func (f *File) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	fails.Set(check.Between(f.MaxSelect, 0, check.MaxSafe), "maxSelect")
	fails.Set(check.Between(f.MaxSize, 0, check.MaxSafe), "maxSize")
	size := regexp.MustCompile(`^(\d+)x(\d+)(t|b|f)?$`)
	for i, thumb := range f.Thumbs {
		switch {
		// One of the two sizes may be 0, to follow from the aspect ratio, but not both.
		case slices.Contains([]string{"0x0", "0x0t", "0x0b", "0x0f"}, thumb):
			fails.Set(fault.Leaf("validation_not_in_invalid", "Must not be in list"), "thumbs", fault.Index(i))
		case !size.MatchString(thumb):
			fails.Set(fault.Leaf("validation_match_invalid", "Must be in a valid format"), "thumbs", fault.Index(i))
		}
	}
	return fails
}

func (f *File) clone() Kind {
	d := *f
	d.MimeTypes, d.Thumbs = slices.Clone(f.MimeTypes), slices.Clone(f.Thumbs)
	return &d
}

func (f *File) load(rows store.Rows, col int) any { return loadChoice(rows.Text(col), f.Multiple()) }

func (f *File) bodySize() int64 {
	// The product must stay below maxBodySize, with any options.
	const most = 1000 // files
	return min(f.Limit(), maxBodySize/most) * int64(min(max(1, f.MaxSelect), most))
}
