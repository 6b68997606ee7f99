package s3

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/loambase/loam/core/blob"
)

var _ blob.Remote = (*object)(nil)

// Address implements blob.Remote. The signature is in the URL and covers the headers. Its time is
// rounded down to half of life, so that the URL stays the same for that long and caches can use
// it.
func (o *object) Address(life time.Duration, h blob.Headers) (string, time.Time, error) {
	keys, err := o.s.source.Get(o.ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	t := o.s.now().UTC().Truncate(max(life/2, time.Second))
	if !keys.Expires.IsZero() {
		life = min(life, keys.Expires.Sub(t)) // the signature ends with the keys
	}
	seconds := int64(life / time.Second)
	if seconds < 1 {
		return "", time.Time{}, nil
	}
	query := url.Values{
		"X-Amz-Algorithm":              {"AWS4-HMAC-SHA256"},
		"X-Amz-Credential":             {keys.AccessKey + "/" + o.s.scope(t)},
		"X-Amz-Date":                   {t.Format(stampFormat)},
		"X-Amz-Expires":                {strconv.FormatInt(seconds, 10)},
		"X-Amz-SignedHeaders":          {"host"},
		"response-content-type":        {h.ContentType},
		"response-content-disposition": {h.ContentDisposition},
		"response-cache-control":       {h.CacheControl},
	}
	if keys.Token != "" {
		query.Set("X-Amz-Security-Token", keys.Token)
	}
	u := o.s.address(o.path)
	u.RawQuery = escapeQuery(query)
	canonical := http.MethodGet + "\n" + u.RawPath + "\n" + u.RawQuery + "\nhost:" + u.Host + "\n\nhost\nUNSIGNED-PAYLOAD"
	u.RawQuery += "&X-Amz-Signature=" + o.s.signature(keys, t, canonical)
	return u.String(), t.Add(time.Duration(seconds) * time.Second), nil
}
