package socket

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/realtime"
)

// stallTime is how long a client may read none of the bytes that wait for it before the connection
// is closed.
const stallTime = 5 * time.Second

// errLast is returned by sender.send after the last message. It is not a failure.
var errLast = errors.New("socket: nothing follows")

// sender holds the operations that differ between WebSockets and streams of events.
type sender interface {
	// send writes a message to the connection. It may use the buffer, and returns it. After
	// errLast the line calls lost as soon as the client has received all bytes.
	send(m *realtime.Message, buffer []byte) ([]byte, error)

	// slow ends the connection of a client for which too many messages wait. lost ends the
	// connection of a client that has missed changes, or has got its last message.
	slow()
	lost()
}

// line carries the messages of a client to its connection, in their order; one write carries all
// waiting messages. A silent line holds no goroutine and no buffer. The pushers serve a line; it
// has its own goroutine only while the client reads more slowly than messages arrive.
type line struct {
	busy    atomic.Bool // whether a goroutine serves the line, or will serve it
	client  *realtime.Client
	sender  sender
	pushers *pushers
	out     outgoing
	work    sync.WaitGroup // counts the goroutines that serve the line

	// Only the goroutine that serves the line uses the fields below.
	list []realtime.Message // taken from the client and not written
	last bool               // whether the last message was written
}

// open begins to carry messages to the connection.
func (l *line) open() {
	l.out.open(l.wake)
	l.client.OnReady(l.wake)
}

// close ends the connection, and waits for the goroutines that serve the line. It is called once.
func (l *line) close() {
	l.client.Close() // the hub does not call wake any more
	_ = l.out.Close()
	l.work.Wait()
}

// wake queues the line for the pushers, unless it is being served.
func (l *line) wake() {
	if l.busy.CompareAndSwap(false, true) {
		l.work.Add(1)
		l.pushers.push(l)
	}
}

// state is the state of a line after serve.
type state int

const (
	silent  state = iota // no message waits
	talking              // more messages wait to be written
	waiting              // written bytes wait for the client to read them
	over                 // no further message is written
)

// serve writes some of the waiting messages, in one write.
func (l *line) serve(b *buffers) state {
	if l.out.waits() {
		return waiting
	}
	if l.last {
		l.sender.lost()
		return over
	}
	list := l.list
	if len(list) == 0 {
		var err error
		list, err = l.client.TakeInto(b.list[:0])
		b.list = list
		switch {
		case errors.Is(err, realtime.ErrSlow):
			l.sender.slow()
			return over
		case err != nil:
			l.sender.lost()
			return over
		case len(list) == 0:
			return l.rest()
		}
	}
	l.out.cork(b.out)
	var err error
	for len(list) > 0 && err == nil && !l.out.full() {
		b.message, err = l.sender.send(&list[0], b.message[:0])
		list = list[1:]
	}
	l.keep(list, b)
	if err != nil { // after errLast or a closed connection no message follows; uncork reports failures
		l.list = nil
	}
	l.last = errors.Is(err, errLast)
	var waits bool
	if b.out, waits, err = l.out.uncork(); err != nil {
		l.fail()
		return over
	}
	b.out, b.message = shrink(b.out), shrink(b.message)
	switch {
	case waits:
		return waiting
	case len(l.list) > 0, l.last:
		return talking
	}
	return l.rest()
}

// keep keeps the messages that are still to be written.
func (l *line) keep(list []realtime.Message, b *buffers) {
	switch {
	case len(list) == 0:
		l.list = nil
	case l.list == nil: // the list is in the buffers, which another line uses next
		l.list = slices.Clone(list)
	default:
		l.list = list
	}
	clear(b.list)
	if cap(b.list) > maxList {
		b.list = nil
	}
}

// rest ends serving the line, unless a message has come in between.
func (l *line) rest() state {
	l.busy.Store(false)
	if (l.client.Waiting() || l.out.waits()) && l.busy.CompareAndSwap(false, true) {
		return talking
	}
	return silent
}

