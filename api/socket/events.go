package socket

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/api/request"
	"github.com/loambase/loam/realtime"
)

// The times of a stream of events (docs/wire/auth-realtime-system.md §4.1).
const (
	streamIdle = 5 * time.Minute  // without a message
	streamLife = 30 * time.Minute // in all
	heartbeat  = 20 * time.Second // a comment, which keeps proxies from closing it
)

// comment is a line that clients ignore.
const comment = ":\n\n"

// events is a stream of server-sent events. Every event has the client's id: that is where
// the reference's SDK looks for it.
type events struct {
	line
	begun time.Time
	told  atomic.Int64 // when the last message was sent, in nanoseconds since begun
	beats *time.Timer
	byte  [1]byte // for reading
	end   func()  // of the request's stream
	undo  func() bool
}

// Events answers a request with the messages of a client, until the client leaves or takes nothing, or the
// server drains. The client connects again by itself. Where the connection can be taken over, Events
// returns at once and the stream goes on; else it returns at the end.
func (s *Server) Events(w http.ResponseWriter, r *http.Request, q *request.Request) error {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	s.mu.Lock()
	s.entered()
	s.mu.Unlock()
	client := s.hub.Open(q.Pin(r))
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2
		ctx, end := q.Stream(r.Context())
		e := s.stream(newAnswer(w), client, end)
		e.begin(ctx, nil)
		e.read()
		return nil
	}
	q.TookOver(http.StatusOK)
	ctx, end := q.Stream(context.Background()) // not the request's, which ends now
	e := s.stream(conn, client, end)
	e.begin(ctx, head(header))
	go e.read()
	return nil
}

// head is the beginning of an answer that ends with its connection.
func head(header http.Header) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\nDate: " + time.Now().UTC().Format(http.TimeFormat) + "\r\n")
	_ = header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}

func (s *Server) stream(conn net.Conn, client *realtime.Client, end func()) *events {
	e := &events{begun: time.Now(), end: end}
	e.line = line{client: client, out: newOutgoing(conn), sender: e, pushers: &s.pushers}
	return e
}

// begin sends the first event, which tells the client its id.
func (e *events) begin(ctx context.Context, head []byte) {
	connect := realtime.Message{Topic: "PB_CONNECT", Data: []byte(`{"clientId":"` + e.client.ID + `"}`)}
	_, _ = e.out.Write(e.append(head, &connect)) // reading fails too
	e.undo = context.AfterFunc(ctx, e.lost)
	e.beats = time.AfterFunc(time.Hour, e.beat)
	e.beats.Reset(heartbeat)
	e.open()
}

// read waits for the end of the connection.
func (e *events) read() {
	for {
		if _, err := e.out.Read(e.byte[:]); err != nil {
			break
		}
	}
	e.beats.Stop()
	e.undo()
	e.close()
	e.end()
}

// beat sends a comment, or ends the stream when it is its time.
func (e *events) beat() {
	age := time.Since(e.begun)
	left := min(streamLife-age, streamIdle-(age-time.Duration(e.told.Load())))
	if left <= 0 {
		e.lost()
		return
	}
	if _, err := e.out.Write([]byte(comment)); err == nil {
		e.beats.Reset(min(heartbeat, left))
	}
}

func (e *events) append(dst []byte, m *realtime.Message) []byte {
	dst = append(append(dst, "id:"...), e.client.ID...)
	dst = append(append(dst, "\nevent:"...), m.Topic...)
	dst = append(append(dst, "\ndata:"...), m.Data...)
	return append(dst, "\n\n"...)
}

// send implements sender.
func (e *events) send(m *realtime.Message, buffer []byte) ([]byte, error) {
	e.told.Store(int64(time.Since(e.begun)))
	buffer = e.append(buffer, m)
	_, err := e.out.Write(buffer)
	return buffer, err
}

// slow implements sender.
func (e *events) slow() { e.lost() }

// lost implements sender.
func (e *events) lost() { _ = e.out.Close() } // reading ends by that

// answer is the connection of an answer that has none of its own.
type answer struct {
	net.Conn // nil: what else it does is not asked for
	w        http.ResponseWriter
	flusher  *http.ResponseController
	ended    context.Context
	end      context.CancelFunc
}

func newAnswer(w http.ResponseWriter) *answer {
	a := &answer{w: w, flusher: http.NewResponseController(w)}
	a.ended, a.end = context.WithCancel(context.Background())
	return a
}

// Write writes all of p, or fails: middleware.IdleAnswer limits the time.
func (a *answer) Write(p []byte) (int, error) {
	n, err := a.w.Write(p)
	if err == nil {
		err = a.flusher.Flush()
	}
	return n, err
}

// Read waits for the end.
func (a *answer) Read([]byte) (int, error) {
	<-a.ended.Done()
	return 0, io.EOF
}

func (a *answer) SetWriteDeadline(time.Time) error { return nil }

func (a *answer) Close() error {
	a.end()
	return nil
}
