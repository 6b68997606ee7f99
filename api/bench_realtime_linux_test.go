package api_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sys/unix"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/password"
)

var (
	benchSubscribers = flag.Int("subscribers", 1000, "of BenchmarkRealtime")
	benchRest        = flag.Duration("rest", time.Second, "before BenchmarkRealtime measures memory: 15s lets the server return that of the handshakes")
	benchPaced       = flag.Int("paced", 10, "changes that BenchmarkRealtime makes one by one, before a burst of 40")
)

const burstOf = 40

// BenchmarkRealtime measures the delivery of a change to many subscribers by the real binary, as
// medians. paced/us is the CPU time of the server for each delivery, in microseconds, while one
// change is under way at a time; burst/us is the CPU time while changes follow each other at once.
// bare/us is the CPU time of a program that writes as many bytes to as many sockets in the same
// run, and ratio is paced/us divided by bare/us. KB/conn is the growth of the memory of the server
// for each subscriber. p50/ms is the time after which half of the subscribers have a change, and
// answer/ms the time of the answer to the writer.
//
// The rule of "own" is judged for each subscriber: all subscribers but one see the records.
func BenchmarkRealtime(b *testing.B) {
	for _, rule := range []struct{ name, collection string }{{"same", "feed"}, {"own", "others"}} {
		for _, kind := range []string{"sse", "ws", "graphql"} {
			b.Run(rule.name+"/"+kind, func(b *testing.B) {
				f := newFanOut(b, rule.collection, *benchSubscribers)
				for b.Loop() {
					f.run(kind)
				}
			})
		}
	}
}

// fanOut is a server with a writer and subscribers, and the counters of their events.
type fanOut struct {
	b          *testing.B
	p          *program
	collection string
	writer     string
	tokens     []string

	got   atomic.Int64 // events
	bytes atomic.Int64
	sent  atomic.Int64 // when the last change was sent, in Unix nanoseconds
	took  durations
	lost  atomic.Pointer[error] // set when a subscriber is disconnected
}

// durations is a list of durations. It is safe for concurrent use.
type durations struct {
	mu   sync.Mutex // guards list
	list []time.Duration
}

func (d *durations) add(one time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, one)
}

// take returns the list and empties it.
func (d *durations) take() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.list
	d.list = nil
	return list
}

func newFanOut(b *testing.B, collection string, n int) *fanOut {
	p := &program{t: b, dir: b.TempDir(), db: coretest.DB(b), path: *hostileBinary}
	f := &fanOut{b: b, p: p, collection: collection}
	app := core.New(core.Config{Dir: p.dir, DB: p.db, HashCost: password.MinCost})
	tokens := auth.New(app)
	if err := app.Open(b.Context(), core.Tool); err != nil {
		b.Fatal(err)
	}
	const fields = `"createRule":"","fields":[{"name":"owner","type":"text"},{"name":"text","type":"text"},{"name":"stamp","type":"number"}]}`
	coretest.Collection(b, app, `{"name":"feed","listRule":"@request.auth.id != ''","viewRule":"",`+fields)
	coretest.Collection(b, app, `{"name":"others","listRule":"owner != @request.auth.id","viewRule":"",`+fields)
	for i := range n {
		r, err := app.Records().Create(b.Context(), record.Root(), "users", record.Input{Body: map[string]any{
			"email": fmt.Sprintf("user%d@example.com", i), "password": "some words", "passwordConfirm": "some words"}})
		if err != nil {
			b.Fatal(err)
		}
		token, err := tokens.NewToken(r, auth.Token{Type: auth.Auth})
		if err != nil {
			b.Fatal(err)
		}
		f.writer, f.tokens = r.ID(), append(f.tokens, token)
	}
	if err := app.Close(); err != nil {
		b.Fatal(err)
	}
	return f
}

