package s3

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/loambase/loam/core/blob"
)

const (
	partSize = 16 << 20 // in bytes; some stores require equal sizes of all parts but the last
	maxParts = 10_000
)

// Put implements blob.Store. A blob of more than a part is uploaded in parts: each part is in
// memory while it is sent, and the blob exists when all parts are complete. A failed upload is
// aborted, so that its parts cost nothing.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64, a blob.Attributes) error {
	p, err := blob.Path(key)
	if err != nil {
		return err
	}
	if err := s.put(ctx, p, r, size, a); err != nil {
		return fmt.Errorf("store blob %q: %w", key, err)
	}
	return nil
}

func (s *Store) put(ctx context.Context, p string, r io.Reader, size int64, a blob.Attributes) error {
	part := s.part
	if size != blob.UnknownSize {
		part = int(max(int64(part), (size+maxParts-1)/maxParts))
		part = int(min(int64(part), size+1)) // a small blob needs no larger buffer
	}
	buffer := make([]byte, part)
	n, err := io.ReadFull(r, buffer)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if size != blob.UnknownSize && int64(n) != size {
			return fmt.Errorf("%d bytes came, not the %d that were announced", n, size)
		}
		return s.call(ctx, request{method: http.MethodPut, path: p, header: headerOf(a), body: buffer[:n]}, nil)
	case err != nil:
		return err
	}
	return s.putParts(ctx, p, r, size, a, buffer)
}

// headerOf returns the headers in which the store keeps the attributes.
func headerOf(a blob.Attributes) map[string]string {
	h := map[string]string{}
	if a.ContentType != "" {
		h["Content-Type"] = a.ContentType
	}
	if a.OriginalName != "" {
		h[originalName] = url.PathEscape(a.OriginalName) // headers are ASCII
	}
	return h
}

const originalName = "X-Amz-Meta-Original-Filename"

// upload is an upload in parts.
type upload struct {
	s    *Store
	path string
	id   string
	done []uploadedPart
	sent int64
}

type uploadedPart struct {
	Number int    `xml:"PartNumber"`
	ETag   string `xml:"ETag"`
}

// putParts uploads a blob whose beginning fills the buffer.
func (s *Store) putParts(ctx context.Context, p string, r io.Reader, size int64, a blob.Attributes, buffer []byte) error {
	var begun struct {
		UploadID string `xml:"UploadId"`
	}
	err := s.call(ctx, request{method: http.MethodPost, path: p, query: url.Values{"uploads": {""}}, header: headerOf(a)}, &begun)
	if err != nil {
		return err
	}
	u := &upload{s: s, path: p, id: begun.UploadID}
	if err := u.send(ctx, r, buffer); err != nil {
		return errors.Join(err, u.abort(ctx))
	}
	if size != blob.UnknownSize && u.sent != size {
		err := fmt.Errorf("%d bytes came, not the %d that were announced", u.sent, size)
		return errors.Join(err, u.abort(ctx))
	}
	if err := u.complete(ctx); err != nil {
		return errors.Join(err, u.abort(ctx))
	}
	return nil
}

// send sends the full buffer, and the rest of r.
func (u *upload) send(ctx context.Context, r io.Reader, buffer []byte) error {
	n, end := len(buffer), false
	for n > 0 {
		if len(u.done) == maxParts {
			return fmt.Errorf("it is larger than %d parts of %d bytes", maxParts, len(buffer))
		}
		if err := u.sendPart(ctx, buffer[:n]); err != nil {
			return err
		}
		if end {
			return nil
		}
		var err error
		n, err = io.ReadFull(r, buffer)
		end = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return err
		}
	}
	return nil
}

func (u *upload) sendPart(ctx context.Context, part []byte) error {
	number := len(u.done) + 1
	query := url.Values{"partNumber": {strconv.Itoa(number)}, "uploadId": {u.id}}
	header, err := u.s.ask(ctx, request{method: http.MethodPut, path: u.path, query: query, body: part}, nil)
	if err != nil {
		return err
	}
	u.done = append(u.done, uploadedPart{number, header.Get("ETag")})
	u.sent += int64(len(part))
	return nil
}

// complete creates the blob from the parts.
func (u *upload) complete(ctx context.Context) error {
	text, err := xml.Marshal(struct {
		XMLName xml.Name       `xml:"CompleteMultipartUpload"`
		Parts   []uploadedPart `xml:"Part"`
	}{Parts: u.done})
	if err != nil {
		return err
	}
	var answer struct{ XMLName xml.Name }
	return u.s.call(ctx, request{
		method: http.MethodPost, path: u.path, query: url.Values{"uploadId": {u.id}},
		header: map[string]string{"Content-Type": "application/xml"}, body: bytes.TrimSpace(text), slow: true, // some copy the parts now
	}, &answer)
}

// abortTime is the time limit of an abort, which runs even if the caller has gone.
const abortTime = 30 * time.Second

// abort aborts the upload and deletes its parts.
func (u *upload) abort(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	err := u.s.call(ctx, request{method: http.MethodDelete, path: u.path, query: url.Values{"uploadId": {u.id}}}, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was aborted already
	}
	return err
}
