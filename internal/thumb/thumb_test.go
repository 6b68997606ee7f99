package thumb

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/internal/budget"
)

var (
	red, green, blue, white = color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{255, 255, 255, 255}
	clear                   = color.RGBA{}
)

// quarters returns an image with quarters in red, green, blue and white: first the upper, then the
// lower row.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, [2][2]color.RGBA{{red, green}, {blue, white}}[2*y/h][2*x/w])
		}
	}
	return m
}

func encoded(t testing.TB, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpeg":
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 95})
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// made makes a thumb of an image, and returns the decoded thumb.
func made(t testing.TB, content []byte, size string) (m image.Image, mediaType string) {
	t.Helper()
	parsed, ok := ParseSize(size)
	if !ok {
		t.Fatalf("size %s", size)
	}
	r := bytes.NewReader(content)
	img, err := Inspect(r)
	if err != nil {
		t.Fatal(err)
	}
	out, mediaType, err := img.Make(r, parsed)
	if err != nil {
		t.Fatal(err)
	}
	if m, _, err = image.Decode(bytes.NewReader(out)); err != nil {
		t.Fatal(err)
	}
	return m, mediaType
}

// corners names the colours near the corners: first the upper, then the lower row.
func corners(m image.Image) string {
	b := m.Bounds()
	dx, dy := max(b.Dx()/8, 0), max(b.Dy()/8, 0)
	text := ""
	for _, p := range []image.Point{{b.Min.X + dx, b.Min.Y + dy}, {b.Max.X - 1 - dx, b.Min.Y + dy}, {b.Min.X + dx, b.Max.Y - 1 - dy}, {b.Max.X - 1 - dx, b.Max.Y - 1 - dy}} {
		c := color.RGBAModel.Convert(m.At(p.X, p.Y)).(color.RGBA)
		name := "?"
		for known, of := range map[string]color.RGBA{"r": red, "g": green, "b": blue, "w": white, "-": clear} {
			if near(c.R, of.R) && near(c.G, of.G) && near(c.B, of.B) && near(c.A, of.A) {
				name = known
			}
		}
		text += name
	}
	return text
}

func near(a, b uint8) bool { return max(a, b)-min(a, b) < 60 }

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "jpeg", "gif"} {
		for _, test := range []struct {
			size       string
			w, h       int
			outW, outH int
			corners    string
		}{
			{"100x100", 400, 200, 100, 100, "rgbw"},
			{"100x100", 200, 400, 100, 100, "rgbw"},
			{"100x100t", 200, 800, 100, 100, "rgrg"},
			{"100x100b", 200, 800, 100, 100, "bwbw"},
			{"100x100t", 800, 200, 100, 100, "rgbw"},
			{"100x100f", 400, 200, 100, 50, "rgbw"},
			{"100x100f", 200, 400, 50, 100, "rgbw"},
			{"100x100f", 60, 40, 60, 40, "rgbw"},
			{"100x100", 60, 40, 100, 100, "rgbw"},
			{"0x50", 400, 200, 100, 50, "rgbw"},
			{"50x0", 400, 200, 50, 25, "rgbw"},
			{"70x30", 333, 211, 70, 30, "rgbw"},
			{"100x0", 5000, 2, 100, 1, ""},
			{"0x100", 5000, 2, 4096, 100, ""},
			{"10x10", 1, 1, 10, 10, ""},
		} {
			m, mediaType := made(t, encoded(t, format, quarters(test.w, test.h)), test.size)
			if mediaType != "image/"+format || m.Bounds().Dx() != test.outW || m.Bounds().Dy() != test.outH {
				t.Errorf("%s %s of %d × %d is %s of %v", format, test.size, test.w, test.h, mediaType, m.Bounds())
			}
			if got := corners(m); test.corners != "" && got != test.corners {
				t.Errorf("%s %s of %d × %d shows %s, want %s", format, test.size, test.w, test.h, got, test.corners)
			}
		}
	}
	for _, bad := range []string{"", "x", "0x0", "100", "100x", "x100", "-1x5", "+1x5", "5000x5", "5x5z", "1e3x5", "0x0f", " 1x1", "99999999999999999999x1"} {
		if s, ok := ParseSize(bad); ok {
			t.Errorf("size %q is taken for %+v", bad, s)
		}
	}
}

// TestTransparency checks that the thumb of a PNG keeps transparent pixels.
func TestTransparency(t *testing.T) {
	t.Parallel()
	m := quarters(200, 200)
	for y := range 100 {
		for x := range 100 {
			m.SetRGBA(x, y, clear)
		}
	}
	thumb, _ := made(t, encoded(t, "png", m), "50x50")
	if got := corners(thumb); got != "-gbw" {
		t.Errorf("the thumb shows %s", got)
	}
}