// run measures once.
func (f *fanOut) run(kind string) {
	n := len(f.tokens)
	f.p.start()
	defer func() { _ = f.p.cmd.Process.Signal(syscall.SIGTERM); _ = f.p.wait() }()
	for range 20 {
		f.write()
	}
	idle := f.memory()
	conns := make([]net.Conn, n)
	for i, token := range f.tokens {
		conns[i] = f.connect(kind, token)
	}
	time.Sleep(*benchRest)
	grown := f.memory() - idle
	for _, conn := range conns {
		go f.listen(conn)
		defer conn.Close()
	}
	seen := n
	if f.collection == "others" {
		seen--
	}
	round := func(changes int) {
		want := f.got.Load() + int64(changes*seen)
		for range changes {
			f.write()
		}
		f.await(want)
	}
	round(1)
	f.bytes.Store(0)
	round(1)
	bare := startBare(f.b, n, int(f.bytes.Load())/seen)
	defer bare.close()
	f.took.take()
	bare.took.take()

	var paced, floor []float64 // microseconds for each delivery
	var ratios []float64
	var answers []time.Duration
	for range *benchPaced {
		before, began := cpu(f.b, f.p.cmd.Process.Pid), time.Now()
		want := f.got.Load() + int64(seen)
		f.write()
		answers = append(answers, time.Since(began))
		f.await(want)
		time.Sleep(20 * time.Millisecond) // lets the server finish its remaining work
		ours := float64((cpu(f.b, f.p.cmd.Process.Pid) - before).Nanoseconds()) / 1000 / float64(seen)
		theirs := float64(bare.write().Nanoseconds()) / 1000 / float64(n)
		paced, floor, ratios = append(paced, ours), append(floor, theirs), append(ratios, ours/theirs)
	}
	took, bareTook := f.took.take(), bare.took.take()

	before := cpu(f.b, f.p.cmd.Process.Pid)
	round(burstOf)
	burst := cpu(f.b, f.p.cmd.Process.Pid) - before

	f.b.ReportMetric(median(paced), "paced/us")
	f.b.ReportMetric(median(floor), "bare/us")
	f.b.ReportMetric(median(ratios), "ratio")
	f.b.ReportMetric(float64(burst.Nanoseconds())/1000/float64(burstOf*seen), "burst/us")
	f.b.ReportMetric(float64(grown)/1024/float64(n), "KB/conn")
	f.b.ReportMetric(median(took).Seconds()*1000, "p50/ms")
	f.b.ReportMetric(median(bareTook).Seconds()*1000, "bare-p50/ms")
	f.b.ReportMetric(median(answers).Seconds()*1000, "answer/ms")
}

func median[T cmp.Ordered](list []T) T {
	slices.Sort(list)
	return list[len(list)/2]
}

// write makes a change.
func (f *fanOut) write() {
	f.sent.Store(time.Now().UnixNano())
	a := f.p.ask("POST", "/api/collections/"+f.collection+"/records", `{"text":"hello everyone in this room","stamp":1,"owner":"`+f.writer+`"}`)
	if !a.ok() {
		f.b.Fatal(a)
	}
}

// await waits until the subscribers have received want events in total.
func (f *fanOut) await(want int64) {
	for end := time.Now().Add(30 * time.Second); f.got.Load() < want; time.Sleep(time.Millisecond) {
		if err := f.lost.Load(); err != nil {
			f.b.Fatalf("a subscriber was disconnected: %v", *err)
		}
		if time.Now().After(end) {
			f.b.Fatalf("%d events are missing after 30 seconds", want-f.got.Load())
		}
	}
}

// listen counts the events of a connection.
func (f *fanOut) listen(conn net.Conn) {
	mark := []byte(`"stamp":1`)
	buffer := make([]byte, 8<<10)
	kept := 0 // bytes that may be the beginning of a split mark
	for {
		n, err := conn.Read(buffer[kept:])
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				f.lost.CompareAndSwap(nil, &err)
			}
			return
		}
		f.bytes.Add(int64(n))
		text := buffer[:kept+n]
		if found := bytes.Count(text, mark); found > 0 {
			f.took.add(time.Duration(time.Now().UnixNano() - f.sent.Load()))
			f.got.Add(int64(found))
			text = text[bytes.LastIndex(text, mark)+len(mark):]
		}
		kept = copy(buffer, text[max(0, len(text)-len(mark)+1):])
	}
}

// connect subscribes to the collection.
func (f *fanOut) connect(kind, token string) net.Conn {
	switch kind {
	case "ws":
		return f.dial("/api/realtime/ws", "loam.v1", token, `{"type":"subscribe","topic":"`+f.collection+`/*"}`)
	case "graphql":
		return f.dial("/api/graphql", "graphql-transport-ws", token, `{"type":"connection_init"}`,
			fmt.Sprintf(`{"type":"subscribe","id":"1","payload":{"query":"subscription { %sChanged { record { id owner text stamp } action token } }"}}`, strings.TrimSuffix(f.collection, "s")))
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.p.url, "http://"))
	if err == nil {
		_, err = io.WriteString(conn, "GET /api/realtime HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	if err != nil {
		f.b.Fatal(err)
	}
	lines := bufio.NewReaderSize(conn, 1024)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			f.b.Fatal(err)
		}
		data, ok := strings.CutPrefix(line, "data:")
		if !ok {
			continue
		}
		var hello struct{ ClientID string }
		if err := json.Unmarshal([]byte(data), &hello); err != nil {
			f.b.Fatal(err)
		}
		r, err := http.NewRequest("POST", f.p.url+"/api/realtime", strings.NewReader(`{"clientId":"`+hello.ClientID+`","subscriptions":["`+f.collection+`/*"]}`))
		if err != nil {
			f.b.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", token)
		res, err := f.p.client.Do(r)
		if err != nil {
			f.b.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNoContent {
			f.b.Fatal(res.Status)
		}
		return conn
	}
}

