// The field kind editor: HTML.

package schema

import (
	"fmt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// defaultEditorSize is the limit of an editor field whose MaxSize is 0.
const defaultEditorSize = 5 << 20

// Editor is a field with HTML, stored unchanged.
type Editor struct {
	MaxSize     int64 `json:"maxSize"` // bytes; 0: 5 MiB
	ConvertURLs bool  `json:"convertURLs"`
}

// Type returns "editor".
func (*Editor) Type() string { return "editor" }

// Multiple returns false.
func (*Editor) Multiple() bool { return false }

// Class returns ClassText.
func (*Editor) Class() Class { return ClassText }

// Column returns store.ColumnText.
func (*Editor) Column() store.ColumnKind { return store.ColumnText }

// Zero returns "".
func (*Editor) Zero() any { return "" }

// Cast converts a scalar to its text.
func (*Editor) Cast(v any) any { return cast.Text(v) }

// Limit returns the maximum size in bytes.
func (e *Editor) Limit() int64 {
	if e.MaxSize > 0 {
		return e.MaxSize
	}
	return defaultEditorSize
}

// Validate checks the size.
func (e *Editor) Validate(f *Field, v any) *fault.Field {
	s, _ := v.(string)
	if s == "" {
		return required(f, true)
	}
	if int64(len(s)) > e.Limit() {
		return fault.Leaf("validation_content_size_limit",
			fmt.Sprintf("The maximum allowed content size is %d bytes", e.Limit()), "maxSize", e.Limit())
	}
	return check.Storable(s)
}

// Check validates the options of the field.
func (e *Editor) Check(*Field) fault.Fields {
	fails := fault.Fields{}
	fails.Set(check.Between(e.MaxSize, 0, check.MaxSafe), "maxSize")
	return fails
}

func (e *Editor) clone() Kind { return clonePointer(e) }

func (*Editor) load(rows store.Rows, col int) any { return rows.Text(col) }

func (e *Editor) bodySize() int64 { return e.Limit() }