// Images of 40 × 20 pixels from quarters, as WebP, which Go cannot encode: lossy and lossless, and
// the same two with a transparent red quarter.
const (
	webpLossy         = "UklGRrAAAABXRUJQVlA4IKQAAACwBgCdASooABQAPsFOn0unpCKhtUgA8BgJZACzr4v7p+FcsA/quEAf27+Ae//do36wAfn8BjL9SYkkdGmUAAD+ytdrLAAsPz+iWwLFpJ+RBYtJP/+oM8gP/kyIFt1pcTgi7039i4EVgAOx6P5+Zgt8yj/6s9/weZXbZmfP/JBY82XdP5Jb/4XH73VJvLc3qb1ZJ9iLG/cyZ2iD9KKb/+VnioAAAA=="
	webpLossless      = "UklGRjoAAABXRUJQVlA4TC4AAAAvJ8AEAB8gEEjeHzqN+RcQFPwf3fxHZA+AINtmkpO85AQOENH/2Lap+gxAVccB"
	webpLossyClear    = "UklGRsoAAABXRUJQVlA4WAoAAAAQAAAAJwAAEwAAQUxQSBgAAAABDzD/ERGCMNto/rQz2P9OIKL/EwDW2CNWUDggjAAAALAFAJ0BKigAFAA+vU6fS6ckIqG1SADgF4lkAMa1QS4BKgGEAfqB7/+4AbzcCyP8aWpf0/lCQAD+8zaf49D/OOCu3R9ZP0EQ0rlXDUG9DvzthXyJeJZLpu9U5rcd7woX/0PyKcXPWA5nz//g65R/vy7aX0lDLGFEhFP1T61Uxnxa7t47jMGR2H+YgAAA"
	webpLosslessClear = "UklGRjYAAABXRUJQVlA4TCkAAAAvJ8AEEB8w//MvICj4P7r5D4JNQJBtM8lJXnICB4jofwCwbXtWtarjAAA="
)

// TestWebP checks that the thumb of an opaque WebP is a JPEG, and that of a transparent one is a
// PNG.
func TestWebP(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ content, mediaType, corners string }{
		{webpLossy, "image/jpeg", "rgbw"}, {webpLossless, "image/jpeg", "rgbw"},
		{webpLossyClear, "image/png", "-gbw"}, {webpLosslessClear, "image/png", "-gbw"},
	} {
		content, err := base64.StdEncoding.DecodeString(test.content)
		if err != nil {
			t.Fatal(err)
		}
		m, mediaType := made(t, content, "20x10")
		if got := corners(m); mediaType != test.mediaType || got != test.corners {
			t.Errorf("%s of %.24s shows %s, want %s of %s", mediaType, test.content, got, test.mediaType, test.corners)
		}
	}
}

// exif returns the JPEG with an added Exif segment that has the orientation.
func exif(content []byte, order binary.AppendByteOrder, orientation uint16) []byte {
	head := "Exif\x00\x00MM\x00\x2a"
	if order == binary.LittleEndian {
		head = "Exif\x00\x00II\x2a\x00"
	}
	segment := order.AppendUint32([]byte(head), 8)
	segment = order.AppendUint16(segment, 2)
	for _, entry := range [][2]uint16{{0x010f, 1}, {0x0112, orientation}} {
		segment = order.AppendUint16(order.AppendUint16(segment, entry[0]), 3)
		segment = order.AppendUint16(order.AppendUint16(order.AppendUint32(segment, 1), entry[1]), 0)
	}
	segment = order.AppendUint32(segment, 0)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), content[2:]...)
}

// TestOrientation checks that a thumb is rotated as its Exif orientation says, and that its size
// refers to the rotated image.
func TestOrientation(t *testing.T) {
	t.Parallel()
	content := encoded(t, "jpeg", quarters(400, 200))
	want := []string{1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb", 9: "rgbw", 0: "rgbw"}
	for orientation, corner := range want {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			m, _ := made(t, exif(content, order, uint16(orientation)), "100x0")
			height := 50
			if orientation >= 5 && orientation <= 8 {
				height = 200
			}
			if got := corners(m); got != corner || m.Bounds().Dy() != height {
				t.Errorf("orientation %d: %s of %v, want %s of height %d", orientation, got, m.Bounds(), corner, height)
			}
		}
	}
}

// TestMeans checks that shrinking averages all pixels: a chessboard becomes grey.
func TestMeans(t *testing.T) {
	t.Parallel()
	m := image.NewGray(image.Rect(0, 0, 640, 640))
	for i := range m.Pix {
		m.Pix[i] = byte(255 * ((i%640 + i/640) % 2))
	}
	thumb, _ := made(t, encoded(t, "png", m), "40x40")
	for y := range 40 {
		for x := range 40 {
			if c := color.GrayModel.Convert(thumb.At(x, y)).(color.Gray); c.Y < 120 || c.Y > 135 {
				t.Fatalf("the pixel at %d, %d is %d", x, y, c.Y)
			}
		}
	}
}

