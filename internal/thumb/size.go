// Sizes of thumbs, as clients ask for them.

package thumb

import (
	"image"
	"strconv"
	"strings"
)

// Size is the size of a thumb, and the part of the image that is cut off if the proportions differ.
type Size struct {
	Width, Height int // in pixels; one of the two may be 0 and then follows from the proportions
	Fit           Fit
}

// Fit says which part of an image is in the thumb.
type Fit byte

// The fits. All but Inside fill the size and cut off the rest of the image.
const (
	Centre Fit = 0
	Top    Fit = 't'
	Bottom Fit = 'b'
	Inside Fit = 'f' // the whole image, in the size or smaller
)

// maxSide is the maximum width and height of a thumb in pixels.
const maxSide = 4096

// ParseSize parses a size: WxH, WxHt, WxHb, WxHf, 0xH or Wx0 (docs/wire/records.md §7.5).
func ParseSize(text string) (s Size, ok bool) {
	if text == "" {
		return s, false
	}
	switch last := Fit(text[len(text)-1]); last {
	case Top, Bottom, Inside:
		s.Fit, text = last, text[:len(text)-1]
	}
	width, height, found := strings.Cut(text, "x")
	var okWidth, okHeight bool
	s.Width, okWidth = side(width)
	s.Height, okHeight = side(height)
	ok = found && okWidth && okHeight && s.Width+s.Height > 0
	return s, ok
}

func side(text string) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n <= maxSide && text[0] != '+' && text[0] != '-'
}

// layout returns the part of an image of w × h pixels that is kept, and the size to which the part
// is scaled.
func (s Size) layout(w, h int) (keep image.Rectangle, width, height int) {
	keep = image.Rect(0, 0, w, h)
	switch {
	case s.Width == 0:
		return keep, bound(w * s.Height / h), s.Height
	case s.Height == 0:
		return keep, s.Width, bound(h * s.Width / w)
	case s.Fit == Inside:
		if w <= s.Width && h <= s.Height {
			return keep, w, h
		}
		if w*s.Height > h*s.Width { // wider in proportion than the size
			return keep, s.Width, bound(h * s.Width / w)
		}
		return keep, bound(w * s.Height / h), s.Height
	}
	if w*s.Height > h*s.Width {
		part := max(h*s.Width/s.Height, 1)
		left := (w - part) / 2
		return image.Rect(left, 0, left+part, h), s.Width, s.Height
	}
	part := max(w*s.Height/s.Width, 1)
	top := (h - part) / 2
	switch s.Fit {
	case Top:
		top = 0
	case Bottom:
		top = h - part
	}
	return image.Rect(0, top, w, top+part), s.Width, s.Height
}

// bound limits a computed side to 1 to maxSide pixels.
func bound(n int) int { return min(max(n, 1), maxSide) }
