package mail

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// transported returns a service that sends mails by the function, with a queue and a log.
func transported(send func(context.Context, *Message) error) (*Service, *syncBuffer) {
	s, _, log := newService(nil)
	s.cfg.Hooks.Send.BindFunc(func(e *Event) error {
		e.Transport = send
		return nil
	})
	return s, log
}

// run runs the service until the returned function is called.
func run(t *testing.T, s *Service) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}

// A mail that fails temporarily is sent again, unchanged, after 10 s, 1 min and 5 min; a mail that
// fails permanently is not.
func TestRetries(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fail    error
		until   int // the attempt that succeeds
		expires time.Duration
		want    []time.Duration
		err     string
	}{
		"at once":   {want: []time.Duration{0}},
		"second":    {fail: Temporary(errors.New("busy " + token)), until: 2, want: []time.Duration{0, 10 * time.Second}},
		"never":     {fail: Temporary(errors.New("busy " + token)), until: 9, want: []time.Duration{0, 10 * time.Second, 70 * time.Second, 370 * time.Second}, err: "busy"},
		"for good":  {fail: errors.New("no " + token), until: 9, want: []time.Duration{0}, err: "no"},
		"too late":  {fail: Temporary(errors.New("busy")), until: 9, expires: 60 * time.Second, want: []time.Duration{0, 10 * time.Second}, err: "expired"},
		"no answer": {fail: nil, until: 2, want: []time.Duration{0, attemptTime + 10*time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var at []time.Duration
				ids := map[string]bool{}
				s, log := transported(func(ctx context.Context, m *Message) error {
					at = append(at, time.Since(begin))
					ids[m.Headers["Message-ID"]] = true
					if len(at) >= tt.until {
						return nil
					}
					if tt.fail == nil {
						<-ctx.Done()
						return Temporary(ctx.Err())
					}
					return tt.fail
				})
				stop := run(t, s)
				m := message()
				if tt.expires > 0 {
					m.Expires = begin.Add(tt.expires)
				}
				var results []error
				if err := s.Queue(m, func(err error) { results = append(results, err) }); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				stop()
				if len(at) != len(tt.want) || len(ids) != 1 {
					t.Fatalf("tried at %v as %d mails, want %v as one", at, len(ids), tt.want)
				}
				for i := range at {
					if at[i] != tt.want[i] {
						t.Errorf("tried at %v, want %v", at, tt.want)
						break
					}
				}
				if len(results) != 1 || (results[0] == nil) != (tt.err == "") || results[0] != nil && !strings.Contains(results[0].Error(), tt.err) {
					t.Errorf("done(%v), want one call with %q", results, tt.err)
				}
				if strings.Contains(log.String(), token) {
					t.Errorf("the log tells the token: %s", log)
				}
				if s.queue.bytes != 0 || s.queue.sending != 0 {
					t.Errorf("the queue holds %d bytes of %d mails", s.queue.bytes, s.queue.sending)
				}
			})
		})
	}
}

// The queue is bounded, and sends few mails at a time.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var running atomic.Int32
		s, _ := transported(func(context.Context, *Message) error { running.Add(1); <-release; return nil })
		stop := run(t, s)
		for range maxQueued {
			if err := s.Queue(message(), nil); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if err := s.Queue(message(), nil); !errors.Is(err, ErrFull) || running.Load() != concurrent {
			t.Errorf("Queue = %v with %d under way", err, running.Load())
		}
		close(release)
		synctest.Wait()
		if err := s.Queue(message(), nil); err != nil {
			t.Errorf("Queue = %v when there is room again", err)
		}
		synctest.Wait()
		stop()
	})
}

// A mail that waits when the app ends is sent by the next run, once. A mail that is being sent has
// some time to end, and is sent again if it does not.
func TestQueueOutlivesRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "queue.json")
	synctest.Test(t, func(t *testing.T) {
		first, _ := transported(func(ctx context.Context, m *Message) error {
			switch m.Record {
			case "hangs":
				<-ctx.Done()
				return Temporary(ctx.Err())
			case "slow":
				time.Sleep(time.Second)
				return nil
			}
			return Temporary(errors.New("busy"))
		})
		first.cfg.File = file
		stop := run(t, first)
		for _, name := range []string{"hangs", "slow", "waits"} {
			m := message()
			m.Record = name
			if err := first.Queue(m, nil); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		begin := time.Now()
		stop()
		if took := time.Since(begin); took != stopTime {
			t.Errorf("stopping took %v", took)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("the file is %v, %v", info, err)
		}

		var mu sync.Mutex
		sent := map[string]int{}
		second, _ := transported(func(_ context.Context, m *Message) error {
			if m.HTML != message().HTML || m.Template != Verification || m.Headers["Message-ID"] == "" {
				t.Errorf("the mail became %+v", m)
			}
			mu.Lock()
			defer mu.Unlock()
			sent[m.Record]++
			return nil
		})
		second.cfg.File = file
		stop = run(t, second)
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		if len(sent) != 2 || sent["hangs"] != 1 || sent["waits"] != 1 {
			t.Errorf("sent %v", sent)
		}
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is still there: %v", err)
		}
	})
}

// A file that cannot be read is reported, and prevents no mail from being sent.
func TestDamagedQueue(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "queue.json")
	for _, text := range []string{"{", "[null]", `[{"Message":null}]`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			n := 0
			s, _ := transported(func(context.Context, *Message) error { n++; return nil })
			s.cfg.File = file
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- s.Run(ctx) }()
			if err := s.Queue(message(), nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			cancel()
			if err := <-ended; err == nil || n != 1 {
				t.Errorf("%s: Run = %v, %d mails sent", text, err, n)
			}
		})
	}
}
