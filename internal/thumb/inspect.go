// Inspection of an image before it is decoded: its size, its orientation, and the memory that
// decoding takes.

package thumb

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the formats that image.Decode reads
	_ "image/jpeg"
	_ "image/png"
	"io"

	_ "golang.org/x/image/webp"
)

// ErrImage is the error of an image of which no thumb can be made: the image is damaged, too large,
// or of an unsupported format.
var ErrImage = errors.New("thumb: no thumb can be made of this")

// MaxMemory is the maximum number of bytes that making one thumb may take. Decoding a photo of 24
// megapixels takes 36 MB, or 180 MB for a progressive JPEG.
const MaxMemory = 256 << 20

// Image describes an image that is not decoded.
type Image struct {
	Format        string // jpeg, png, gif, webp
	Width, Height int    // of the stored image, before it is turned
	Memory        int64  // bytes that decoding the image takes
	turn          turn
}

// Inspect reads the head of an image. The error is ErrImage, or that of the reader.
func Inspect(r io.ReadSeeker) (Image, error) {
	config, format, err := image.DecodeConfig(bufio.NewReader(r))
	if err != nil {
		return Image{}, fmt.Errorf("%w: %w", ErrImage, err)
	}
	i := Image{Format: format, Width: config.Width, Height: config.Height}
	if i.Width <= 0 || i.Height <= 0 || i.Width > 1<<20 || i.Height > 1<<20 {
		return i, fmt.Errorf("%w: %d × %d pixels", ErrImage, i.Width, i.Height)
	}
	pixels := int64(i.Width) * int64(i.Height)
	i.Memory = pixels * bytesPerPixel(config.ColorModel)
	if format == "jpeg" {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return i, err
		}
		head := readJPEG(bufio.NewReader(r))
		i.turn = head.turn
		i.Memory = pixels * 3
		if head.samples > 0 {
			i.Memory = int64(float64(pixels) * head.samples)
		}
		if head.progressive { // all coefficients are kept, as 32-bit numbers
			i.Memory *= 5
		}
	}
	if i.Memory > MaxMemory {
		return i, fmt.Errorf("%w: %d × %d pixels would take %d MiB", ErrImage, i.Width, i.Height, i.Memory>>20)
	}
	_, err = r.Seek(0, io.SeekStart)
	return i, err
}

// bytesPerPixel returns the number of bytes of a decoded pixel.
func bytesPerPixel(m color.Model) int64 {
	switch m {
	case color.GrayModel, color.AlphaModel:
		return 1
	case color.Gray16Model, color.Alpha16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 4
}

// jpegHead holds the facts in the segments before the data of a JPEG.
type jpegHead struct {
	turn        turn
	progressive bool
	samples     float64 // per pixel, of all components together; 0: unknown
}

// readJPEG reads the segments up to the data. It stops at a damaged segment, whose error decoding
// will return.
func readJPEG(r *bufio.Reader) (head jpegHead) {
	if _, err := r.Discard(2); err != nil { // the start of the image
		return head
	}
	for {
		var marker [4]byte
		if _, err := io.ReadFull(r, marker[:]); err != nil || marker[0] != 0xff {
			return head
		}
		length := int(binary.BigEndian.Uint16(marker[2:])) - 2
		if length < 0 || marker[1] == 0xda {
			return head
		}
		segment := make([]byte, min(length, 64<<10))
		if _, err := io.ReadFull(r, segment); err != nil {
			return head
		}
		switch marker[1] {
		case 0xc0, 0xc1, 0xc2:
			head.progressive = marker[1] == 0xc2
			head.samples = samplesPerPixel(segment)
		case 0xe1:
			if head.turn == 0 {
				head.turn = exifTurn(segment)
			}
		}
	}
}

// samplesPerPixel returns the number of samples per pixel in a frame, for example 1.5 for 4:2:0.
func samplesPerPixel(frame []byte) float64 {
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
		return 0
	}
	var sum, horizontal, vertical int
	for i := range int(frame[5]) {
		h, v := int(frame[7+3*i]>>4), int(frame[7+3*i]&15)
		sum += h * v
		horizontal, vertical = max(horizontal, h), max(vertical, v)
	}
	if horizontal*vertical == 0 {
		return 0
	}
	return float64(sum) / float64(horizontal*vertical)
}

// exifTurn returns the orientation in an Exif segment (Exif 2.3, tag 0x0112), 0 if the segment has
// none.
func exifTurn(segment []byte) turn {
	const head = "Exif\x00\x00"
	if len(segment) < len(head)+8 || string(segment[:len(head)]) != head {
		return 0
	}
	tiff := segment[len(head):]
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at > len(tiff)-2 {
		return 0
	}
	count := int(order.Uint16(tiff[at:]))
	for entry := at + 2; count > 0 && entry+12 <= len(tiff); entry, count = entry+12, count-1 {
		if order.Uint16(tiff[entry:]) == 0x0112 {
			if t := order.Uint16(tiff[entry+8:]); t >= 1 && t <= 8 {
				return turn(t)
			}
			return 0
		}
	}
	return 0
}
