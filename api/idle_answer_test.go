package api

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loambase/loam/api/internal/middleware"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
)

// slowServer returns a server with the idle time, and a collection with a text and a file.
func slowServer(t *testing.T, idle time.Duration, p *Program) (*Server, string) {
	t.Helper()
	p.Config.Idle = idle
	server, listener := startServer(t, p)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("Stop = %v", err)
		}
	})
	coretest.Collection(t, server.App, `{"name":"papers","listRule":"","viewRule":"","createRule":"",
		"fields":[{"name":"title","type":"text"},{"name":"file","type":"file","maxSelect":1,"maxSize":100000000}]}`)
	return server, listener.Addr().String()
}

// paper returns a request that creates a record with a file, head and body.
func paper(t *testing.T, file []byte) (head string, body []byte) {
	t.Helper()
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	part, err := form.CreateFormFile("file", "a.txt")
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("POST /api/collections/papers/records HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		form.FormDataContentType(), buf.Len()), buf.Bytes()
}

// stored returns the files of records in the data folder.
func stored(t *testing.T, server *Server) (files []string) {
	t.Helper()
	if err := server.App.Removals().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(server.App.Config.Dir, "storage"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.HasSuffix(path, ".attrs") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestSlowUpload sends a body in pieces for much longer than the idle time.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	const idle = 2 * time.Second // pieces come forty times as often, because a busy machine may stall
	const pieces = 125           // a little more than three times the idle time
	server, address := slowServer(t, idle, &Program{})
	head, body := paper(t, bytes.Repeat([]byte("slow "), 20_000))
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	start := time.Now()
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(idle / 40)
	defer tick.Stop()
	for rest := body; len(rest) > 0; <-tick.C {
		piece := rest[:min(len(rest), len(body)/pieces+1)]
		if _, err := conn.Write(piece); err != nil {
			t.Fatalf("after %v: %v", time.Since(start), err)
		}
		rest = rest[len(piece):]
	}
	if took := time.Since(start); took < 3*idle {
		t.Fatalf("the upload took %v only, this test tests nothing", took)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != 200 {
		t.Errorf("a slow upload = %d %s", res.StatusCode, text)
	}
	if files := stored(t, server); len(files) != 1 {
		t.Errorf("stored are %q, want one file", files)
	}
}

// TestStalledUpload stops in the middle of a body. The client must get an error, and no data of the
// upload may stay. The idle time is set in the settings.
func TestStalledUpload(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	server, address := slowServer(t, time.Hour, &Program{})
	if _, err := server.App.Settings().Patch(t.Context(), record.Root(), []byte(`{"server":{"idleSeconds":1}}`)); err != nil {
		t.Fatal(err)
	}
	head, body := paper(t, bytes.Repeat([]byte("x"), 20<<20)) // exceeds the memory for a body
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(append([]byte(head), body[:len(body)-1]...)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != 400 || !strings.Contains(string(text), "Nothing of the request's body has arrived for 1s.") {
		t.Errorf("a stalled upload = %d %s", res.StatusCode, text)
	}
	if files := stored(t, server); len(files) != 0 {
		t.Errorf("files %q stay of it", files)
	}
	if files, err := os.ReadDir(temporary); err != nil || len(files) != 0 {
		t.Errorf("temporary files %v stay of it, %v", files, err)
	}
	if n, err := server.App.Records().Count(t.Context(), "papers"); n != 0 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

// TestUploadThatIsCutOff closes the connection during an upload: no data of the upload stays.
func TestUploadThatIsCutOff(t *testing.T) {
	t.Parallel()
	arrived, answered := make(chan bool), make(chan bool)
	p := &Program{}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		e.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				arrived <- true
				next.ServeHTTP(w, r)
				answered <- true
			})
		})
		return nil
	})
	server, address := slowServer(t, time.Hour, p)
	head, body := paper(t, bytes.Repeat([]byte("x"), 20<<20)) // exceeds the memory for a body
	for _, sent := range []int{0, 1 << 10, len(body) / 2, len(body) - 1} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, head); err != nil {
			t.Fatal(err)
		}
		<-arrived
		if _, err := conn.Write(body[:sent]); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		<-answered
	}
	if files := stored(t, server); len(files) != 0 {
		t.Errorf("files %q stay of it", files)
	}
	if n, err := server.App.Records().Count(t.Context(), "papers"); n != 0 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

// slowConn accepts a few bytes of each write before its deadline, like a slow network.
type slowConn struct {
	net.Conn
	perDeadline int
	got         bytes.Buffer
	deadlines   int
}

func (c *slowConn) SetWriteDeadline(time.Time) error { c.deadlines++; return nil }

