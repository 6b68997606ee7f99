package api_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest"
)

// TestTerminate terminates the real binary under load. It checks that all requests under way are
// answered, and that the clients of all stored writes have an answer.
func TestTerminate(t *testing.T) {
	p := prepare(t, coretest.DB(t))
	p.start()
	p.count()
	l := newLedger()
	for round := range 3 {
		target := l.acknowledged.Load() + 300
		work := p.load(l, 32, fmt.Sprint(round), uint64(round))
		for tick := time.NewTicker(time.Millisecond); l.acknowledged.Load() < target && !t.Failed(); {
			<-tick.C
		}
		late := p.halfSent()
		p.signal(syscall.SIGTERM)
		work.Wait() // until the server has ended
		if text, err := late.finish(); err != nil || !strings.Contains(text, "200 OK") {
			t.Errorf("a request that was under way = %.200s, %v", text, err)
		} else {
			l.records["late"] = &fate{n: 7, most: 7, exists: true}
		}
		if err := p.wait(); err != nil {
			t.Fatalf("after SIGTERM: %v\n%s", err, &p.stderr)
		}
		p.start()
		doubts := l.doubts(p.stored())
		if doubts > 0 {
			t.Errorf("%d writes are stored whose clients had no answer", doubts)
		}
		if l.judge(p); t.Failed() {
			return
		}
		if a := p.ask("DELETE", notes+"/late00000000000", ""); !a.ok() {
			t.Fatalf("delete: %v", a)
		}
		delete(l.records, "late")
	}
	p.inspect()
	t.Logf("3 rounds, %d acknowledged writes", l.acknowledged.Load())
}

// doubts returns the number of stored writes without an answer.
func (l *ledger) doubts(all map[string]int) (n int) {
	n = all["counter"] - l.raised
	for key, f := range l.records {
		if stored, there := all[key]; there && !f.exists || !there && f.deleted && !f.gone || there && stored != f.n {
			n++
		}
	}
	for key, sure := range l.batches {
		if _, there := all[key+"/0"]; there && !sure {
			n++
		}
	}
	return n
}

// TestTerminateTwice checks that a second SIGTERM ends the program while a slow request is under
// way.
func TestTerminateTwice(t *testing.T) {
	p := prepare(t, coretest.DB(t))
	p.start()
	p.halfSent()
	p.signal(syscall.SIGTERM)
	for { // until the server accepts no more connections
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			break
		}
		conn.Close()
	}
	over := make(chan error, 1)
	go func() { over <- p.wait() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-over:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != -1 { // -1: ended by the signal
				t.Errorf("after a second SIGTERM: %v, want the end by the signal", err)
			}
			if said := p.stderr.String(); !strings.Contains(said, "Stopping: 1 request may finish.") {
				t.Errorf("it says %q, not what it waits for", said)
			}
			return
		case <-tick.C:
			_ = p.cmd.Process.Signal(syscall.SIGTERM) // the process may have ended already
		}
	}
}

// half is a request whose head has been sent.
type half struct {
	conn net.Conn
	in   *bufio.Reader
}

const lateBody = `{"id":"late00000000000","key":"late","n":7}`

// halfSent sends the head of a request and returns when its handler waits for the body.
func (p *program) halfSent() half {
	p.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", notes, len(lateBody))
	h := half{conn, bufio.NewReader(conn)}
	if line, err := h.in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		p.t.Fatalf("asked to continue: %q, %v", line, err)
	}
	_, _ = h.in.ReadString('\n') // the empty line
	return h
}

// finish sends the body and returns the answer.
func (h half) finish() (string, error) {
	if _, err := io.WriteString(h.conn, lateBody); err != nil {
		return "", err
	}
	text, err := io.ReadAll(h.in)
	return string(text), err
}
