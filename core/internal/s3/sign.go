package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/core/internal/s3/ambient"
)

// sign adds the signature V4 of the request to its header. path is the escaped path.
func (s *Store) sign(r *http.Request, keys ambient.Keys, path string, body []byte) {
	t := s.now().UTC()
	sum := sha256.Sum256(body)
	content := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Date", t.Format(stampFormat))
	r.Header.Set("X-Amz-Content-Sha256", content)
	if keys.Token != "" {
		r.Header.Set("X-Amz-Security-Token", keys.Token)
	}
	names := []string{"host"}
	values := map[string]string{"host": r.URL.Host}
	for name := range r.Header {
		lower := strings.ToLower(name)
		if lower == "content-type" || strings.HasPrefix(lower, "x-amz-") {
			names = append(names, lower)
			values[lower] = strings.Join(strings.Fields(r.Header.Get(name)), " ")
		}
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		headers.WriteString(name + ":" + values[name] + "\n")
	}
	signed := strings.Join(names, ";")
	canonical := r.Method + "\n" + path + "\n" + r.URL.RawQuery + "\n" + headers.String() + "\n" + signed + "\n" + content
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+keys.AccessKey+"/"+s.scope(t)+
		", SignedHeaders="+signed+", Signature="+s.signature(keys, t, canonical))
}

const stampFormat = "20060102T150405Z"

// scope returns the scope of the signing key: day, region and service.
func (s *Store) scope(t time.Time) string {
	return t.Format("20060102") + "/" + s.cfg.Region + "/s3/aws4_request"
}

// signature returns the signature of a request in its canonical form.
func (s *Store) signature(keys ambient.Keys, t time.Time, canonical string) string {
	hashed := sha256.Sum256([]byte(canonical))
	text := "AWS4-HMAC-SHA256\n" + t.Format(stampFormat) + "\n" + s.scope(t) + "\n" + hex.EncodeToString(hashed[:])
	key := []byte("AWS4" + keys.Secret)
	for part := range strings.SplitSeq(s.scope(t), "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// escapePath escapes all characters except slashes and those that no store escapes: the store
// must escape the path in the same way, or the signatures differ.
func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i, part := range parts {
		parts[i] = escape(part)
	}
	return strings.Join(parts, "/")
}

// escapeQuery returns the query in the order of the signature.
func escapeQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		for _, v := range values {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
