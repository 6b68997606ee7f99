// Package thumb makes thumbs, small copies of images: sizes (size.go), inspection before decoding
// (inspect.go), turning (turn.go), scaling and encoding (make.go), and the thumbs of stored files,
// each made once (maker.go).
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

// quality is the JPEG quality of thumbs, from 1 to 100.
const quality = 90

// Make decodes an inspected image, and returns its thumb and the media type of the thumb. The error
// is ErrImage, or that of the reader.
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

// plan returns the part of the turned image that is kept, the size of the thumb, and the integer
// factor by which the image is shrunk first, by means of all pixels. The rest of the scaling is by
// less than a factor of two.
func (i Image) plan(size Size) (keep image.Rectangle, width, height, factor int) {
	w, h := i.Width, i.Height
	if i.turn.swaps() {
		w, h = h, w
	}
	keep, width, height = size.layout(w, h)
	return keep, width, height, max(min(keep.Dx()/width, keep.Dy()/height), 1)
}

// Cost returns the number of bytes that making the thumb takes: the decoded image, the shrunk
// image, twice if the image is turned, and the thumb.
func (i Image) Cost(size Size) int64 {
	_, width, height, factor := i.plan(size)
	shrunk := 4 * (int64(i.Width)/int64(factor) + 1) * (int64(i.Height)/int64(factor) + 1)
	if i.turn > 1 {
		shrunk *= 2
	}
	return i.Memory + shrunk + 4*int64(width)*int64(height)
}

// isOpaque reports whether the image has no transparent pixels.
func isOpaque(m image.Image) bool {
	o, ok := m.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// shrink returns the image with the mean of each square of factor × factor pixels as one pixel.
// Incomplete squares at the right and the bottom are left out, unless the image has no complete
// square.
func shrink(src image.Image, factor int) *image.RGBA {
	b := src.Bounds()
	if factor == 1 {
		dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		draw.Draw(dst, dst.Rect, src, b.Min, draw.Src)
		return dst
	}
	dst := image.NewRGBA(image.Rect(0, 0, max(b.Dx()/factor, 1), max(b.Dy()/factor, 1)))
	// Rows of squares are converted one at a time, because the whole image as RGBA would take more
	// memory than the decoded image.
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), factor))
	for y := range dst.Rect.Dy() {
		draw.Draw(strip, strip.Rect, src, image.Pt(b.Min.X, b.Min.Y+y*factor), draw.Src)
		for x := range dst.Rect.Dx() {
			mean(dst.Pix[dst.PixOffset(x, y):], strip, x*factor, factor)
		}
	}
	return dst
}

// mean writes the mean pixel of a square of the strip to dst.
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

// encode encodes the thumb in the format of its original. The thumb of a WebP, which Go cannot
// encode, is a JPEG, or a PNG if the image is not opaque.
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
