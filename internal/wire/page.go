package wire

import (
	"context"
	"strconv"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// AppendPage appends the JSON envelope of a page, with items reduced to fields. withCursor adds the
// cursor of the next page, which is "" on the last page.
func AppendPage(ctx context.Context, dst []byte, p *record.Page, fields *Fields, withCursor bool) []byte {
	dst = append(dst, `{"items":`...)
	dst = fields.Append(ctx, dst, p.Items)
	dst = append(dst, `,"page":`...)
	dst = strconv.AppendInt(dst, int64(p.Page), 10)
	dst = append(dst, `,"perPage":`...)
	dst = strconv.AppendInt(dst, int64(p.PerPage), 10)
	dst = append(dst, `,"totalItems":`...)
	dst = strconv.AppendInt(dst, int64(p.TotalItems), 10)
	dst = append(dst, `,"totalPages":`...)
	dst = strconv.AppendInt(dst, int64(p.TotalPages), 10)
	if withCursor {
		dst = append(dst, `,"cursor":`...)
		dst = schema.AppendString(dst, p.Next)
	}
	return append(dst, '}')
}
