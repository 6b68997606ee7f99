package socket

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/realtime"
)

// heartbeat is the interval of comments in a stream. They keep proxies from closing it.
const heartbeat = 20 * time.Second

// Comment is a comment of server-sent events, which clients ignore.
const Comment = ":\n\n"

// Stream describes an answer of server-sent events.
type Stream struct {
	Client *realtime.Client // its messages are sent; it is closed at the end of the stream
	First  []byte           // sent before all messages
	Feed   Feed

	// The stream ends after Idle without a message, and after Life in all; 0: never.
	Idle, Life time.Duration
}

// Feed encodes the messages of the hub for a stream.
type Feed interface {
	// Append appends a message in the form for the client, or nothing if the client is not to
	// get it. If last is true, the stream ends after the client has received the message.
	Append(dst []byte, m *realtime.Message) (out []byte, last bool)

	// Close is called once, after the end of the stream and the last call of Append.
	Close()
}

// events is a Stream on its connection.
type events struct {
	line
	feed       Feed
	idle, life time.Duration

	begun time.Time
	told  atomic.Int64 // the time of the last message, in nanoseconds since begun
	beats *time.Timer
	byte  [1]byte // the buffer for reading
	held  *request.Held
}

// EventHeader sets the headers of an answer of server-sent events.
func EventHeader(header http.Header) {
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no")
}

// Events answers a request with a stream. The stream ends when the client disconnects or stops
// reading, after the last message of the Feed, or when the server drains. If the connection can
// be hijacked, Events returns at once and the stream goes on; else Events returns at the end of
// the stream.
func (s *Server) Events(w http.ResponseWriter, r *http.Request, q *request.Request, stream Stream) {
	s.mu.Lock()
	s.entered()
	s.mu.Unlock()
	EventHeader(w.Header())
	conn, _, err := http.NewResponseController(w).Hijack()
	var head []byte
	if err == nil {
		q.TookOver(http.StatusOK)
		head = headOf(w.Header())
	} else { // HTTP/2
		conn = newAnswer(w, r.Context())
	}
	e := &events{feed: stream.Feed, idle: stream.Idle, life: stream.Life, begun: time.Now()}
	e.client, e.sender, e.pushers = stream.Client, e, &s.pushers
	e.out.init(conn)
	e.held = q.Hold(e.lost)
	e.begin(append(head, stream.First...))
	if head == nil {
		e.read()
		return
	}
	go e.read()
}

// headOf returns the status line and the headers of an answer that ends with its connection.
func headOf(header http.Header) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\nDate: " + time.Now().UTC().Format(http.TimeFormat) + "\r\n")
	_ = header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}

// begin sends the first bytes and begins to send the messages of the client.
func (e *events) begin(first []byte) {
	_, _ = e.out.Write(first) // after an error reading fails too
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
	e.close()
	e.feed.Close()
	e.held.End()
}

// beat sends a comment, or ends the stream after its idle time or its life.
func (e *events) beat() {
	age := time.Since(e.begun)
	next := heartbeat
	if e.life > 0 {
		next = min(next, e.life-age)
	}
	if e.idle > 0 {
		next = min(next, e.idle-(age-time.Duration(e.told.Load())))
	}
	if next <= 0 {
		e.lost()
		return
	}
	if _, err := e.out.Write([]byte(Comment)); err == nil {
		e.beats.Reset(next)
	}
}

// send implements sender.
func (e *events) send(m *realtime.Message, buffer []byte) ([]byte, error) {
	e.told.Store(int64(time.Since(e.begun)))
	buffer, last := e.feed.Append(buffer, m)
	_, err := e.out.Write(buffer)
	if err == nil && last {
		err = errLast
	}
	return buffer, err
}

// slow implements sender.
func (e *events) slow() { e.lost() }

// lost implements sender.
func (e *events) lost() { _ = e.out.Close() } // this ends read

// answer is a net.Conn around an http.ResponseWriter whose connection cannot be hijacked (HTTP/2).
type answer struct {
	net.Conn // nil: its other methods are not called
	w        http.ResponseWriter
	flusher  *http.ResponseController
	ended    context.Context
	end      context.CancelFunc
}

func newAnswer(w http.ResponseWriter, request context.Context) *answer {
	a := &answer{w: w, flusher: http.NewResponseController(w)}
	a.ended, a.end = context.WithCancel(request)
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

// Read waits for the end of the answer and returns io.EOF.
func (a *answer) Read([]byte) (int, error) {
	<-a.ended.Done()
	return 0, io.EOF
}

func (a *answer) SetWriteDeadline(time.Time) error { return nil }

func (a *answer) Close() error {
	a.end()
	return nil
}
