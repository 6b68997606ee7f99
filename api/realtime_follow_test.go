package api_test

import (
	"flag"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/api/internal/follow"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/internal/password"
)

var (
	followFor  = flag.Duration("follow", 0, "how long realtime clients are followed, with and without the server being killed")
	followPace = flag.Duration("pace", 500*time.Millisecond, "between the writes of each of their 50 writers")
)

// following returns the options of the checks of realtime in this run.
func following(url func() string) follow.Config {
	c := follow.Config{URL: url, Email: root, Password: rootPassword, Writers: 50, Subscribers: 200, Pace: *followPace,
		Stay: 2 * time.Second, For: 8 * time.Second, Patience: 2 * time.Minute}
	if testing.Short() { // these runs are slow: with the race detector and on PostgreSQL
		c.Writers, c.Subscribers, c.For = 10, 48, 4*time.Second
	}
	if *followFor > 0 {
		c.For = *followFor
	}
	return c
}

// addsUp runs the check. while runs at the same time if it is not nil.
func addsUp(t *testing.T, c follow.Config, while func()) {
	t.Helper()
	field, err := follow.Prepare(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var beside sync.WaitGroup
	if while != nil {
		beside.Go(while)
	}
	result := field.Run(t.Context())
	beside.Wait()
	t.Log(result)
	for _, wrong := range result.Wrong {
		t.Error(wrong)
	}
	if result.Writes == 0 || result.Told == 0 || result.Connections <= int64(c.Subscribers) {
		t.Error("nothing was checked")
	}
}

// TestRealtimeAddsUp checks that the events that 200 clients receive, which connect and leave, add
// up to the stored records.
func TestRealtimeAddsUp(t *testing.T) {
	app := core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t), HashCost: password.MinCost})
	server := (&api.Program{App: app}).Server()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context(), listener); err != nil {
		t.Fatal(err)
	}
	coretest.Record(t, app, "_superusers", map[string]any{"email": root, "password": rootPassword, "passwordConfirm": rootPassword})
	addsUp(t, following(func() string { return "http://" + listener.Addr().String() }), nil)
	if err := server.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}

// TestRealtimeAddsUpAfterKills checks the same while the real binary is killed twice.
func TestRealtimeAddsUpAfterKills(t *testing.T) {
	if testing.Short() {
		t.Skip("TestKill kills it there")
	}
	p := empty(t)
	p.start()
	var url atomic.Pointer[string]
	url.Store(&p.url)
	c := following(func() string { return *url.Load() })
	c.Writers, c.Subscribers = 50, 100
	addsUp(t, c, func() {
		for range 2 {
			<-time.After(c.For / 3)
			p.signal(syscall.SIGKILL)
			_ = p.wait() // its exit status says that it was killed
			p.start()
			now := p.url
			url.Store(&now)
		}
	})
	p.signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, &p.stderr)
	}
}

// TestRealtimeAddsUpOnTwoNodes checks the same on two processes of one PostgreSQL database, each
// with half of the writes and connections.
func TestRealtimeAddsUpOnTwoNodes(t *testing.T) {
	a := empty(t)
	if a.db == "" {
		t.Skip("two nodes need PostgreSQL")
	}
	b := &program{t: t, dir: t.TempDir(), db: a.db, path: a.path}
	a.start()
	b.start()
	var turn atomic.Int64
	urls := []string{a.url, b.url}
	addsUp(t, following(func() string { return urls[turn.Add(1)%2] }), nil)
	for _, p := range []*program{a, b} {
		p.signal(syscall.SIGTERM)
		if err := p.wait(); err != nil {
			t.Errorf("after SIGTERM: %v\n%s", err, &p.stderr)
		}
	}
}
