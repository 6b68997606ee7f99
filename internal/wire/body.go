package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/budget"
)

// smallBody is the Content-Length up to which a body takes no units of the memory budget.
const smallBody = 32 << 10

// DefaultLimit is the default maximum length of a body in bytes.
const DefaultLimit = 32 << 20

var errNotUTF8 = errors.New("wire: not UTF-8")

// Body is the complete body of a request. Close must be called when the files of the body are no
// longer used.
type Body struct {
	malformed string // message of the fault for a body that cannot be decoded

	raw   []byte                 // JSON, not yet parsed; nil if the body is empty or a form
	form  url.Values             // set if the body is a form
	files map[string][]*filePart // files of a multipart form
	temp  *os.File               // holds the files that are not in memory; nil if all are in memory

	spool  *spool       // a long text that is not in memory yet; then the fields above are not set
	weight int          // weight of the JSON, see examine
	place  budget.Lease // place among the heavy bodies, see Enter
	held   budget.Lease // bytes in memory; see ReadBody
}

// ReadBody reads the body of r, which may have up to limit bytes. The fault is TooLarge for a
// longer body, and Invalid with the message malformed, which may be empty, for a body that cannot
// be read or, later, decoded. A missing body and a body of length 0 give an empty Body, whatever
// the content type. Before ReadBody reads a long body, it takes units of the budget memory for the
// caller, which may have to wait; Leave gives the units back.
func ReadBody(r *http.Request, limit int64, malformed string, memory *budget.Budget, c budget.Caller) (*Body, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return &Body{}, nil
	}
	if r.ContentLength > limit {
		return nil, fault.New(fault.TooLarge, "")
	}
	in := &limited{r: r.Body, left: limit}
	body := &Body{malformed: malformed}
	if r.ContentLength < 0 || r.ContentLength > smallBody {
		size := int64(lightLength)
		if r.ContentLength >= 0 {
			size = min(size, r.ContentLength)
		}
		var err error
		if body.held, err = memory.Acquire(r.Context(), c, size); err != nil {
			return nil, err
		}
	}
	err := body.read(in, r)
	if in.exceeded {
		err = fault.New(fault.TooLarge, "")
	}
	if err != nil {
		body.Close()
		return nil, body.fail(err)
	}
	return body, nil
}

// fail returns err if it is a fault, else an Invalid fault with the message malformed.
func (b *Body) fail(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	return fault.Wrap(fault.Invalid, b.malformed, err)
}

// read reads a body of the content type of r.
func (b *Body) read(in io.Reader, r *http.Request) error {
	contentType := r.Header.Get("Content-Type")
	switch lower := strings.ToLower(contentType); {
	case strings.HasPrefix(lower, "application/json"):
		return b.readText(in, r.ContentLength, b.useJSON)
	case strings.HasPrefix(lower, "application/x-www-form-urlencoded"):
		return b.readText(in, r.ContentLength, b.useURLEncoded)
	case strings.HasPrefix(lower, "multipart/form-data"):
		return b.readMultipart(in, r.ContentLength, contentType)
	}
	switch n, err := io.CopyN(io.Discard, in, 1); {
	case n > 0:
		return fault.New(fault.Invalid, "Unsupported Content-Type.")
	case err != io.EOF:
		return err
	}
	return nil // an empty body may have any content type
}

func (b *Body) useJSON(text []byte) (err error) {
	if !utf8.Valid(text) {
		return errNotUTF8
	}
	if len(bytes.TrimLeft(text, " \t\r\n")) > 0 {
		b.raw = text
	}
	b.weight, err = examine(text)
	return err
}

func (b *Body) useURLEncoded(text []byte) (err error) {
	if bytes.Count(text, []byte("&")) > maxWeight/objectWeight {
		return fault.Wrap(fault.TooLarge, "", errTooHeavy)
	}
	if b.form, err = url.ParseQuery(string(text)); err != nil {
		return err
	}
	return b.checkForm()
}

// Close removes the temporary files of the body, and gives back its place (see Enter).
func (b *Body) Close() {
	if b == nil {
		return
	}
	b.discard()
	if b.temp != nil {
		removeTemp(b.temp)
		b.temp = nil
	}
	b.Leave()
}

// Object returns the body as a JSON object with numbers as json.Number; nil for an empty body and
// for null. The types of the fields of a form are inferred from their texts (see infer).
func (b *Body) Object() (object map[string]any, err error) {
	if err := b.load(); err != nil {
		return nil, err
	}
	switch {
	case b.form != nil:
		object, err = formObject(b.form)
	case b.raw != nil:
		object, err = decodeObject(b.raw)
	}
	if err != nil {
		return nil, b.fail(err)
	}
	return object, nil
}

// JSON returns the body as a JSON text, nil for an empty body. The types of the fields of a form
// are those of like, a struct or a pointer to a struct (see structured).
func (b *Body) JSON(like any) (text []byte, err error) {
	if err := b.load(); err != nil {
		return nil, err
	}
	switch {
	case b.form != nil:
		text, err = structured(b.form, like)
	case b.raw != nil:
		text, err = firstValue(b.raw)
	}
	if err != nil {
		return nil, b.fail(err)
	}
	return text, nil
}

// Decode decodes the body into the struct to which into points, as encoding/json does. An empty
// body leaves the struct unchanged.
func (b *Body) Decode(into any) error {
	text, err := b.JSON(into)
	if err != nil || text == nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return b.fail(err)
	}
	return nil
}

// checkForm validates every text of the form, and examines the JSON in the texts.
func (b *Body) checkForm() error {
	for _, text := range b.form[payloadKey] {
		weight, err := examine([]byte(text))
		if err != nil {
			return err
		}
		if b.weight += weight; b.weight > maxWeight {
			return fault.Wrap(fault.TooLarge, "", errTooHeavy)
		}
	}
	for name, values := range b.form {
		if !utf8.ValidString(name) {
			return errNotUTF8
		}
		for _, v := range values {
			if !utf8.ValidString(v) {
				return errNotUTF8
			}
		}
	}
	return nil
}
