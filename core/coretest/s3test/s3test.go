// Package s3test is an S3 server in memory for tests. It is strict: it accepts only requests that
// every S3-compatible server accepts.
package s3test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The only user and the only bucket of the server.
const (
	AccessKey = "access"
	Secret    = "a/secret"
	Region    = "test-1"
	Bucket    = "bucket"
)

// Server is a running S3 server.
type Server struct {
	URL string

	// Fail may refuse a request by returning a status; 0 accepts the request. Fail must be set
	// before the first request.
	Fail func(r *http.Request) (status int)

	mu      sync.Mutex // guards the fields below
	objects map[string]*object
	uploads map[string]*object // by id; the parts of an upload are its data
	parts   map[string]map[int][]byte
	last    int // the last number given to a version or an upload
}

type object struct {
	path     string
	data     []byte
	header   http.Header
	etag     string
	modified time.Time
}

// Start starts a server, which stops when the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]*object{}, uploads: map[string]*object{}, parts: map[string]map[int][]byte{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Settings returns app settings, as JSON, that store files and backups in the bucket.
func (s *Server) Settings() string {
	bucket := fmt.Sprintf(`{"enabled":true,"endpoint":%q,"bucket":%q,"region":%q,"accessKey":%q,"secret":%q,"forcePathStyle":true}`,
		s.URL, Bucket, Region, AccessKey, Secret)
	return fmt.Sprintf(`{"s3":%s,"backups":{"s3":%[1]s}}`, bucket)
}

// Keys returns the keys of all objects, sorted.
func (s *Server) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.objects))
}

