package s3

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/loambase/loam/core/blob"
)

// listed is one page of a list.
type listed struct {
	Contents []struct {
		Key          string    `xml:"Key"`
		Size         int64     `xml:"Size"`
		LastModified time.Time `xml:"LastModified"`
	} `xml:"Contents"`
	Encoding  string `xml:"EncodingType"` // of the keys; some stores ignore the requested encoding
	Truncated bool   `xml:"IsTruncated"`
	Next      string `xml:"NextContinuationToken"`
}

// keyPath decodes a key of a list.
func keyPath(encoding, key string) (string, error) {
	if encoding != "url" {
		return key, nil
	}
	return url.QueryUnescape(key)
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, prefix string, fn func(blob.Info) error) error {
	if prefix = strings.TrimSuffix(prefix, "/"); prefix != "" {
		p, err := blob.Path(prefix)
		if err != nil {
			return nil // no key has the prefix
		}
		prefix = p + "/"
	}
	for next := ""; ; {
		query := url.Values{"list-type": {"2"}, "prefix": {prefix}, "encoding-type": {"url"}}
		if next != "" {
			query.Set("continuation-token", next)
		}
		var part listed
		if err := s.call(ctx, request{method: http.MethodGet, query: query}, &part); err != nil {
			return fmt.Errorf("list blobs below %q: %w", prefix, err)
		}
		for _, c := range part.Contents {
			p, err := keyPath(part.Encoding, c.Key)
			if err != nil {
				return fmt.Errorf("list blobs below %q: %w", prefix, err)
			}
			if strings.HasSuffix(p, "/") {
				continue // other programs store such a key for a folder
			}
			if err := fn(blob.Info{Key: blob.KeyOf(p), Size: c.Size, ModTime: c.LastModified}); err != nil {
				return err
			}
		}
		if !part.Truncated || part.Next == "" {
			return ctx.Err()
		}
		next = part.Next
	}
}
