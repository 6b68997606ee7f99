package follow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// query is the query of a subscriber.
type query struct {
	collection, filter, sort string
	limit                    int // of a live query; 0: all
}

// kinds are the kinds of subscribers.
var kinds = []struct {
	query
	stream bool // by server-sent events, else by WebSocket
	guest  bool
}{
	{query: query{collection: notes}, guest: true},
	{query: query{collection: notes, filter: "n > 50"}},
	{query: query{collection: mine}},
	{query: query{collection: mine, filter: "n > 30"}},
	{query: query{collection: notes, filter: "n > 10", sort: "-n,id", limit: 20}, guest: true},
	{query: query{collection: mine, sort: "n,id", limit: 500}},
	{query: query{collection: notes}, stream: true, guest: true},
	{query: query{collection: diaries}, stream: true},
}

// subscriber is a client that follows a query.
type subscriber struct {
	*field
	name   string
	random *rand.Rand
	as     account
	query
	stream bool

	rows  map[string]int // the version of each record in the query
	order []string       // of a live query
	last  map[string]int // the version in the last message about a record
	token string         // all changes up to it were received
	known bool           // rows are those of some moment
	want  []row          // the right rows in the end
	ended bool           // want is known
}

// errShown ends a subscriber whose rows are right in the end.
var errShown = errors.New("it shows what there is")

// follow keeps a subscriber's rows right until they are those of the end.
func (f *field) follow(ctx context.Context, n int) {
	kind := kinds[n%len(kinds)]
	s := &subscriber{field: f, query: kind.query, stream: kind.stream, random: rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano()))),
		rows: map[string]int{}, last: map[string]int{}}
	if !kind.guest {
		s.as = f.accounts[1+n/len(kinds)%users]
	}
	s.name = fmt.Sprintf("subscriber %d (%s %q, stream %v)", n, kind.collection, kind.filter, kind.stream)
	connect := s.socket
	if s.stream {
		connect = s.events
	}
	for ctx.Err() == nil {
		atomic.AddInt64(&f.result.Connections, 1)
		err := connect(ctx)
		if errors.Is(err, errShown) {
			return
		}
		select { // the server may be down
		case <-ctx.Done():
		case <-time.After(time.Duration(s.random.IntN(50)) * time.Millisecond):
		}
	}
	f.result.wrong("%s: %s", s.name, s.missing())
}

// stay returns the duration of the next connection.
func (s *subscriber) stay() time.Duration { return s.Stay/2 + rand.N(s.Stay) }

// isOver reports whether the rows are those of the end.
func (s *subscriber) isOver(ctx context.Context) (bool, error) {
	select {
	case <-s.field.ended:
	default:
		return false, nil
	}
	if !s.ended {
		want, err := s.list(ctx, s.as, s.query)
		if err != nil {
			return false, err
		}
		s.want, s.ended = want, true
	}
	return s.known && s.missing() == "", nil
}

// missing describes a wrong row, "" if there is none.
func (s *subscriber) missing() string {
	if !s.ended {
		return "the end is not known"
	}
	want := map[string]int{}
	var order []string
	for _, r := range s.want {
		want[r.ID] = r.V
		order = append(order, r.ID)
	}
	switch {
	case s.limit > 0 && !slices.Equal(s.order, order):
		return fmt.Sprintf("shows %v, want %v", s.order, order)
	case !maps.Equal(s.rows, want):
		for id, v := range want {
			if s.rows[id] != v {
				return fmt.Sprintf("shows %s in version %d, want %d", id, s.rows[id], v)
			}
		}
		return fmt.Sprintf("shows %d records, want %d", len(s.rows), len(want))
	}
	return ""
}

// show replaces the rows by a state.
func (s *subscriber) show(rows []row) {
	clear(s.rows)
	s.order = s.order[:0]
	s.add(rows)
}

// add adds the rows of a page of a state.
func (s *subscriber) add(rows []row) {
	for _, r := range rows {
		s.rows[r.ID] = r.V
		s.last[r.ID] = max(s.last[r.ID], r.V)
		s.order = append(s.order, r.ID)
	}
}

// change is a message about a change.
type change struct {
	Action string
	Record row
	ID     string // of a live query
	Index  int
}

// apply applies a change, and checks whether it may follow the messages before it.
func (s *subscriber) apply(c change) {
	atomic.AddInt64(&s.result.Told, 1)
	id, v := c.Record.ID, c.Record.V
	if s.limit > 0 {
		s.applyLive(c)
		return
	}
	shown, there := s.rows[id]
	fits := false
	switch c.Action {
	case "create":
		fits = !there && v == 1 || s.stream
	case "update":
		fits = there && v == shown+1 || s.stream && v >= s.last[id] // the stream has only present states
	case "enter":
		fits = !there && v > s.last[id]
	case "delete":
		fits = there && v == shown || s.stream
	case "leave":
		fits = there
	}
	if !fits {
		s.result.wrong("%s was told %+v and shows version %d (%v), told last %d", s.name, c, shown, there, s.last[id])
	}
	if c.Action == "delete" || c.Action == "leave" {
		delete(s.rows, id)
		return
	}
	s.rows[id], s.last[id] = v, max(v, s.last[id])
}

// applyLive applies a change of a live query.
func (s *subscriber) applyLive(c change) {
	id := c.Record.ID
	if c.Action == "leave" {
		id = c.ID
	}
	at := slices.Index(s.order, id)
	if fits := (at < 0) == (c.Action == "enter"); !fits || c.Index > len(s.order) {
		s.result.wrong("%s was told %+v and shows %v", s.name, c, s.order)
		return
	}
	if at >= 0 {
		s.order = slices.Delete(s.order, at, at+1)
		delete(s.rows, id)
	}
	if c.Action != "leave" {
		s.order = slices.Insert(s.order, c.Index, id)
		s.rows[id] = c.Record.V
	}
}
