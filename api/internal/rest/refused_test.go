package rest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest"
)

// TestRefusedWithLongBodies sends requests of clients that read the answer only after they have
// sent the whole body, as many clients do.
func TestRefusedWithLongBodies(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector")
	}
	t.Parallel()
	blog := newBlog(t)
	coretest.Collection(t, blog.app, `{"name":"open","createRule":""}`)
	server := httptest.NewServer(blog)
	defer server.Close()
	long := bytes.Repeat([]byte(" "), 34<<20)
	for _, c := range []struct {
		name, path string
		chunked    bool
		want       int
	}{
		{"too large", "/api/collections/members/records", false, 413},
		{"too large, of unknown length", "/api/collections/open/records", true, 413},
		{"not allowed, of unknown length", "/api/collections/members/records", true, 403},
		{"too large for the settings", "/api/batch", false, 403},
		{"guest", "/api/collections", false, 401},
		{"no collection", "/api/collections/nope/records", false, 404},
		{"no route", "/api/nope", true, 404},
		{"no file", "/nope", false, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(time.Minute))
			if err := sendWhole(conn, c.path, long, c.chunked); err != nil {
				t.Fatalf("the connection broke while the body was sent: %v", err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != c.want {
				t.Errorf("status %d, want %d", res.StatusCode, c.want)
			}
		})
	}
}

func sendWhole(w io.Writer, path string, body []byte, chunked bool) error {
	framing := fmt.Sprintf("Content-Length: %d", len(body))
	if chunked {
		framing = "Transfer-Encoding: chunked"
	}
	if _, err := fmt.Fprintf(w, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n\r\n", path, framing); err != nil {
		return err
	}
	if chunked {
		body = fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	}
	_, err := w.Write(body)
	return err
}
