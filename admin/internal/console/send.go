package console

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"
)

const (
	sendLimit = 30 * time.Second
	sendBytes = 1 << 20
)

// Answer is the API's response to a request of the console.
type Answer struct {
	Status  int
	Header  http.Header
	Body    []byte // the first megabyte of the body
	Bytes   int    // the size of the whole body
	Elapsed time.Duration
}

// Send sends a request to the API of this server with the client address of the browser. It has the
// given headers and the headers of the trusted proxy, but no cookies. It is cancelled after 30
// seconds.
func (c *Call) Send(method, address string, header http.Header, body string) (*Answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), sendLimit) // without the values of the outer request
	defer cancel()
	defer context.AfterFunc(c.R.Context(), cancel)()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, name := range c.Settings.TrustedProxy.Headers { // these headers hold the address of the client
		header[http.CanonicalHeaderKey(name)] = c.R.Header.Values(name)
	}
	r.Header, r.RemoteAddr, r.Host, r.TLS = header, c.R.RemoteAddr, c.R.Host, c.R.TLS
	w := &kept{Answer: Answer{Header: http.Header{}}}
	begin := time.Now()
	c.API.ServeHTTP(w, r)
	w.Elapsed = time.Since(begin)
	w.Body = w.text.Bytes()
	if w.Status == 0 {
		w.Status = http.StatusOK
	}
	return &w.Answer, nil
}

// kept is an http.ResponseWriter that keeps the response in memory.
type kept struct {
	Answer
	text bytes.Buffer
}

func (k *kept) Header() http.Header { return k.Answer.Header }

func (k *kept) WriteHeader(status int) {
	if k.Status == 0 {
		k.Status = status
	}
}

func (k *kept) Write(p []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	k.Bytes += len(p)
	k.text.Write(p[:min(len(p), sendBytes-k.text.Len())])
	return len(p), nil
}
