package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"runtime"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/budget"
)

// TestFilesOfAForm sends files that need all their memory and one temporary file. The temporary
// file has no name, so that a killed process leaves no file behind.
func TestFilesOfAForm(t *testing.T) {
	temporaries := temporary(t)
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	var contents [][]byte
	for i, size := range []int{10, inMemory, 300_000, 0, 2 * inMemory, 600_000, 7} {
		content := make([]byte, size)
		for at := range content {
			content[at] = byte(i + at + at>>16) // all blocks differ
		}
		contents = append(contents, content)
		part, err := w.CreateFormFile("docs", fmt.Sprintf("%d.txt", i))
		if err != nil {
			t.Fatal(err)
		}
		part.Write(content)
	}
	w.Close()
	body, err := ReadBody(request(w.FormDataContentType(), buf.String()), DefaultLimit, "", nil, budget.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	if n := temporaries(); n > 0 && runtime.GOOS != "windows" {
		t.Errorf("%d temporary files have a name", n)
	}
	uploads, err := body.Files("")
	if err != nil || len(uploads["docs"]) != len(contents) {
		t.Fatalf("%d files, %v", len(uploads["docs"]), err)
	}
	for i, upload := range uploads["docs"] {
		for range 2 { // Open can be called again
			r, err := upload.Open()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, contents[i]) || upload.OriginalName != fmt.Sprintf("%d.txt", i) {
				t.Errorf("file %d, %s: %d bytes, %v, want %d", i, upload.OriginalName, len(got), err, len(contents[i]))
			}
			r.Close()
		}
	}
	body.Close()
	if n := temporaries(); n > 0 {
		t.Errorf("%d temporary files after Close", n)
	}
}

// TestFormThatIsCutOff checks that a file that is cut off is an error, wherever the body ends.
func TestFormThatIsCutOff(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	part, err := w.CreateFormFile("docs", "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	start := buf.Len()
	part.Write(make([]byte, 3*pieceSize))
	w.Close()
	for _, n := range []int{0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 2*pieceSize + 5, 3 * pieceSize} {
		cut := buf.String()[:start+n]
		if _, err := ReadBody(request(w.FormDataContentType(), cut), DefaultLimit, "", nil, budget.Caller{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("with %d bytes of the file: %v", n, err)
		}
	}
}

// TestFormsThatAreNotClosed checks that a form must have its closing delimiter. A line break or an
// epilogue may follow the delimiter.
func TestFormsThatAreNotClosed(t *testing.T) {
	t.Parallel()
	const parts = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nabc"
	for end, closed := range map[string]bool{
		"\r\n--b--\r\n": true, "\r\n--b--": true, "\r\n--b--\r\nepilogue": true, "\r\n--b-- \t\r\n": true,
		"": false, "\r\n": false, "\r\n--b": false, "\r\n--b-": false, "\r\n--b\r\n": false, "\r\n--b \r\n": false, "\r\n--b\r\n\r\n": false, "\r\n--b--more": false,
	} {
		body, err := ReadBody(request("multipart/form-data; boundary=b", parts+end), DefaultLimit, "", nil, budget.Caller{})
		if !closed {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("a form that ends with %q: %v", end, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("a form that ends with %q: %v", end, err)
			continue
		}
		if files, err := body.Files(""); err != nil || len(files["f"]) != 1 || files["f"][0].Size != 3 {
			t.Errorf("a form that ends with %q has %v, %v", end, files, err)
		}
		body.Close()
	}
}

func TestFormsThatAreTooLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector")
	}
	texts := func(n, size int) (string, string) {
		var buf bytes.Buffer
		w := multipart.NewWriter(&buf)
		for range n {
			w.WriteField("t", strings.Repeat("x", size))
		}
		w.Close()
		return w.FormDataContentType(), buf.String()
	}
	for _, tt := range []struct {
		n, size int
		cut     int
		want    fault.Kind
	}{
		{maxParts, 1, 0, 0},
		{maxParts + 1, 1, 0, fault.TooLarge},
		{10, 1 << 20, 0, fault.TooLarge},
		{9, 1 << 20, 0, 0},
		{2, 100, 150, fault.Invalid},
	} {
		contentType, text := texts(tt.n, tt.size)
		body, err := ReadBody(request(contentType, text[:len(text)-tt.cut]), DefaultLimit, "", nil, budget.Caller{})
		if tt.want == 0 && err != nil || tt.want != 0 && fault.KindOf(err) != tt.want {
			t.Errorf("%d texts of %d bytes without the last %d: %v", tt.n, tt.size, tt.cut, err)
		}
		body.Close()
	}
}

// TestTextsOfAFormAreCounted checks that long texts of forms count as memory of all bodies: one
// form of a guest is read, and a second one at the same time is refused.
func TestTextsOfAFormAreCounted(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	if err := w.WriteField("text", strings.Repeat("x", 5<<20)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	memory := budget.New(budget.Config{Total: 16 << 20, Share: 12 << 20})
	guest := budget.Anonymous("192.0.2.1")
	read := func() (*Body, error) {
		return ReadBody(request(w.FormDataContentType(), buf.String()), DefaultLimit, "", memory, guest)
	}
	body, err := read()
	if err != nil {
		t.Fatal(err)
	}
	if held := memory.Usage().Held; held < 8<<20 {
		t.Errorf("a form of 5 MiB of text holds %d bytes", held)
	}
	if _, err := read(); fault.KindOf(err) != fault.Unavailable || !errors.Is(err, budget.ErrSpent) {
		t.Errorf("a second one beside it: %v", err)
	}
	body.Close()
	if body, err = read(); err != nil {
		t.Errorf("after it: %v", err)
	}
	body.Close()
	if held := memory.Usage().Held; held != 0 {
		t.Errorf("%d bytes are held in the end", held)
	}
}
