package s3

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/s3/ambient"
	"github.com/loambase/loam/internal/trace"
)

// request is one call to the store. Its body is in memory, so it can be sent again.
type request struct {
	method string
	path   string // below the bucket; "" for the bucket itself
	query  url.Values
	header map[string]string
	body   []byte
	slow   bool // the store may need minutes before it answers
}

const (
	attempts    = 4
	attemptTime = 5 * time.Minute // of one attempt, including its response
	maxAnswer   = 8 << 20         // maximum size in bytes of a response that is not a blob
)

// Error is the store's response to a failed request.
type Error struct {
	Status  int    `xml:"-"`
	Code    string `xml:"Code"`
	Message string `xml:"Message"`
}

func (e *Error) Error() string {
	text := fmt.Sprintf("the store answered %d %s", e.Status, cmp.Or(e.Code, http.StatusText(e.Status)))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// Is reports that a missing blob is fs.ErrNotExist.
func (e *Error) Is(target error) bool {
	return target == fs.ErrNotExist && e.Status == http.StatusNotFound && e.Code != "NoSuchBucket"
}

// passes reports whether the same request may succeed a moment later.
func (e *Error) passes() bool {
	return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Code == "RequestTimeout"
}

// mayPass reports whether the failed request may succeed a moment later.
func mayPass(err error) bool {
	var answer *Error
	return !errors.As(err, &answer) || answer.passes()
}

// refused reports whether the store refuses the keys, as far as that is known: a response to HEAD
// has no reason.
func refused(err error) bool {
	var answer *Error
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.Code {
	case "":
		return answer.Status == http.StatusForbidden || answer.Status == http.StatusBadRequest
	case "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "TokenRefreshRequired":
		return true
	}
	return false
}

// away returns a fault for an error of the store that may pass.
func away(ctx context.Context, err error) error {
	if ctx.Err() != nil || !mayPass(err) {
		return err
	}
	return fault.Wrap(fault.Unavailable, "The store of files does not answer.", err)
}

// call sends the request, again after a temporary failure, and decodes the XML of the response
// into the value, if there is one.
func (s *Store) call(ctx context.Context, r request, into any) error {
	_, err := s.ask(ctx, r, into)
	return err
}

// ask is call that returns the header of the response.
func (s *Store) ask(ctx context.Context, r request, into any) (http.Header, error) {
	for n, begun := 1, time.Now(); ; n++ {
		var header http.Header
		keys, err := s.source.Get(ctx)
		if err == nil {
			header, err = s.attempt(ctx, keys, r, into)
		}
		if err == nil {
			return header, nil
		}
		again := mayPass(err) || refused(err) && s.source.Refused(keys)
		if n == attempts || !again || time.Since(begun) > s.cfg.Patience || ctx.Err() != nil {
			return nil, away(ctx, err)
		}
		if e := s.wait(ctx, n); e != nil {
			return nil, e
		}
	}
}

// wait waits before the next attempt; the time doubles with each attempt.
func (s *Store) wait(ctx context.Context, n int) error {
	timer := time.NewTimer(s.pause << (n - 1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (s *Store) attempt(ctx context.Context, keys ambient.Keys, r request, into any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	res, err := s.send(ctx, keys, r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	// The response to the end of an upload has the status 200 before it is known whether the
	// upload succeeds.
	if into != nil && bytes.Contains(text, []byte("<Error>")) {
		answer := &Error{Status: http.StatusInternalServerError}
		if err := xml.Unmarshal(text, answer); err == nil && answer.Code != "" {
			return nil, answer
		}
	}
	if into != nil {
		if err := xml.Unmarshal(text, into); err != nil {
			return nil, fmt.Errorf("the store's answer cannot be read: %w", err)
		}
	}
	return res.Header, nil
}

// send sends the request once. The error for an unsuccessful response is an *Error.
func (s *Store) send(ctx context.Context, keys ambient.Keys, r request) (res *http.Response, err error) {
	ctx, span := trace.Start(ctx, "S3 "+r.method, trace.Client, trace.Attr("http.request.method", r.method), trace.Attr("server.address", s.base.Host))
	defer func() { span.End(err) }()
	u := s.address(r.path)
	u.RawQuery = escapeQuery(r.query)
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if len(r.body) == 0 {
		req.Body = http.NoBody
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	s.sign(req, keys, u.RawPath, r.body)
	if span != nil { // the header is not signed, because a proxy may change it
		req.Header.Set("Traceparent", span.Header())
	}
	client := s.client
	if r.slow {
		client = s.slow
	}
	res, err = client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	failed := &Error{Status: res.StatusCode}
	if text, err := io.ReadAll(io.LimitReader(res.Body, 64<<10)); err == nil {
		_ = xml.Unmarshal(text, failed) // the response of a proxy is not XML
	}
	return nil, failed
}

// address returns the URL of a path below the bucket, escaped as it is signed.
func (s *Store) address(p string) url.URL {
	u := s.base
	u.Path += "/" + p
	u.RawPath = escapePath(u.Path)
	return u
}

// withoutURL removes the long URL from an error.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
