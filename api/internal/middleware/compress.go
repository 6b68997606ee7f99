package middleware

import (
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
)

// minCompressed is the length in bytes from which an answer is compressed.
const minCompressed = 1500

// Compress compresses answers with zstd or gzip, as the client prefers; zstd if the client has no
// preference. Short answers, types that do not shrink, streams of events and answers to range
// requests are not compressed; a range refers to the stored bytes. An ETag stays; see
// MayCompress.
func Compress(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(minCompressed),
		gzhttp.CompressionLevel(gzip.BestSpeed), // it runs in every long answer
		gzhttp.EnableZstd(true),
		gzhttp.PreferZstd(true),
		gzhttp.ContentTypeFilter(compressible),
	)
	if err != nil {
		panic(err) // only wrong options are errors
	}
	compressed := wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&passing{ResponseWriter: w}, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !takesCompressed(r) || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		compressed(w, r)
	})
}

// SkipCompress keeps Compress from compressing the answer. It must be called inside of Compress,
// before the answer begins.
func SkipCompress(w http.ResponseWriter, r *http.Request) {
	if takesCompressed(r) && r.Method != http.MethodHead {
		w.Header().Set(gzhttp.HeaderNoCompression, "1")
	}
}

// passing is an answer that may be compressed. If the type of the answer does not shrink,
// WriteHeader takes the compressor out, so that the kernel can send a file.
type passing struct {
	http.ResponseWriter // the compressor, or what is below it
	begun               bool
}

var (
	_ http.Flusher  = (*passing)(nil)
	_ io.ReaderFrom = (*passing)(nil)
)

// Unwrap is for http.ResponseController.
func (p *passing) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *passing) WriteHeader(status int) {
	if !p.begun && status >= http.StatusOK { // an informational status is not the answer
		p.begun = true
		mediaType := p.Header().Get("Content-Type")
		if below, ok := p.ResponseWriter.(interface{ Unwrap() http.ResponseWriter }); ok && mediaType != "" && !compressible(mediaType) {
			p.ResponseWriter = below.Unwrap()
		}
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *passing) Write(content []byte) (int, error) {
	p.begun = true
	return p.ResponseWriter.Write(content)
}

// ReadFrom copies r to the writer below, which can send a file without reading it.
func (p *passing) ReadFrom(r io.Reader) (int64, error) {
	p.begun = true
	return io.Copy(p.ResponseWriter, r)
}

// Flush implements http.Flusher.
func (p *passing) Flush() { _ = p.FlushError() } // the next write fails too

// FlushError is Flush for http.ResponseController.
func (p *passing) FlushError() error { return http.NewResponseController(p.ResponseWriter).Flush() }

// MayCompress reports whether an answer of the media type to a GET of the request may be
// compressed. The ETag of such an answer must be weak, because a strong ETag stands for the
// exact bytes, and compression changes them.
func MayCompress(r *http.Request, mediaType string) bool {
	return takesCompressed(r) && compressible(mediaType)
}

func takesCompressed(r *http.Request) bool {
	encodings := strings.ToLower(r.Header.Get("Accept-Encoding"))
	known := strings.Contains(encodings, "gzip") || strings.Contains(encodings, "zstd")
	return known && len(r.Header["Range"]) == 0
}

// compressible reports whether a media type is a kind of text, without event streams: an event
// must not wait for the compressor's next block.
func compressible(mediaType string) bool {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	switch mediaType {
	case "text/event-stream":
		return false
	case "application/json", "application/javascript", "application/manifest+json", "application/xml", "application/wasm",
		"application/x-javascript", "image/svg+xml", "image/bmp", "image/x-icon", "font/ttf", "font/otf",
		"application/vnd.ms-fontobject":
		return true
	}
	return strings.HasPrefix(mediaType, "text/") || strings.HasSuffix(mediaType, "+json") || strings.HasSuffix(mediaType, "+xml")
}
