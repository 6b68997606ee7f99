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

// smallBody is up to which announced length a body is not counted.
const smallBody = 32 << 10

// DefaultLimit is how many bytes a body may have where nothing else is said.
const DefaultLimit = 32 << 20

var errNotUTF8 = errors.New("wire: not UTF-8")

// Body is the body of a request, read whole. Close it when nothing refers to its
// files any more.
type Body struct {
	malformed string // the message for what cannot be decoded

	raw   []byte                 // JSON, not yet parsed; nil if the body is empty or a form
	form  url.Values             // set if the body is a form
	files map[string][]*filePart // of a multipart form
	temp  *os.File               // those that are not in memory; nil if all are

	spool  *spool       // a long text that is not in memory yet: none of the above is set
	weight int          // of its JSON, see examine
	place  budget.Lease // among the heavy bodies; see Enter
	held   budget.Lease // bytes in memory; see ReadBody
}

// ReadBody reads the body of r, which may have limit bytes. What cannot be read,
// or decoded later, is an Invalid fault with the message malformed, which may be
// empty. No body, and one of no length, is an empty Body whatever its content type
// says. What of a long body is in memory is taken from memory in the name of the caller,
// who may have to wait, before any of it is read; Leave gives it back.
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

// fail is the fault in err, or one that says that the body is malformed.
func (b *Body) fail(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	return fault.Wrap(fault.Invalid, b.malformed, err)
}

// read reads what the content type announces.
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
	return nil // what turns out to be empty has no type that could be wrong
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

// Close removes what the body keeps on disk, and gives back its place if it has one
// (see Enter).
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

// Object is the body as a JSON object, numbers as json.Number; an empty body and
// null are no object. The fields of a form are typed by their looks (see infer).
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

// JSON is the body as one JSON value, nil if it is empty. The fields of a form are
// typed by the struct that like is, or points to (see structured).
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

// Decode decodes the body into the struct that into points to as encoding/json
// does. An empty body changes nothing.
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

// checkForm looks at every text of the form, and examines the JSON in it.
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
