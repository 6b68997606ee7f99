package s3

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/loambase/loam/core/blob"
)

// unfinished is one page of the list of uploads.
type unfinished struct {
	XMLName xml.Name `xml:"ListMultipartUploadsResult"`
	Upload  []struct {
		Key       string    `xml:"Key"`
		ID        string    `xml:"UploadId"`
		Initiated time.Time `xml:"Initiated"`
	} `xml:"Upload"`
	Encoding  string `xml:"EncodingType"`
	Truncated bool   `xml:"IsTruncated"`
	NextKey   string `xml:"NextKeyMarker"`
	NextID    string `xml:"NextUploadIdMarker"`
}

// Sweep aborts the unfinished uploads that began before the given time, if ours reports that
// their key is ours: a process that ended during an upload leaves its parts, which are not
// visible but cost money.
func (s *Store) Sweep(ctx context.Context, before time.Time, ours func(key string) bool) (given int, err error) {
	query := url.Values{"uploads": {""}, "encoding-type": {"url"}}
	for {
		var part unfinished
		if err := s.call(ctx, request{method: http.MethodGet, query: query}, &part); err != nil {
			return given, fmt.Errorf("list unfinished uploads: %w", err)
		}
		for _, u := range part.Upload {
			p, err := keyPath(part.Encoding, u.Key)
			if err != nil {
				return given, fmt.Errorf("list unfinished uploads: %w", err)
			}
			if !u.Initiated.Before(before) || !ours(blob.KeyOf(p)) {
				continue
			}
			if err := (&upload{s: s, path: p, id: u.ID}).abort(ctx); err != nil {
				return given, fmt.Errorf("give up an upload: %w", err)
			}
			given++
		}
		if !part.Truncated || part.NextKey == "" {
			return given, nil
		}
		next, err := keyPath(part.Encoding, part.NextKey)
		if err != nil {
			return given, err
		}
		query.Set("key-marker", next)
		query.Set("upload-id-marker", part.NextID)
	}
}
