package channel

import "sync/atomic"

// accounts is the key in reading.rooms that stands for the accounts of members. Other keys are
// names of collections.
const accounts = ""

// reading holds the names of the collections that the join rules of rooms with members read.
// Callers of add and remove hold Rooms.mu.
type reading struct {
	rooms map[string]int                  // the number of rooms, by name of the collection
	names atomic.Pointer[map[string]bool] // the keys of rooms; immutable
}

// has reports whether the join rule of any room reads the collection. has takes no lock.
func (r *reading) has(name string) bool {
	names := r.names.Load()
	return names != nil && (*names)[name]
}

// add adds the collections that the join rule of a room with members reads.
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

// remove removes the collections of a room that has no members.
func (r *reading) remove(in *room) {
	for name := range in.reads {
		r.count(name, -1)
	}
	in.reads = nil
}

// count adds to the number of rooms that read a collection, and updates names.
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
