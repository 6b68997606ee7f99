package wire_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loambase/loam/internal/wire"
)

// TestLengthIsTold checks that every answer has a Content-Length and is not sent in chunks, whether
// this package or net/http sets the length.
func TestLengthIsTold(t *testing.T) {
	t.Parallel()
	var body []byte
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { wire.JSON(w, http.StatusOK, body) })
	for _, http2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(h)
		server.EnableHTTP2 = http2
		server.StartTLS()
		t.Cleanup(server.Close)
		for _, n := range []int{2, 2047, 2048, 2049, 4096, 100_000} {
			body = []byte(`"` + strings.Repeat("x", n-2) + `"`)
			for _, method := range []string{"GET", "HEAD"} {
				r, err := http.NewRequestWithContext(t.Context(), method, server.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := server.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				if answer.ContentLength != int64(n) || len(answer.TransferEncoding) > 0 {
					t.Errorf("%s %s of %d bytes: length %d, in %v", answer.Proto, method, n, answer.ContentLength, answer.TransferEncoding)
				}
			}
		}
	}
}
