package wire

import (
	"net/http"
	"strconv"
)

// JSON answers with one JSON value, followed by a line break, in a single write.
// It takes body over.
func JSON(w http.ResponseWriter, status int, body []byte) {
	body = append(body, '\n')
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	w.Write(body) // a client that has gone away is nobody's failure
}

// NoContent answers that it is done.
func NoContent(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }
