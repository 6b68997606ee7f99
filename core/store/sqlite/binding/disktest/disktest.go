// Package disktest is a disk for tests of durability. It passes everything on to
// the real one, remembers every write and sync in their order, can fail a sync or
// a write, and can show what would be left if the power had been cut at any
// moment: what was synced is there; of what was not, anything may be there, in
// any order, even half.
package disktest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// sector is what a real disk writes at once: a torn write is cut there.
const sector = 512

// kind of an event.
type kind uint8

const (
	wrote kind = iota
	truncated
	synced
	deleted
	noted
)

// event is one thing that happened on the disk.
type event struct {
	kind   kind
	file   string // its path, or the text of a note
	offset int64  // or the new size
	data   []byte
}

// Disk is a disk under test. It is safe for concurrent use.
type Disk struct {
	name string
	real uintptr // the file system it passes on to

	mu         sync.Mutex // guards what follows
	events     []event
	failSyncs  int
	failWrites int
}

// Name is what a connection calls the disk by.
func (d *Disk) Name() string { return d.name }

// Note records that something happened now, as that a write was acknowledged.
func (d *Disk) Note(text string) { d.record(event{kind: noted, file: text}) }

// Len is the number of events so far.
func (d *Disk) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.events)
}

// FailSyncs makes the next n syncs fail without an effect.
func (d *Disk) FailSyncs(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failSyncs = n
}

// FillUp makes the next n writes fail for want of space.
func (d *Disk) FillUp(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failWrites = n
}

func (d *Disk) record(e event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
}

// fails counts down one of the failures that were asked for.
func (d *Disk) fails(left *int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *left == 0 {
		return false
	}
	*left--
	return true
}

// Cut writes into dir what could be found there had the power been cut after the
// first n events, and returns the notes that had been made until then. Locks and
// shared memory do not survive a power cut and are not written.
func (d *Disk) Cut(n int, rng *rand.Rand, dir string) (notes []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	files, pending := map[string][]byte{}, map[string][]event{}
	for _, e := range d.events[:n] {
		switch e.kind {
		case wrote, truncated:
			pending[e.file] = append(pending[e.file], e)
		case synced:
			for _, p := range pending[e.file] {
				files[e.file] = p.apply(files[e.file])
			}
			delete(pending, e.file)
		case deleted:
			delete(files, e.file)
			delete(pending, e.file)
		case noted:
			notes = append(notes, e.file)
		}
	}
	for file, events := range pending {
		for _, e := range survivors(events, rng) {
			files[file] = e.apply(files[file])
		}
	}
	for file, data := range files {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o600); err != nil {
			return nil, err
		}
	}
	return notes, nil
}

// survivors are those of the unsynced events that reach the disk all the same:
// some, in any order, some of them torn.
func survivors(events []event, rng *rand.Rand) []event {
	var out []event
	for _, e := range events {
		switch rng.IntN(3) {
		case 0: // lost
		case 1:
			out = append(out, e)
		case 2:
			if sectors := len(e.data) / sector; e.kind == wrote && sectors > 1 {
				e.data = slices.Clip(e.data[:sector*(1+rng.IntN(sectors-1))])
			}
			out = append(out, e)
		}
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// apply does to the contents of a file what the event did.
func (e event) apply(file []byte) []byte {
	if e.kind == truncated {
		return file[:min(int(e.offset), len(file))]
	}
	if end := int(e.offset) + len(e.data); end > len(file) {
		file = append(file, make([]byte, end-len(file))...)
	}
	copy(file[e.offset:], e.data)
	return file
}
