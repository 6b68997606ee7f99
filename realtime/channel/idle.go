// Idle rooms: rooms without members, which are kept for their history.

package channel

import "container/list"

// The limits of idle rooms: their number, and the bytes of their messages.
const (
	maxIdleRooms = 10_000
	maxIdleBytes = 32 << 20
)

// idleRooms lists the idle rooms, the room that has been idle longest first.
type idleRooms struct {
	list  list.List // of *idleRoom
	byIn  map[*room]*list.Element
	bytes int
}

type idleRoom struct {
	in    *room
	bytes int
}

// add appends an idle room with a history of that many bytes. It removes the oldest rooms beyond
// the limits from the list and returns them.
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

// reviewIdle applies changed settings to the idle rooms, and removes the rooms that no longer keep
// a history.
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
	for _, in := range rooms { // settle appends each room that stays, so the order is kept
		c, _, _ := current.Realtime.Channels.Match(in.name) // without a match no history is kept
		in.mu.Lock()
		in.configure(c)
		in.mu.Unlock()
		r.settle(in)
	}
}
