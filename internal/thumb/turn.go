// Turning an image upright by its Exif orientation.

package thumb

import "image"

// turn is an Exif orientation, 1 to 8; 0 means 1, upright.
type turn int

// swaps reports whether the turn swaps width and height.
func (t turn) swaps() bool { return t >= 5 }

// apply returns the upright image.
func (t turn) apply(src *image.RGBA) *image.RGBA {
	if t <= 1 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if t.swaps() {
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			fromX, fromY := t.source(x, y, w, h)
			from, to := src.PixOffset(fromX, fromY), dst.PixOffset(x, y)
			copy(dst.Pix[to:to+4], src.Pix[from:from+4])
		}
	}
	return dst
}

// source returns the pixel of the stored image of w × h pixels that is at x, y in the upright
// image.
func (t turn) source(x, y, w, h int) (int, int) {
	switch t {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}
