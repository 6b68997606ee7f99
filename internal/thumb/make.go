// Package thumb makes small images of large ones: sizes (size.go), what an image is before
// it is decoded (inspect.go), turning (turn.go), scaling and encoding (make.go), and the
// thumbs of stored files, each made once (maker.go).
package thumb

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	scale "golang.org/x/image/draw"
)

// quality is that of JPEG thumbs, of 100.
const quality = 90

// Make decodes an image that was inspected, and returns its thumb and the media type of
// that. The error is ErrImage, or that of the reader.
func (i Image) Make(r io.Reader, size Size) (thumb []byte, mediaType string, err error) {
	src, _, err := image.Decode(bufio.NewReader(r))
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrImage, err)
	}
	if b := src.Bounds(); b.Dx() != i.Width || b.Dy() != i.Height {
		return nil, "", fmt.Errorf("%w: it has another size than it says", ErrImage)
	}
	opaque := i.Format == "jpeg" || isOpaque(src)
	keep, width, height, factor := i.plan(size)
	small := i.turn.apply(shrink(src, factor))
	keep = image.Rect(keep.Min.X/factor, keep.Min.Y/factor, keep.Max.X/factor, keep.Max.Y/factor).Intersect(small.Rect)
	if keep.Empty() {
		keep = small.Rect
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	scale.ApproxBiLinear.Scale(out, out.Rect, small, keep, draw.Src, nil)
	return encode(out, i.Format, opaque)
}

// plan is the part of the turned image that is kept, the size of the thumb, and the whole
// factor by which the image is shrunk first: by means, which no pixel escapes. What is
// left to do is less than a factor of two.
func (i Image) plan(size Size) (keep image.Rectangle, width, height, factor int) {
	w, h := i.Width, i.Height
	if i.turn.swaps() {
		w, h = h, w
	}
	keep, width, height = size.layout(w, h)
	return keep, width, height, max(min(keep.Dx()/width, keep.Dy()/height), 1)
}

// Cost is how many bytes making the thumb takes: the decoded image, what it is shrunk to,
// twice if it is turned, and the thumb.
func (i Image) Cost(size Size) int64 {
	_, width, height, factor := i.plan(size)
	shrunk := 4 * (int64(i.Width)/int64(factor) + 1) * (int64(i.Height)/int64(factor) + 1)
	if i.turn > 1 {
		shrunk *= 2
	}
	return i.Memory + shrunk + 4*int64(width)*int64(height)
}

// isOpaque reports whether the image hides whatever is behind it.
func isOpaque(m image.Image) bool {
	o, ok := m.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// shrink returns the image with each square of factor × factor pixels as one, their mean.
// Pixels at the right and the bottom that make no whole square are left out, unless there
// would be none.
func shrink(src image.Image, factor int) *image.RGBA {
	b := src.Bounds()
	if factor == 1 {
		dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		draw.Draw(dst, dst.Rect, src, b.Min, draw.Src)
		return dst
	}
	dst := image.NewRGBA(image.Rect(0, 0, max(b.Dx()/factor, 1), max(b.Dy()/factor, 1)))
	// One row of squares at a time: the image as RGBA would take more than it does as it is.
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), factor))
	for y := range dst.Rect.Dy() {
		draw.Draw(strip, strip.Rect, src, image.Pt(b.Min.X, b.Min.Y+y*factor), draw.Src)
		for x := range dst.Rect.Dx() {
			mean(dst.Pix[dst.PixOffset(x, y):], strip, x*factor, factor)
		}
	}
	return dst
}

// mean writes the mean of a square of the strip.
func mean(dst []byte, strip *image.RGBA, left, factor int) {
	var sum [4]int
	for y := range factor {
		row := strip.Pix[strip.PixOffset(left, y):]
		for x := range factor {
			for c := range sum {
				sum[c] += int(row[4*x+c])
			}
		}
	}
	for c := range sum {
		dst[c] = byte((sum[c] + factor*factor/2) / (factor * factor))
	}
}

// encode writes the thumb in the format of its original. WebP, which Go does not write,
// becomes a JPEG, or a PNG if something shines through.
func encode(m *image.RGBA, format string, opaque bool) (thumb []byte, mediaType string, err error) {
	var out bytes.Buffer
	switch {
	case format == "jpeg" || format == "webp" && opaque:
		mediaType, err = "image/jpeg", jpeg.Encode(&out, m, &jpeg.Options{Quality: quality})
	case format == "gif":
		mediaType, err = "image/gif", gif.Encode(&out, m, nil)
	default:
		mediaType, err = "image/png", png.Encode(&out, m)
	}
	return out.Bytes(), mediaType, err
}
