package rest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/loambase/loam/core/blob"
)

const (
	// addressLife is the maximum validity of an address of the bucket. For half of it the address
	// of a file stays the same, so that browsers need not load the file again.
	addressLife = 2 * time.Hour
	// protectedLife is the validity for a protected file that may be seen without a token.
	protectedLife = 3 * time.Minute
)

// redirectToFile redirects the client to the bucket, if the file is in a bucket and may be sent by
// it: the bucket answers with the stored type, and without this server's policies, so only files
// that browsers show without running scripts may be sent so. The headers of the call are passed to
// the bucket. The address expires with the token.
func (c *call) redirectToFile(b blob.Blob, protected bool, until time.Time) (answered bool, err error) {
	remote, ok := b.(blob.Remote)
	h := c.w.Header()
	if !ok || c.r.Method != http.MethodGet || !isInline(h.Get("Content-Type")) {
		return false, nil
	}
	now := c.api.app.Now()
	life := addressLife
	if protected {
		life = protectedLife
		if !until.IsZero() {
			life = min(life, until.Sub(now))
		}
	}
	address, end, err := remote.Address(life, blob.Headers{
		ContentType:        h.Get("Content-Type"),
		ContentDisposition: h.Get("Content-Disposition"),
		CacheControl:       h.Get("Cache-Control"),
	})
	if err != nil || address == "" {
		return false, err
	}
	for _, name := range []string{"Content-Type", "Content-Disposition", "Etag"} {
		h.Del(name) // they belong to the answer with the file
	}
	if !protected {
		h.Set("Cache-Control", fmt.Sprintf("max-age=%d", int(end.Sub(now).Seconds()/2)))
	}
	h.Set("Location", address)
	c.w.WriteHeader(http.StatusFound)
	return true, nil
}