// pngHead returns the beginning of a PNG whose header states the size.
func pngHead(w, h uint32) []byte {
	data := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	data = append(data, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(out, data...), crc32.ChecksumIEEE(data))
}

// TestRefusedBeforeDecoding checks that an image that would take too much memory is not decoded.
func TestRefusedBeforeDecoding(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"a PNG of 50,000 × 50,000": pngHead(50_000, 50_000),
		"a PNG of 2^31 × 1":        pngHead(1<<31-1, 1),
		"a PNG of no height":       pngHead(5, 0),
		"a text":                   []byte("not an image"),
		"nothing":                  nil,
		"the start of a JPEG":      encoded(t, "jpeg", quarters(40, 40))[:30],
	} {
		if img, err := Inspect(bytes.NewReader(content)); !errors.Is(err, ErrImage) {
			t.Errorf("%s: %+v, %v", name, img, err)
		}
	}
	cut := encoded(t, "png", quarters(400, 400))
	cut = cut[:len(cut)/2]
	img, err := Inspect(bytes.NewReader(cut))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := img.Make(bytes.NewReader(cut), Size{Width: 10, Height: 10}); !errors.Is(err, ErrImage) {
		t.Errorf("half a PNG: %v", err)
	}
}

// TestMemory checks the memory that Inspect predicts for decoding. A progressive JPEG takes five
// times the memory of a baseline JPEG.
func TestMemory(t *testing.T) {
	t.Parallel()
	const pixels = 640 * 480
	plain := encoded(t, "jpeg", quarters(640, 480)) // 4:2:0
	progressive := bytes.Replace(plain, []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1)
	for name, test := range map[string]struct {
		content []byte
		want    int64
	}{
		"JPEG": {plain, pixels * 3 / 2}, "progressive JPEG": {progressive, pixels * 15 / 2},
		"PNG": {encoded(t, "png", quarters(640, 480)), pixels * 4}, "GIF": {encoded(t, "gif", quarters(640, 480)), pixels},
	} {
		img, err := Inspect(bytes.NewReader(test.content))
		if err != nil || img.Memory != test.want {
			t.Errorf("%s: %d bytes, %v, want %d", name, img.Memory, err, test.want)
		}
	}
}

// counted is a store that counts its calls of Put.
type counted struct {
	blob.Store
	puts atomic.Int32
}

func (c *counted) Put(ctx context.Context, key string, r io.Reader, size int64, a blob.Attributes) error {
	c.puts.Add(1)
	return c.Store.Put(ctx, key, r, size, a)
}

func newStore(t *testing.T) *counted {
	t.Helper()
	local, err := blob.NewLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() }) // a test has no data to lose
	return &counted{Store: local}
}

func put(t *testing.T, s blob.Store, key string, content []byte) {
	t.Helper()
	if err := s.Put(t.Context(), key, bytes.NewReader(content), int64(len(content)), blob.Attributes{ContentType: "image/png", OriginalName: "my picture.png"}); err != nil {
		t.Fatal(err)
	}
}

// TestMadeOnce checks that concurrent requests for a thumb make it once, that it is no larger than
// its original, and that it keeps the original's name.
func TestMadeOnce(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	noise := image.NewRGBA(image.Rect(0, 0, 300, 300))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(rng.Uint32())
	}
	put(t, store, "c/r/large.png", encoded(t, "png", noise))
	put(t, store, "c/r/small.png", encoded(t, "png", quarters(20, 20)))
	before := store.puts.Load()
	m := NewMaker(store, budget.New(budget.Config{Total: 1 << 30, Share: 1 << 30}))
	for _, name := range []string{"large", "small"} {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				b, err := m.Open(t.Context(), budget.Anonymous("192.0.2.1"), "c/r/"+name+".png", "100x100")
				if err != nil {
					t.Error(err)
					return
				}
				defer b.Close()
				original, err := store.Open(t.Context(), "c/r/"+name+".png")
				if err != nil {
					t.Error(err)
					return
				}
				defer original.Close()
				if b.Size() > original.Size() || b.Attributes().OriginalName != "my picture.png" {
					t.Errorf("the thumb of %s has %d bytes, its original %d; %+v", name, b.Size(), original.Size(), b.Attributes())
				}
			})
		}
		all.Wait()
	}
	if n := store.puts.Load() - before; n != 2 {
		t.Errorf("%d thumbs were stored, want 2", n)
	}
	if key := Key("c/r/large.png", "100x100"); key != "c/r/thumbs_large.png/100x100_large.png" {
		t.Errorf("the key is %s", key)
	}
	_, err := m.Open(t.Context(), budget.Anonymous("192.0.2.1"), "c/r/none.png", "100x100")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a missing file: %v", err)
	}
}

