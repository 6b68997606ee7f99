package rest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// jsonWithETag answers as respondJSON does, with an ETag; see withETag.
func (c *call) jsonWithETag(value []byte, err error) error {
	return c.withETag("application/json", value, err)
}

// withETag answers with a text of the media type and an ETag of the final bytes, or returns the
// error. Of JSON it sends the wanted parts. A client that sends the same tag is answered 304,
// without the text. The tag is weak, since it also stands for the compressed bytes.
func (c *call) withETag(mediaType string, value []byte, err error) error {
	if err != nil {
		return err
	}
	value = c.pickFields(value)
	tag := entityTag(value)
	h := c.w.Header()
	h["Etag"] = []string{tag}
	if known := c.r.Header["If-None-Match"]; len(known) > 0 && knows(known, tag) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.writeAs(http.StatusOK, mediaType, value)
}

func entityTag(value []byte) string {
	sum := sha256.Sum256(value)
	var tag [3 + 22 + 1]byte
	copy(tag[:], `W/"`)
	base64.RawURLEncoding.Encode(tag[3:], sum[:16])
	tag[len(tag)-1] = '"'
	return string(tag[:])
}

// knows reports whether an If-None-Match header lists the tag, by weak comparison. Tags of this
// server contain no comma.
func knows(header []string, tag string) bool {
	opaque := strings.TrimPrefix(tag, "W/")
	for _, line := range header {
		for item := range strings.SplitSeq(line, ",") {
			if item = strings.TrimSpace(item); item == "*" || strings.TrimPrefix(item, "W/") == opaque {
				return true
			}
		}
	}
	return false
}
