package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
)

const (
	inMemory   = 1 << 20  // of the files of a form; the rest is in a temporary file
	maxTexts   = 10 << 20 // total bytes of the texts of a form
	partWeight = 100      // bytes that a text counts in addition to its name and value
	maxParts   = 1000     // as in mime/multipart's own reader
	readStep   = 64 << 10 // bytes of a form that are read at once; mime/multipart alone reads 4 kB
)

// filePart is a file of a form. Its bytes are a section of in, which can be read until Close.
type filePart struct {
	name string
	in   io.ReaderAt
	at   int64
	size int64
}

func (f *filePart) open() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(f.in, f.at, f.size)), nil
}

// readMultipart reads a form. length is its announced length in bytes, negative if unknown.
func (b *Body) readMultipart(in io.Reader, length int64, contentType string) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if params["boundary"] == "" {
		return errors.New("wire: multipart body without a boundary")
	}
	b.form, b.files = url.Values{}, map[string][]*filePart{}
	step := int64(readStep)
	if length >= 0 {
		step = min(step, length)
	}
	form := multipart.NewReader(bufio.NewReaderSize(untilClosed(in), int(step)), params["boundary"])
	texts, memory := int64(maxTexts), int64(inMemory)
	for range maxParts + 1 { // one more for the end of the form
		p, err := form.NextPart()
		if err == io.EOF {
			return b.checkForm()
		}
		if err == nil {
			err = b.readPart(p, &texts, &memory)
		}
		if errors.Is(err, multipart.ErrMessageTooLarge) {
			return fault.Wrap(fault.TooLarge, "", err)
		}
		if err != nil {
			return unspooled(err)
		}
	}
	return fault.New(fault.TooLarge, "")
}

// untilClosed returns a reader of the form that fails at the end of the form instead of returning
// io.EOF. A multipart.Reader must therefore find the closing delimiter (RFC 2046 §5.1.1); without
// untilClosed it would take a form that is cut off after a delimiter for complete. The line break
// is for forms that end right after the closing delimiter.
func untilClosed(form io.Reader) io.Reader {
	return io.MultiReader(form, strings.NewReader("\r\n"), unended{})
}

// unended is a reader that always fails with io.ErrUnexpectedEOF.
type unended struct{}

func (unended) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// readPart reads a text or a file of a form. texts and memory are the remaining bytes for texts,
// and for files in memory. A part without a name is ignored.
func (b *Body) readPart(p *multipart.Part, texts, memory *int64) error {
	name, file := p.FormName(), p.FileName()
	if name == "" {
		return nil
	}
	if file != "" {
		f := &filePart{name: file}
		b.files[name] = append(b.files[name], f)
		return b.readFile(p, f, memory)
	}
	if *texts -= int64(len(name)) + partWeight; *texts < 0 {
		return multipart.ErrMessageTooLarge
	}
	text, err := b.readFormText(p, texts)
	if err != nil {
		return err
	}
	b.form.Add(name, text)
	return nil
}

// readFormText reads a text in pieces. The first piece has firstStep bytes, and each further piece
// is twice as long as the piece before it, up to textStep bytes.
const (
	firstStep = 512
	textStep  = 64 << 10
)

// readFormText reads the value of a text field of a multipart form. It reads pieces and joins
// them at the end, since a single buffer would be copied each time it grows. Memory beyond what
// ReadBody has reserved for the body is reserved here, twice its length: for the pieces and for
// the joined text. The error is a fault.Unavailable if the budget has no room.
func (b *Body) readFormText(in io.Reader, left *int64) (string, error) {
	var pieces [][]byte
	for step := int64(firstStep); ; step = min(2*step, textStep) {
		piece := bytes.NewBuffer(make([]byte, 0, step+bytes.MinRead))
		n, err := io.CopyN(piece, in, min(step, *left+1))
		if *left -= n; *left < 0 {
			return "", multipart.ErrMessageTooLarge
		}
		pieces = append(pieces, piece.Bytes())
		if err == io.EOF {
			return join(pieces), nil
		}
		if err == nil && maxTexts-*left > lightLength {
			err = b.held.Grow(2 * n)
		}
		if err != nil {
			return "", err
		}
	}
}

// join concatenates the pieces.
func join(pieces [][]byte) string {
	length := 0
	for _, p := range pieces {
		length += len(p)
	}
	var text strings.Builder
	text.Grow(length)
	for _, p := range pieces {
		text.Write(p)
	}
	return text.String()
}

// readFile reads a file into memory if there is room, else into the temporary file of the body,
// which all its files share.
func (b *Body) readFile(in io.Reader, f *filePart, memory *int64) error {
	head, n, err := readPieces(in, *memory+1)
	if f.size = n; err == io.EOF {
		*memory -= f.size
		f.in = head
		return nil
	}
	if err != nil {
		return err
	}
	if b.temp == nil {
		if b.temp, err = createTemp(); err != nil {
			return err
		}
	}
	f.in = b.temp
	if f.at, err = b.temp.Seek(0, io.SeekCurrent); err != nil {
		return err
	}
	f.size, err = io.Copy(b.temp, io.MultiReader(io.NewSectionReader(head, 0, n), in))
	return err
}

// Files returns the uploads of the body by the names of their parts, nil if there are none. A file
// that cannot be read is an Invalid fault with the message unreadable.
func (b *Body) Files(unreadable string) (map[string][]*blob.Upload, error) {
	if len(b.files) == 0 {
		return nil, nil
	}
	uploads := make(map[string][]*blob.Upload, len(b.files))
	for name, files := range b.files {
		for _, f := range files {
			upload, err := blob.NewUpload(f.name, f.open, f.size)
			if err != nil {
				return nil, fault.Wrap(fault.Invalid, unreadable, fmt.Errorf("part %q: %w", name, err))
			}
			uploads[name] = append(uploads[name], upload)
		}
	}
	return uploads, nil
}

// FormJSON returns the JSON text of a part of a form, nil if the form has no such part. A text of
// more than most bytes is a TooLarge fault.
func (b *Body) FormJSON(part string, most int64) ([]byte, error) {
	text := []byte(b.form.Get(part))
	switch {
	case len(text) == 0:
		return nil, nil
	case int64(len(text)) > most:
		return nil, fault.New(fault.TooLarge, "")
	}
	if _, err := examine(text); err != nil {
		return nil, b.fail(err)
	}
	return text, nil
}
