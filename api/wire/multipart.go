package wire

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
)

// inMemory is how much of the files of a form is kept in memory; the rest lies in
// temporary files until Close. Its texts may have 10 MiB more.
const inMemory = 1 << 20

func (b *Body) readMultipart(in io.Reader, contentType string) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if params["boundary"] == "" {
		return errors.New("wire: multipart body without a boundary")
	}
	form, err := multipart.NewReader(in, params["boundary"]).ReadForm(inMemory)
	if errors.Is(err, multipart.ErrMessageTooLarge) {
		return fault.Wrap(fault.TooLarge, "", err)
	}
	if err != nil {
		return err
	}
	b.temp, b.form, b.files = form, form.Value, form.File
	return b.checkForm()
}

// Files are the uploads of the body by the name of their part, nil if there are
// none. One that cannot be read is an Invalid fault with that message.
func (b *Body) Files(unreadable string) (map[string][]*blob.Upload, error) {
	if len(b.files) == 0 {
		return nil, nil
	}
	uploads := make(map[string][]*blob.Upload, len(b.files))
	for name, headers := range b.files {
		for _, h := range headers {
			open := func() (io.ReadCloser, error) { return h.Open() }
			upload, err := blob.NewUpload(h.Filename, open, h.Size)
			if err != nil {
				return nil, fault.Wrap(fault.Invalid, unreadable, fmt.Errorf("part %q: %w", name, err))
			}
			uploads[name] = append(uploads[name], upload)
		}
	}
	return uploads, nil
}
