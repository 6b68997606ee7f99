package postgres

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/pgtest"
)

// wire stands between the store and the server and can be cut.
type wire struct {
	t      *testing.T
	target string // the server's socket
	url    string

	mu     sync.Mutex // guards the fields below
	word   string     // cut when this is sent, once
	answer bool       // only after the server has answered it
}

func newWire(t *testing.T) *wire {
	t.Helper()
	u, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	q, dir := u.Query(), t.TempDir()
	w := &wire{t: t, target: filepath.Join(q.Get("host"), socket)}
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	w.url = u.String()
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w
}

// cut has the next message with the word in it cut the wire.
func (w *wire) cut(word string, answer bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.word, w.answer = word, answer
}

func (w *wire) hit(message []byte) (cut, answer bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.word == "" || !bytes.Contains(message, []byte(w.word)) {
		return false, false
	}
	w.word = ""
	return true, w.answer
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", w.target)
	if err != nil {
		return
	}
	defer server.Close()
	dead := make(chan struct{})
	go func() {
		defer client.Close()
		buf := make([]byte, 1<<16)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			select {
			case <-dead: // the answer that never arrives
				return
			default:
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if cut, answer := w.hit(buf[:n]); cut {
			close(dead)
			if answer {
				_, _ = server.Write(buf[:n])
				_, _ = io.Copy(io.Discard, client) // until the other direction has seen the answer
			}
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func TestConnectionIsCut(t *testing.T) {
	w := newWire(t)
	db := newTest(t, Config{URL: w.url})
	for _, test := range []struct {
		name, word string
		answer     bool
		want       error
		stored     string
		calls      int
	}{
		{"before it begins", "BEGIN", false, nil, "1", 2},
		{"at the first statement, with which it begins", "first", false, nil, "1", 2},
		{"after the first statement", "first", true, nil, "1", 2},
		{"at a statement", "cut here", false, store.ErrUnavailable, "0", 1},
		{"after a statement", "cut here", true, store.ErrUnavailable, "0", 1},
		{"before the commit", "COMMIT", false, errInDoubt, "0", 1},
		{"after the commit", "COMMIT", true, errInDoubt, "1", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			told := make(chan struct{}, 10)
			db.OnForeignWrite(func(context.Context, bool) error { told <- struct{}{}; return nil })
			mustWrite(t, db, `DELETE FROM "t"`)
			calls := 0
			w.cut(test.word, test.answer)
			err := db.Write(t.Context(), func(tx store.Tx) error {
				calls++
				if _, err := tx.Exec(`DELETE FROM "t" WHERE "a" = $1`, store.Text("first")); err != nil {
					return err
				}
				_, err := tx.Exec(`INSERT INTO "t" ("a") VALUES ($1)`, store.Text("cut here"))
				return err
			})
			if !errors.Is(err, test.want) || test.want == nil && err != nil || calls != test.calls {
				t.Errorf("Write() = %v in %d calls, want %v in %d", err, calls, test.want, test.calls)
			}
			if errors.Is(err, errInDoubt) {
				if errors.Is(err, store.ErrUnavailable) {
					t.Errorf("Write() = %v, which says that nothing was written", err)
				}
				<-told // the caches do not know either
			}
			if got := value(t, db, `SELECT count(*) FROM "t"`); got != test.stored {
				t.Errorf("rows = %s, want %s", got, test.stored)
			}
		})
	}
}
