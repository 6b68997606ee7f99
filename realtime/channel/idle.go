// Rooms that nobody is in, kept for their history within bounds.

package channel

import "container/list"

// What is kept of rooms that nobody is in.
const (
	maxIdleRooms = 10_000
	maxIdleBytes = 32 << 20
)

// idleRooms is those rooms, from the one that is idle longest.
type idleRooms struct {
	list  list.List // of *idleRoom
	byIn  map[*room]*list.Element
	bytes int
}

type idleRoom struct {
	in    *room
	bytes int
}

// add notes that a room is idle, and returns those that are to be forgotten for it.
func (l *idleRooms) add(in *room, bytes int) (forgotten []*room) {
	l.remove(in)
	if l.byIn == nil {
		l.byIn = map[*room]*list.Element{}
	}
	l.byIn[in] = l.list.PushBack(&idleRoom{in, bytes})
	l.bytes += bytes
	for l.list.Len() > maxIdleRooms || l.bytes > maxIdleBytes {
		old := l.list.Front().Value.(*idleRoom).in
		l.remove(old)
		forgotten = append(forgotten, old)
	}
	return forgotten
}

func (l *idleRooms) remove(in *room) {
	e := l.byIn[in]
	if e == nil {
		return
	}
	delete(l.byIn, in)
	l.bytes -= l.list.Remove(e).(*idleRoom).bytes
}

// reviewIdle takes over changed settings for the rooms that nobody is in.
func (r *Rooms) reviewIdle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	current := r.app.Settings().Current()
	if r.reviewed == current {
		return
	}
	r.reviewed = current
	var rooms []*room
	for e := r.idle.list.Front(); e != nil; e = e.Next() {
		rooms = append(rooms, e.Value.(*idleRoom).in)
	}
	for _, in := range rooms { // settle puts those that stay into the same order again
		c, _, _ := current.Realtime.Channels.Match(in.name) // without a match no history is kept
		in.mu.Lock()
		in.configure(c)
		in.mu.Unlock()
		r.settle(in)
	}
}