// fail ends the connection of a client that has disconnected or stopped reading. This ends the
// reader too.
func (l *line) fail() {
	l.list = nil
	l.client.End()
	_ = l.out.Close()
}

// wait serves the line until the client has read all waiting bytes.
func (l *line) wait() {
	defer l.work.Done()
	var b buffers
	for {
		if l.out.flush() != nil {
			l.fail()
			return
		}
		switch l.serve(&b) {
		case silent:
			return
		case over:
			_ = l.out.flush() // sends the close frame, if any
			return
		}
	}
}

// buffers are the buffers of one goroutine, for all lines that it serves.
type buffers struct {
	out, message []byte
	list         []realtime.Message
}

// maxList is the largest capacity of buffers.list that is kept after use, in messages.
const maxList = 1 << 10

// pushers are the goroutines that serve lines, in rounds: one for each CPU, and none while all
// lines are silent. A pause may follow a round so that messages gather: each round costs a line
// one write, however many messages it carries.
type pushers struct {
	most    int       // the maximum number of goroutines
	buffers sync.Pool // of *buffers

	mu      sync.Mutex // guards the fields below
	round   []*line    // the lines to be served now
	queue   []*line    // the lines to be served in the next round
	spare   []*line    // the memory for the queue after that
	running int
	holds   int       // the number of calls of hold without a call of release
	began   time.Time // the begin of the round
	next    time.Time // the earliest begin of the next round
	timed   bool      // whether a timer will begin the next round
}

const (
	atOnce   = 16 // the number of lines that a pusher takes at once
	minPause = time.Millisecond
	maxPause = 20 * time.Millisecond
)

// push queues a line to be served. It does not wait.
func (p *pushers) push(l *line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, l)
	p.begin()
}

// hold delays the next round until release, so that the round serves all lines that are pushed
// before release.
func (p *pushers) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holds++
}

// release ends a hold.
func (p *pushers) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holds--
	p.begin()
}

// begin begins a round, now or after the pause. begin does nothing if no line waits, or if a round
// is under way or held. The lock must be held.
func (p *pushers) begin() {
	if len(p.queue) == 0 || p.running > 0 || p.timed || p.holds > 0 {
		return
	}
	p.began = time.Now()
	if pause := p.next.Sub(p.began); pause > 0 {
		p.timed = true
		time.AfterFunc(pause, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.timed = false
			p.begin()
		})
		return
	}
	p.round, p.queue = p.queue, p.spare[:0]
	p.spare = p.round[:0]
	p.running = min(p.most, 1+len(p.round)/atOnce)
	for range p.running {
		go p.run()
	}
}

// take returns lines to serve. An empty list ends the pusher, and with the last pusher the round.
func (p *pushers) take(list []*line) []*line {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(len(p.round), atOnce)
	list = append(list, p.round[:n]...)
	clear(p.round[:n])
	if p.round = p.round[n:]; n > 0 {
		return list
	}
	if p.running--; p.running > 0 {
		return nil
	}
	now := time.Now()
	if pause := 2 * now.Sub(p.began); pause >= minPause {
		p.next = now.Add(min(pause, maxPause))
	}
	p.begin()
	return nil
}

// run serves the lines of a round.
func (p *pushers) run() {
	b := p.buffers.Get().(*buffers)
	defer p.buffers.Put(b)
	var room [atOnce]*line
	for {
		list := p.take(room[:0])
		if len(list) == 0 {
			return
		}
		for _, l := range list {
			p.serve(l, b)
		}
	}
}

func (p *pushers) serve(l *line, b *buffers) {
	switch l.serve(b) {
	case talking:
		p.push(l) // serve other lines first
	case waiting:
		go l.wait()
	case over:
		if l.out.waits() {
			go l.wait()
			return
		}
		l.work.Done()
	case silent:
		l.work.Done()
	}
}
