package asset

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// servePacked answers with a gzip file: compressed if the client accepts gzip, else decompressed.
// The compressing middleware sets the header Vary for these answers too.
func servePacked(w http.ResponseWriter, r *http.Request, packed []byte) {
	h := w.Header()
	if takesGzip(r.Header.Values("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(packed)))
		w.Write(packed) //nolint:errcheck // a client that has disconnected needs no answer
		return
	}
	text, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // not reached: the file is embedded
	}
	io.Copy(w, text) //nolint:errcheck // a client that has disconnected needs no answer
}

// takesGzip reports whether the header Accept-Encoding has gzip with a weight above 0.
func takesGzip(headers []string) bool {
	for _, coding := range strings.Split(strings.Join(headers, ","), ",") {
		name, params, err := mime.ParseMediaType(coding)
		if err != nil || name != "gzip" {
			continue
		}
		weight, err := strconv.ParseFloat(params["q"], 64)
		return err != nil || weight > 0
	}
	return false
}
