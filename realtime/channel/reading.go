package channel

import "sync/atomic"

// accounts stands for the accounts of members among the names of collections that rooms read.
const accounts = ""

// reading knows which collections the join rules of rooms with members read. add and remove are
// called with Rooms.mu held.
type reading struct {
	rooms map[string]int                  // the number of rooms, by the name of the collection
	names atomic.Pointer[map[string]bool] // the keys of rooms; replaced, never changed
}

// has reports whether the join rule of a room reads the collection. It takes no lock.
func (r *reading) has(name string) bool {
	names := r.names.Load()
	return names != nil && (*names)[name]
}

// add notes that a room has members, and that its join rule reads the collections.
func (r *reading) add(in *room, collections []string) {
	if in.reads == nil {
		in.reads = map[string]bool{}
		r.count(accounts, 1)
		in.reads[accounts] = true
	}
	for _, name := range collections {
		if !in.reads[name] {
			in.reads[name] = true
			r.count(name, 1)
		}
	}
}

// remove notes that a room has no members.
func (r *reading) remove(in *room) {
	for name := range in.reads {
		r.count(name, -1)
	}
	in.reads = nil
}

func (r *reading) count(name string, by int) {
	if r.rooms == nil {
		r.rooms = map[string]int{}
	}
	known := len(r.rooms)
	if r.rooms[name] += by; r.rooms[name] == 0 {
		delete(r.rooms, name)
	}
	if len(r.rooms) == known {
		return
	}
	names := map[string]bool{}
	for name := range r.rooms {
		names[name] = true
	}
	r.names.Store(&names)
}
