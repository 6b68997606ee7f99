package console

import (
	"errors"
	"io"
	"mime/multipart"

	"github.com/loambase/loam/core/fault"
)

// Upload returns a reader of a file in a multipart form. A read error, such as the error of an
// interrupted upload, is returned as an Invalid fault.
func Upload(part *multipart.Part) io.Reader { return &upload{part} }

type upload struct{ part *multipart.Part }

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.part.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fault.Wrap(fault.Invalid, "The file broke off.", err)
	}
	return n, err
}