func (c *slowConn) Write(p []byte) (int, error) {
	n := min(len(p), c.perDeadline)
	c.got.Write(p[:n])
	if n < len(p) {
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

func aMinute() time.Duration { return time.Minute }

func TestIdleConnGoesOn(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 10_000)
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("skipped"+text+"rest"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, send := range map[string]func(io.Writer) (int64, error){
		"write": func(w io.Writer) (int64, error) { n, err := io.WriteString(w, text); return int64(n), err },
		"copy":  func(w io.Writer) (int64, error) { return io.Copy(w, strings.NewReader(text)) },
		"reader": func(w io.Writer) (int64, error) {
			return w.(io.ReaderFrom).ReadFrom(io.LimitReader(strings.NewReader(text), int64(len(text))))
		},
		"file": func(w io.Writer) (int64, error) {
			if _, err := file.Seek(7, io.SeekStart); err != nil {
				return 0, err
			}
			return io.CopyN(w, file, int64(len(text)))
		},
	} {
		slow := &slowConn{perDeadline: 777}
		n, err := send(&idleConn{Conn: slow, idle: aMinute})
		if n != int64(len(text)) || err != nil || slow.got.String() != text || slow.deadlines < len(text)/777 {
			t.Errorf("%s: %d bytes, %v, after %d deadlines; equal: %t", name, n, err, slow.deadlines, slow.got.String() == text)
		}
		stuck := &slowConn{}
		if n, err := send(&idleConn{Conn: stuck, idle: aMinute}); n != 0 || err == nil {
			t.Errorf("%s: %d bytes, %v of a client that takes nothing", name, n, err)
		}
	}
	manual := &slowConn{perDeadline: 777}
	conn := &idleConn{Conn: manual, idle: aMinute}
	if err := conn.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := io.WriteString(conn, text); n != 777 || err == nil || manual.deadlines != 1 {
		t.Errorf("with a deadline of its own: %d bytes, %v", n, err)
	}
}

// kernelConn is a connection that records the reader passed to ReadFrom, which *net.TCPConn sends
// with sendfile if the reader is a file.
type kernelConn struct {
	slowConn
	sent io.Reader
}

func (c *kernelConn) ReadFrom(r io.Reader) (int64, error) {
	c.sent = r.(*io.LimitedReader).R
	return c.slowConn.got.ReadFrom(r)
}

// TestIdleConnSendsStoredFiles checks that the reader of a stored file, a struct that embeds
// *os.File, reaches the ReadFrom of the connection.
func TestIdleConnSendsStoredFiles(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stored := struct{ *os.File }{file}
	conn := &kernelConn{}
	if n, err := io.CopyN(&idleConn{Conn: conn, idle: aMinute}, stored, 7); n != 7 || err != nil || conn.sent != any(stored) || conn.got.String() != "content" {
		t.Errorf("%d bytes, %v, %q of %T", n, err, conn.got.String(), conn.sent)
	}
}

// TestSlowDownload reads nothing of an answer that is longer than the buffers of the kernel.
func TestSlowDownload(t *testing.T) {
	t.Parallel()
	written := make(chan error, 1)
	p := &Program{}
	p.Serve.BindFunc(func(e *ServeEvent) error {
		e.Route(http.MethodGet, "/long", func(w http.ResponseWriter, r *Request) error {
			_, err := w.Write(make([]byte, 64<<20))
			written <- err
			return nil
		})
		return nil
	})
	_, address := slowServer(t, 50*time.Millisecond, p)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
	if err := <-written; err == nil {
		t.Error("64 MiB were written to a client that reads nothing")
	}
}

// TestAnswerThatDrips checks that a client that reads a byte now and then loses its answer, so that
// it does not stay in memory, and that a client with a slow network gets all of its answer.
func TestAnswerThatDrips(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		part  int // per second
		want  error
		least time.Duration // the idle time is a minute
	}{{middleware.MinRate / 1000, os.ErrDeadlineExceeded, 99 * time.Second}, {middleware.MinRate, nil, 199 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			server, client := net.Pipe()
			var reader sync.WaitGroup
			reader.Go(func() {
				for {
					time.Sleep(time.Second)
					if _, err := io.CopyN(io.Discard, client, int64(tt.part)); err != nil {
						return
					}
				}
			})
			conn := &idleConn{Conn: server, idle: func() time.Duration { return time.Minute }}
			began := time.Now()
			_, err := conn.Write(make([]byte, 200*middleware.MinRate))
			if took := time.Since(began); !errors.Is(err, tt.want) || took < tt.least || took > 5*time.Minute {
				t.Errorf("%d bytes a second: %v after %v", tt.part, err, took)
			}
			server.Close()
			client.Close()
			reader.Wait()
		})
	}
}
