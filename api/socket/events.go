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

// heartbeat is how often a stream has a comment, which keeps proxies from closing it.
const heartbeat = 20 * time.Second

// Comment is a line of a stream that clients ignore.
const Comment = ":\n\n"

// Stream is what is told by server-sent events.
type Stream struct {
	Client *realtime.Client // is closed with the stream
	First  []byte           // is sent before anything else
	Feed   Feed

	// The stream ends after Idle without a message, and after Life in all; 0: never.
	Idle, Life time.Duration
}

// Feed is how the messages of the hub are told by a stream.
type Feed interface {
	// Append appends a message as the client gets it: nothing, if there is none to tell. If last
	// is true, the stream ends when the client has taken it.
	Append(dst []byte, m *realtime.Message) (out []byte, last bool)

	// Close is called once, when the stream has ended and nothing is appended any more.
	Close()
}

// events is a connection with a Stream.
type events struct {
	line
	feed       Feed
	idle, life time.Duration

	begun time.Time
	told  atomic.Int64 // when the last message was sent, in nanoseconds since begun
	beats *time.Timer
	byte  [1]byte // for reading
	held  *request.Held
}

// EventHeader sets the header of an answer that has server-sent events.
func EventHeader(header http.Header) {
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store, no-transform")
	header.Set("X-Accel-Buffering", "no")
}

// Events answers a request with a stream, until the client leaves or takes nothing, the stream
// has told its last message, or the server drains. Where the connection can be taken over, Events
// returns at once and the stream goes on; else it returns at the end.
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
	e.line = line{client: stream.Client, out: newOutgoing(conn), sender: e, pushers: &s.pushers}
	e.held = q.Hold(e.lost)
	e.begin(append(head, stream.First...))
	if head == nil {
		e.read()
		return
	}
	go e.read()
}

// headOf is the beginning of an answer that ends with its connection.
func headOf(header http.Header) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\nDate: " + time.Now().UTC().Format(http.TimeFormat) + "\r\n")
	_ = header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}

// begin sends what comes first, and then the messages of the client.
func (e *events) begin(first []byte) {
	_, _ = e.out.Write(first) // reading fails too
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

// beat sends a comment, or ends the stream when it is its time.
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
func (e *events) lost() { _ = e.out.Close() } // reading ends by that

// answer is the connection of an answer that has none of its own.
type answer struct {
	net.Conn // nil: what else it does is not asked for
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
