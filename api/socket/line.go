package socket

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/realtime"
)

// stallTime is how long a client may take nothing of what waits for it before the connection
// is given up.
const stallTime = 5 * time.Second

// errLast is no failure: the message that was sent is the last one.
var errLast = errors.New("socket: nothing follows")

// sender is what kinds of connections have of their own.
type sender interface {
	// send writes a message to the connection. The buffer may be used, and is returned. After
	// errLast the connection is lost as soon as the client has taken all.
	send(m *realtime.Message, buffer []byte) ([]byte, error)

	// slow ends a connection of which too much waits, and lost one that changes were missed for.
	slow()
	lost()
}

// line carries the messages of a client to its connection, in their order, each time as many in
// one write as wait. A silent line holds no goroutine and no buffer: the pushers serve it, and
// a goroutine of its own only while the client takes less than it is told.
type line struct {
	client  *realtime.Client
	out     *outgoing
	sender  sender
	pushers *pushers

	busy atomic.Bool    // somebody serves it, or is about to
	work sync.WaitGroup // those who do

	// Whoever serves the line has these.
	list []realtime.Message // taken from the client and not written
	last bool               // nothing follows what was written
}

// open begins to carry messages.
func (l *line) open() {
	l.out.open(l.wake)
	l.client.OnReady(l.wake)
}

// close ends the connection, and waits for those who serve it. It is called once.
func (l *line) close() {
	l.client.Close() // wake is not called any more
	_ = l.out.Close()
	l.work.Wait()
}

// wake has the line served, unless it is.
func (l *line) wake() {
	if l.busy.CompareAndSwap(false, true) {
		l.work.Add(1)
		l.pushers.push(l)
	}
}

// state is what is to be done about a line.
type state int

const (
	silent  state = iota // nothing
	talking              // there is more to write
	waiting              // the client is to take what was written
	over                 // no more is written
)

// serve writes some of what waits.
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
	if err != nil { // nothing follows, the connection is closed, or uncork tells
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

// keep remembers what is left to be written.
func (l *line) keep(list []realtime.Message, b *buffers) {
	switch {
	case len(list) == 0:
		l.list = nil
	case l.list == nil: // the list is in the buffers, which others use next
		l.list = slices.Clone(list)
	default:
		l.list = list
	}
	clear(b.list)
	if cap(b.list) > maxList {
		b.list = nil
	}
}

// rest ends serving the line, unless something has come in between.
func (l *line) rest() state {
	l.busy.Store(false)
	if (l.client.Waiting() || l.out.waits()) && l.busy.CompareAndSwap(false, true) {
		return talking
	}
	return silent
}

// fail ends the connection of a client that has gone, or takes nothing. The reader ends by that.
func (l *line) fail() {
	l.list = nil
	l.client.End()
	_ = l.out.Close()
}

// wait serves the line for as long as the client takes less than it is told.
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
			_ = l.out.flush() // why it is over
			return
		}
	}
}

// buffers are used by one goroutine for all lines that it serves.
type buffers struct {
	out, message []byte
	list         []realtime.Message
}

// maxList is how many messages buffers have room for while they are not used.
const maxList = 1 << 10

// pushers are the goroutines that serve lines, in rounds: as many as there are CPUs, and none while
// all lines are silent. A round may be followed by a pause, in which messages gather: a line costs
// a write in each round, however many messages leave by it.
type pushers struct {
	most    int       // that run at a time
	buffers sync.Pool // of *buffers

	mu      sync.Mutex // guards what follows
	round   []*line    // to be served now
	queue   []*line    // to be served in the next round
	spare   []*line    // has room for the one after that
	running int
	began   time.Time // of the round
	next    time.Time // not before then the next one begins
	timed   bool      // a timer is to begin it
}

const (
	atOnce   = 16 // lines that a pusher takes at once
	minPause = time.Millisecond
	maxPause = 20 * time.Millisecond
)

// push has a line served. It does not wait.
func (p *pushers) push(l *line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue = append(p.queue, l); p.running == 0 && !p.timed {
		p.begin()
	}
}

// begin begins a round, now or when the pause is over. The lock must be held.
func (p *pushers) begin() {
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

// take returns lines that are to be served. If there are none, the pusher has ended, and with the
// last one the round.
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
	if len(p.queue) > 0 {
		p.begin()
	}
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
		p.push(l) // others are served in between
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