// dial opens a WebSocket and sends messages.
func (f *fanOut) dial(path, protocol, token string, messages ...string) net.Conn {
	dialer := websocket.Dialer{Subprotocols: []string{protocol}}
	conn, _, err := dialer.Dial(strings.Replace(f.p.url, "http", "ws", 1)+path, http.Header{"Authorization": {token}})
	if err != nil {
		f.b.Fatal(err)
	}
	for _, m := range messages {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(m)); err != nil {
			f.b.Fatal(err)
		}
		if strings.Contains(m, "subscription") { // the first event is its answer
			f.settle(conn)
			break
		}
		if _, text, err := conn.ReadMessage(); err != nil || strings.Contains(string(text), "error") {
			f.b.Fatalf("%s: %s, %v", m, text, err)
		}
		if path == "/api/realtime/ws" { // the first message was the greeting
			if _, text, err := conn.ReadMessage(); err != nil || !strings.Contains(string(text), `"ok"`) {
				f.b.Fatalf("%s: %s, %v", m, text, err)
			}
		}
	}
	return conn.NetConn()
}

// settle waits until the server has handled all earlier messages of the connection.
func (f *fanOut) settle(conn *websocket.Conn) {
	if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping"}`)); err != nil {
		f.b.Fatal(err)
	}
	if _, text, err := conn.ReadMessage(); err != nil || !strings.Contains(string(text), "pong") {
		f.b.Fatalf("a subscription was answered by %s, %v", text, err)
	}
}

// memory returns the resident memory of the server, in bytes.
func (f *fanOut) memory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", f.p.cmd.Process.Pid))
	if err != nil {
		f.b.Fatal(err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		f.b.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

// cpu returns the CPU time of a process.
func cpu(b *testing.B, pid int) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil { // the clock of a process: clock_getcpuclockid(3)
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// bare is the running program bareWrites, with its connections.
type bare struct {
	b     *testing.B
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	size  int
	conns []net.Conn
	got   atomic.Int64
	sent  atomic.Int64 // when write began, in Unix nanoseconds
	took  durations
}

func startBare(b *testing.B, conns, size int) *bare {
	path, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	x := &bare{b: b, size: size, cmd: &exec.Cmd{Path: path, Args: []string{"bare-writes"}, Stderr: os.Stderr}}
	out, err := x.cmd.StdoutPipe()
	if err == nil {
		x.in, err = x.cmd.StdinPipe()
	}
	if err == nil {
		err = x.cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	x.out = bufio.NewReader(out)
	address, err := x.out.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintln(x.in, conns, 0) // the program accepts in parallel, because the backlog is short
	for range conns {
		conn, err := net.Dial("tcp", strings.TrimSpace(address))
		if err != nil {
			b.Fatal(err)
		}
		x.conns = append(x.conns, conn)
		go func() {
			buffer := make([]byte, 8<<10)
			for {
				n, err := conn.Read(buffer)
				if err != nil {
					return
				}
				x.took.add(time.Duration(time.Now().UnixNano() - x.sent.Load()))
				x.got.Add(int64(n))
			}
		}()
	}
	if _, err := x.out.ReadString('\n'); err != nil {
		b.Fatal(err)
	}
	x.write()
	return x
}

// write lets the program write to all connections, and returns the CPU time of the program.
func (x *bare) write() time.Duration {
	before := cpu(x.b, x.cmd.Process.Pid)
	want := x.got.Load() + int64(len(x.conns)*x.size)
	x.sent.Store(time.Now().UnixNano())
	fmt.Fprintln(x.in, len(x.conns), x.size)
	if _, err := x.out.ReadString('\n'); err != nil {
		x.b.Fatal(err)
	}
	for x.got.Load() < want {
		time.Sleep(time.Millisecond)
	}
	return cpu(x.b, x.cmd.Process.Pid) - before
}

func (x *bare) close() {
	for _, conn := range x.conns {
		conn.Close()
	}
	_ = x.in.Close() // the program ends at the end of its input
	_ = x.cmd.Wait()
}