// Uploads returns the number of multipart uploads that are neither complete nor aborted.
func (s *Server) Uploads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.uploads)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has disconnected
	}
	wrong := ""
	if r.URL.Query().Has("X-Amz-Signature") {
		wrong = checkAddress(r)
	} else {
		wrong = check(r, body)
	}
	if wrong != "" {
		fail(w, http.StatusForbidden, wrong)
		return
	}
	if s.Fail != nil {
		if status := s.Fail(r); status != 0 {
			fail(w, status, "Injected")
			return
		}
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/"+Bucket+"/")
	if !ok {
		fail(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	switch id := query.Get("uploadId"); {
	case path == "" && query.Get("list-type") == "2":
		s.list(w, query.Get("prefix"), query.Get("continuation-token"))
	case r.Method == http.MethodGet && path == "" && query.Has("uploads"):
		s.listUploads(w, query.Get("upload-id-marker"))
	case r.Method == http.MethodPost && query.Has("uploads"):
		s.begin(w, path, r.Header)
	case id != "":
		s.upload(w, r, id, body)
	case r.Method == http.MethodPut:
		s.put(path, body, r.Header)
	case r.Method == http.MethodDelete:
		delete(s.objects, path)
		w.WriteHeader(http.StatusNoContent)
	default:
		s.get(w, r, path)
	}
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>refused</Message></Error>", code)
}

func (s *Server) version() string {
	s.last++
	return fmt.Sprintf(`"version-%d"`, s.last) // not in the form of an MD5
}

func (s *Server) put(path string, data []byte, h http.Header) {
	s.objects[path] = &object{path: path, data: data, header: h.Clone(), etag: s.version(), modified: time.Now().UTC()}
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, path string) {
	o := s.objects[path]
	if o == nil {
		fail(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	for name, values := range o.header {
		if name == "Content-Type" || strings.HasPrefix(name, "X-Amz-Meta-") {
			w.Header()[name] = values
		}
	}
	for _, name := range []string{"Content-Type", "Content-Disposition", "Cache-Control"} {
		if value := r.URL.Query().Get("response-" + strings.ToLower(name)); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.Header().Set("ETag", o.etag)
	http.ServeContent(w, r, "", o.modified, bytes.NewReader(o.data))
}

// pageSize is small, so that tests get lists in parts.
const pageSize = 3

func (s *Server) list(w http.ResponseWriter, prefix, after string) {
	var b strings.Builder
	n, last := 0, ""
	truncated := false
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if !strings.HasPrefix(key, prefix) || key <= after {
			continue
		}
		if n == pageSize {
			truncated = true
			break
		}
		o := s.objects[key]
		escaped := strings.ReplaceAll(escape(key), "%2F", "/")
		fmt.Fprintf(&b, "<Contents><Key>%s</Key><Size>%d</Size><LastModified>%s</LastModified></Contents>",
			escaped, len(o.data), o.modified.Format("2006-01-02T15:04:05.000Z"))
		n, last = n+1, key
	}
	fmt.Fprintf(w, "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>%t</IsTruncated>", truncated)
	if truncated {
		fmt.Fprint(w, "<NextContinuationToken>")
		_ = xml.EscapeText(w, []byte(last))
		fmt.Fprint(w, "</NextContinuationToken>")
	}
	fmt.Fprintf(w, "%s</ListBucketResult>", b.String())
}

func (s *Server) listUploads(w http.ResponseWriter, after string) {
	fmt.Fprint(w, "<ListMultipartUploadsResult><EncodingType>url</EncodingType>")
	n := 0
	for _, id := range slices.Sorted(maps.Keys(s.uploads)) {
		if id <= after {
			continue
		}
		if n == pageSize {
			fmt.Fprint(w, "<IsTruncated>true</IsTruncated>")
			break
		}
		key := strings.ReplaceAll(escape(s.uploads[id].path), "%2F", "/")
		fmt.Fprintf(w, "<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload><NextKeyMarker>%[1]s</NextKeyMarker><NextUploadIdMarker>%[2]s</NextUploadIdMarker>",
			key, id, time.Now().UTC().Format(time.RFC3339))
		n++
	}
	fmt.Fprint(w, "</ListMultipartUploadsResult>")
}

func (s *Server) begin(w http.ResponseWriter, path string, h http.Header) {
	s.last++
	id := "upload-" + strconv.Itoa(s.last)
	s.uploads[id], s.parts[id] = &object{path: path, header: h.Clone()}, map[int][]byte{}
	fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request, id string, body []byte) {
	u := s.uploads[id]
	if u == nil {
		fail(w, http.StatusNotFound, "NoSuchUpload")
		return
	}
	switch r.Method {
	case http.MethodPut:
		number, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
		if err != nil || number < 1 {
			fail(w, http.StatusBadRequest, "InvalidArgument")
			return
		}
		s.parts[id][number] = body
		w.Header().Set("ETag", fmt.Sprintf(`"part-%d"`, number))
	case http.MethodDelete:
		delete(s.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPost:
		s.complete(w, u, id, body)
	}
}

func (s *Server) complete(w http.ResponseWriter, u *object, id string, body []byte) {
	var list struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.Unmarshal(body, &list); err != nil || len(list.Part) != len(s.parts[id]) {
		fail(w, http.StatusBadRequest, "MalformedXML")
		return
	}
	var data []byte
	for i, p := range list.Part {
		part := s.parts[id][p.PartNumber]
		same := len(part) == len(s.parts[id][1]) || i == len(list.Part)-1
		if p.PartNumber != i+1 || p.ETag != fmt.Sprintf(`"part-%d"`, i+1) || !same {
			// Some servers send the status before they detect the failure.
			fmt.Fprint(w, "<Error><Code>InvalidPart</Code><Message>refused</Message></Error>")
			return
		}
		data = append(data, part...)
	}
	delete(s.uploads, id)
	s.put(u.path, data, u.header)
	fmt.Fprint(w, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
}

// check returns the error code for an invalid request, "" for a valid one.
func check(r *http.Request, body []byte) string {
	for name := range r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-checksum-") || strings.HasPrefix(lower, "x-amz-sdk-") || lower == "x-amz-trailer" || lower == "content-md5" {
			return "NotImplemented" + name
		}
	}
	if len(r.TransferEncoding) > 0 || len(r.Trailer) > 0 || strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		return "NotImplementedChunked"
	}
	sum := sha256.Sum256(body)
	if r.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum[:]) {
		return "XAmzContentSHA256Mismatch"
	}
	return checkSignature(r)
}

// checkSignature returns the error code for a wrong signature, "" for a correct one.
func checkSignature(r *http.Request) string {
	stamp := r.Header.Get("X-Amz-Date")
	at, err := time.Parse("20060102T150405Z", stamp)
	if err != nil || time.Since(at).Abs() > 15*time.Minute {
		return "RequestTimeTooSkewed"
	}
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, signature, ok := strings.Cut(signed, ", Signature=")
	if !ok {
		return "AccessDenied"
	}
	text := r.Method + "\n" + r.URL.EscapedPath() + "\n"
	var pairs []string
	for name, values := range r.URL.Query() {
		pairs = append(pairs, escape(name)+"="+escape(values[0]))
	}
	slices.Sort(pairs)
	text += strings.Join(pairs, "&") + "\n"
	for name := range strings.SplitSeq(signed, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text += name + ":" + value + "\n"
	}
	text += "\n" + signed + "\n" + r.Header.Get("X-Amz-Content-Sha256")
	sum := sha256.Sum256([]byte(text))
	if sign(stamp, hex.EncodeToString(sum[:])) != signature {
		return "SignatureDoesNotMatch"
	}
	return ""
}

// sign signs the sum of a canonical request.
func sign(stamp, sum string) string {
	scope := stamp[:8] + "/" + Region + "/s3/aws4_request"
	key := []byte("AWS4" + Secret)
	for _, part := range append(strings.Split(scope, "/"), "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+sum) {
		h := hmac.New(sha256.New, key)
		io.WriteString(h, part)
		key = h.Sum(nil)
	}
	return hex.EncodeToString(key)
}

// checkAddress returns the error code for a GET with a wrong presigned URL, "" for a correct one.
func checkAddress(r *http.Request) string {
	query := r.URL.Query()
	stamp := query.Get("X-Amz-Date")
	at, err := time.Parse("20060102T150405Z", stamp)
	life, err2 := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || err2 != nil || r.Method != http.MethodGet || time.Until(at) > time.Minute || time.Since(at) > time.Duration(life)*time.Second {
		return "AccessDenied"
	}
	signature := query.Get("X-Amz-Signature")
	query.Del("X-Amz-Signature")
	var pairs []string
	for name, values := range query {
		pairs = append(pairs, escape(name)+"="+escape(values[0]))
	}
	slices.Sort(pairs)
	sum := sha256.Sum256([]byte("GET\n" + r.URL.EscapedPath() + "\n" + strings.Join(pairs, "&") + "\nhost:" + r.Host + "\n\nhost\nUNSIGNED-PAYLOAD"))
	if sign(stamp, hex.EncodeToString(sum[:])) != signature {
		return "SignatureDoesNotMatch"
	}
	return ""
}

// escape percent-encodes all bytes except the unreserved characters.
func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
