package s3

import (
	"context"
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

// Open implements blob.Store. The content is requested only when it is read.
func (s *Store) Open(ctx context.Context, key string) (blob.Blob, error) {
	p, err := blob.Path(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, fs.ErrNotExist)
	}
	header, err := s.ask(ctx, request{method: http.MethodHead, path: p}, nil)
	if err != nil {
		return nil, fmt.Errorf("open blob %q: %w", key, err)
	}
	o := &object{ctx: ctx, s: s, path: p, etag: header.Get("ETag"), attributes: attributesOf(header)}
	if o.size, err = strconv.ParseInt(header.Get("Content-Length"), 10, 64); err != nil {
		return nil, fmt.Errorf("open blob %q: its size is not known", key)
	}
	o.modified, _ = http.ParseTime(header.Get("Last-Modified")) // zero if the store does not send it
	return o, nil
}

func attributesOf(h http.Header) blob.Attributes {
	a := blob.Attributes{ContentType: h.Get("Content-Type")}
	if a.ContentType == "" {
		a.ContentType = "application/octet-stream"
	}
	if name, err := url.PathUnescape(h.Get(originalName)); err == nil {
		a.OriginalName = name
	}
	return a
}

// object is an open blob. Its context is the context of Open.
type object struct {
	ctx        context.Context
	s          *Store
	path       string
	etag       string
	attributes blob.Attributes
	size       int64
	modified   time.Time

	at     int64         // position of the next Read
	body   io.ReadCloser // nil, or the contents from bodyAt on
	bodyAt int64
}

func (o *object) Attributes() blob.Attributes { return o.attributes }
func (o *object) Size() int64                 { return o.size }
func (o *object) ModTime() time.Time          { return o.modified }

// Seek implements io.Seeker. It sends no request; the next Read does.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, errors.New("s3: seek before the beginning")
	}
	o.at = offset
	return offset, nil
}

// Read implements io.Reader. If the connection breaks, it requests the rest of the same version.
func (o *object) Read(p []byte) (n int, err error) {
	if o.at >= o.size {
		return 0, io.EOF
	}
	for try := 1; ; try++ {
		if err = o.reach(); err == nil {
			n, err = o.body.Read(p)
			o.at += int64(n)
			o.bodyAt = o.at
			if n > 0 || len(p) == 0 {
				if err != nil {
					o.drop()
				}
				return n, nil
			}
		}
		o.drop()
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if try == attempts || o.ctx.Err() != nil || !mayPass(err) {
			return 0, away(o.ctx, err)
		}
		if err := o.s.wait(o.ctx, try); err != nil {
			return 0, err
		}
	}
}

// shortGap is the maximum number of bytes that are skipped by reading instead of by a new
// request.
const shortGap = 256 << 10

// reach makes the body begin at the position of the next Read.
func (o *object) reach() error {
	if o.body != nil && o.bodyAt <= o.at && o.at-o.bodyAt <= shortGap {
		skipped, err := io.CopyN(io.Discard, o.body, o.at-o.bodyAt)
		o.bodyAt += skipped
		return err
	}
	o.drop()
	header := map[string]string{"Range": fmt.Sprintf("bytes=%d-", o.at)}
	if o.etag != "" {
		header["If-Match"] = o.etag
	}
	keys, err := o.s.source.Get(o.ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(o.ctx)
	res, err := o.s.send(ctx, keys, request{method: http.MethodGet, path: o.path, header: header})
	if err != nil {
		cancel()
		return err
	}
	res.Body = &patient{res.Body, cancel, o.s.cfg.Patience}
	if res.StatusCode != http.StatusPartialContent && o.at > 0 {
		return errors.Join(errors.New("s3: the store does not give parts of a blob"), res.Body.Close())
	}
	o.body, o.bodyAt = res.Body, o.at
	return nil
}

// patient is a body that is cancelled if no data arrives for a time.
type patient struct {
	io.ReadCloser
	cancel   context.CancelFunc
	patience time.Duration
}

func (b *patient) Read(p []byte) (int, error) {
	defer time.AfterFunc(b.patience, b.cancel).Stop()
	return b.ReadCloser.Read(p)
}

func (b *patient) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func (o *object) drop() {
	if o.body != nil {
		_ = o.body.Close() // the bytes that were read are complete
		o.body = nil
	}
}

// Close implements io.Closer.
func (o *object) Close() error {
	o.drop()
	return nil
}
