package rest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/loambase/loam/core/blob"
)

const (
	// addressLife is how long an address of the bucket is good at most. For half of it the
	// address of a file stays the same, so that browsers need not load it again.
	addressLife = 2 * time.Hour
	// protectedLife is that of a protected file that may be seen without a token.
	protectedLife = 3 * time.Minute
)

// redirectToFile sends the client to the bucket, if the file is in one and may be had from
// there: only a bucket's answer with the type that was stored, and no policy of ours, so
// only what browsers show without running anything of it. The header of the call has what
// the bucket is to say. A token that ends takes the address with it.
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
		h.Del(name) // they are those of the file
	}
	if !protected {
		h.Set("Cache-Control", fmt.Sprintf("max-age=%d", int(end.Sub(now).Seconds()/2)))
	}
	h.Set("Location", address)
	c.w.WriteHeader(http.StatusFound)
	return true, nil
}
