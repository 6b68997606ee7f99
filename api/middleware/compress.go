package middleware

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// minCompressed is the length from which compression pays.
const minCompressed = 1500

// Compress compresses answers with gzip or zstd, where the client accepts it and
// length and type promise a gain.
func Compress(next http.Handler) http.Handler {
	c := &compressors{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accept := r.Header["Accept-Encoding"]
		if len(accept) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		code := negotiate(strings.Join(accept, ","))
		if code == identity {
			next.ServeHTTP(w, r)
			return
		}
		cw := c.wrap(w, code, r.Method == http.MethodHead)
		next.ServeHTTP(cw, r)
		cw.finish() // not deferred: after a panic the answer must not look complete
		c.writers.Put(cw)
	})
}

// compressors keeps what can be used again.
type compressors struct {
	writers, gzips, zstds sync.Pool
}

func (c *compressors) wrap(w http.ResponseWriter, code encoding, head bool) *compressedWriter {
	cw, ok := c.writers.Get().(*compressedWriter)
	if !ok {
		cw = &compressedWriter{pools: c}
	}
	cw.ResponseWriter, cw.code, cw.head = w, code, head
	return cw
}

// compressor is a gzip.Writer or a zstd.Encoder.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
	Flush() error
}

func (c *compressors) get(code encoding, w io.Writer) compressor {
	pool := c.pool(code)
	z, ok := pool.Get().(compressor)
	if !ok {
		z = newCompressor(code)
	}
	z.Reset(w)
	return z
}

func (c *compressors) pool(code encoding) *sync.Pool {
	if code == zstdCode {
		return &c.zstds
	}
	return &c.gzips
}

// newCompressor favours time and memory over size: it runs in every long answer.
func newCompressor(code encoding) compressor {
	if code == zstdCode {
		z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(128<<10), zstd.WithLowerEncoderMem(true))
		if err == nil {
			return z
		}
		panic(err) // only wrong options are errors
	}
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err)
	}
	return z
}

// compressedWriter decides when the header is written, from what it says.
type compressedWriter struct {
	http.ResponseWriter
	pools *compressors
	code  encoding
	head  bool // the answer has no body
	begun bool
	z     compressor // nil: what is written passes as it is
}

// Unwrap is for http.ResponseController, whose Flush would pass by: see FlushError.
func (w *compressedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *compressedWriter) WriteHeader(status int) {
	if status >= 200 && !w.begun {
		w.begun = true
		h := w.Header()
		if worthwhile(h) && status != http.StatusPartialContent && status != http.StatusNotModified {
			h["Vary"] = append(h["Vary"][:len(h["Vary"]):len(h["Vary"])], "Accept-Encoding")
			h["Content-Encoding"] = []string{string(w.code)}
			delete(h, "Content-Length")
			delete(h, "Accept-Ranges") // parts of it are not parts of what is stored
			if !w.head {
				w.z = w.pools.get(w.code, w.ResponseWriter)
			}
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *compressedWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.z != nil {
		return w.z.Write(p)
	}
	if w.head {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// ReadFrom lets files that are not compressed go the short way through the kernel.
func (w *compressedWriter) ReadFrom(r io.Reader) (int64, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case w.z != nil:
		return io.Copy(w.z, r)
	case w.head:
		return io.Copy(io.Discard, r)
	}
	return io.Copy(w.ResponseWriter, r)
}

// FlushError sends what was written so far.
func (w *compressedWriter) FlushError() error {
	if w.z != nil {
		if err := w.z.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// finish writes the end and lets go of everything.
func (w *compressedWriter) finish() {
	if w.z != nil {
		w.z.Close() // a client that has gone away is nobody's failure
		w.z.Reset(nil)
		w.pools.pool(w.code).Put(w.z)
	}
	*w = compressedWriter{pools: w.pools}
}

// worthwhile judges by the type and, where it is known, the length.
func worthwhile(h http.Header) bool {
	if h["Content-Encoding"] != nil || h["Content-Range"] != nil {
		return false
	}
	if length := h["Content-Length"]; len(length) > 0 {
		if n, err := strconv.ParseInt(length[0], 10, 64); err != nil || n < minCompressed {
			return false
		}
	}
	if types := h["Content-Type"]; len(types) > 0 {
		return compressible(types[0])
	}
	return false
}

// compressible says whether the media type is text of some sort. A stream of
// events is one, but must never wait for the next block.
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