// vanishing is a blob.Store whose Put first deletes the original, as a removal during the making of
// a thumb does.
type vanishing struct{ blob.Store }

func (v vanishing) Put(ctx context.Context, key string, r io.Reader, size int64, a blob.Attributes) error {
	if err := v.Store.Delete(ctx, "c/r/a.png"); err != nil {
		return err
	}
	return v.Store.Put(ctx, key, r, size, a)
}

// TestThumbOfWhatIsRemoved checks that no thumb of a removed original stays.
func TestThumbOfWhatIsRemoved(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	put(t, store, "c/r/a.png", encoded(t, "png", quarters(500, 500)))
	m := NewMaker(vanishing{store}, budget.New(budget.Config{Total: 1 << 30, Share: 1 << 30}))
	if _, err := m.Open(t.Context(), budget.Anonymous("192.0.2.1"), "c/r/a.png", "100x100"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open = %v", err)
	}
	if _, err := store.Open(t.Context(), Key("c/r/a.png", "100x100")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the thumb: %v", err)
	}
}

// slow is a blob.Store whose Put closes begun, and waits until may is closed.
type slow struct {
	blob.Store
	begun, may chan struct{}
}

func (s slow) Put(ctx context.Context, key string, r io.Reader, size int64, a blob.Attributes) error {
	close(s.begun)
	<-s.may
	return s.Store.Put(ctx, key, r, size, a)
}

// TestSettle checks that Settle waits for the thumbs of its folder only, and that the thumbs of
// removed files are deleted when Settle returns.
func TestSettle(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	put(t, store, "c/r/a.png", encoded(t, "png", quarters(500, 500)))
	begun, may := make(chan struct{}), make(chan struct{})
	m := NewMaker(slow{store, begun, may}, budget.New(budget.Config{Total: 1 << 30, Share: 1 << 30}))
	opened := make(chan error, 1)
	go func() {
		_, err := m.Open(t.Context(), budget.Anonymous("192.0.2.1"), "c/r/a.png", "100x100")
		opened <- err
	}()
	<-begun
	if err := store.Delete(t.Context(), "c/r/a.png"); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for folder, want := range map[string]error{"c/r": context.Canceled, "c": context.Canceled, "c/r2": nil, "d": nil} {
		if err := m.Settle(ended, folder); !errors.Is(err, want) {
			t.Errorf("Settle of %s, which has no time = %v, want %v", folder, err, want)
		}
	}
	close(may)
	if err := m.Settle(t.Context(), "c/r"); err != nil {
		t.Error(err)
	}
	if _, err := store.Open(t.Context(), Key("c/r/a.png", "100x100")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of the thumb = %v, want %v", err, fs.ErrNotExist)
	}
	if err := <-opened; !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open = %v, want %v", err, fs.ErrNotExist)
	}
}

// TestMemoryIsBudgeted checks that images wait for free memory, and that an image that needs more
// than the whole budget counts as no image.
func TestMemoryIsBudgeted(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	for i := range 8 {
		put(t, store, fmt.Sprintf("c/r/%d.png", i), encoded(t, "png", quarters(500, 500)))
	}
	memory := budget.New(budget.Config{Total: 1_500_000, Share: 1_500_000, Queue: 20})
	m := NewMaker(store, memory)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			b, err := m.Open(t.Context(), budget.Anonymous("192.0.2.1"), fmt.Sprintf("c/r/%d.png", i), "100x100")
			if err != nil {
				t.Error(err)
				return
			}
			b.Close()
		})
	}
	all.Wait()
	if use := memory.Usage(); use.Held != 0 || use.Granted != 8 || use.Waited == 0 {
		t.Errorf("the use is %+v: eight images of a megabyte did not wait for each other", use)
	}
}

// FuzzMake checks that no image makes the process panic.
func FuzzMake(f *testing.F) {
	for _, format := range []string{"png", "jpeg", "gif"} {
		f.Add(encoded(f, format, quarters(20, 10)), "10x10")
	}
	f.Add(exif(encoded(f, "jpeg", quarters(20, 10)), binary.LittleEndian, 6), "0x7")
	f.Add(pngHead(50_000, 50_000), "7x7f")
	f.Fuzz(func(t *testing.T, content []byte, size string) {
		parsed, ok := ParseSize(size)
		if !ok {
			return
		}
		r := bytes.NewReader(content)
		img, err := Inspect(r)
		if err != nil || img.Cost(parsed) > 16<<20 {
			return
		}
		if out, _, err := img.Make(r, parsed); err == nil {
			if _, _, err := image.DecodeConfig(bytes.NewReader(out)); err != nil {
				t.Errorf("the thumb is no image: %v", err)
			}
		}
	})
}
