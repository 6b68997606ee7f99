// The power cut: which bytes a disk still has after one.

package disktest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// What the disk is taken to be like:
//
//   - What was synced is there: all that had been written to that file, and to no
//     other one, when the sync began.
//   - Of what was not synced anything may be there: any of the writes, in any order,
//     each of them whole, up to a place in it, or only some of its sectors; the
//     sector at which the power went may hold anything.
//   - A write changes no bytes but its own, also if it is torn (what SQLite calls
//     powersafe overwrite; no disk of this century is otherwise).
//   - The name of a new file is durable once its folder was synced by us. Until then
//     the file may be missing, however often it was synced itself. A deleted file may
//     be back until then. (SQLite syncs the folder too, with a new log; we do not rely
//     on it.)
//   - After a sync that failed, the system takes what it could not write for
//     written: a later sync does not make up for it.
//
// A disk that says that it has synced what it has not is not modelled: nothing can
// be promised on it.

// sector is what a disk writes at once.
const sector = 512

// file is what the disk holds of one, as far as is certain.
type file struct {
	data    []byte
	pending []event // since it was last synced
	named   bool    // the name is durable
	deleted bool    // but not durably
}

// Cut writes into dir what could be found there had the power been cut after the
// first n events, and returns the notes that had been made until then. Locks and
// shared memory do not survive a power cut and are not written.
func (d *Disk) Cut(n int, rng *rand.Rand, dir string) (notes []string, err error) {
	d.mu.Lock()
	events := d.events[:n:n]
	d.mu.Unlock()
	files := map[string]*file{}
	var order []string // so that equal random numbers give equal cuts
	for _, e := range events {
		if e.kind == noted {
			notes = append(notes, e.file)
			continue
		}
		f := files[e.file]
		if f == nil && e.file != "" {
			f = &file{}
			files[e.file] = f
			order = append(order, e.file)
		}
		f.happen(e, rng)
		if e.kind == folder {
			nameAll(files)
		}
	}
	for _, path := range order {
		f := files[path]
		f.lose(rng)
		// A name that is not durable may be there all the same, and a deletion may be undone.
		if f.data == nil || !f.named && rng.IntN(2) == 0 || f.deleted && rng.IntN(2) == 0 {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), f.data, 0o600); err != nil {
			return nil, err
		}
	}
	return notes, nil
}

// happen does to a file what the event did. It is nil for those of no file.
func (f *file) happen(e event, rng *rand.Rand) {
	switch e.kind {
	case found:
		*f = file{data: slices.Clone(e.data), named: true}
	case created:
		*f = file{data: []byte{}}
	case wrote, truncated:
		f.pending = append(f.pending, e)
	case synced:
		rest := f.pending[:0:0]
		for _, p := range f.pending {
			// A sync promises what was written before it began.
			if int64(p.at) < e.offset {
				f.data = p.apply(f.data)
			} else { // written while the sync ran
				rest = append(rest, p)
			}
		}
		f.pending = rest
	case failed:
		f.lose(rng)
	case deleted:
		if e.named {
			*f = file{}
		} else {
			f.deleted = true
		}
	}
}

// nameAll makes the names in the folder durable, and that others are gone.
func nameAll(files map[string]*file) {
	for _, f := range files {
		f.named = true
		if f.deleted {
			*f = file{}
		}
	}
}

// lose settles what becomes of all that was not synced.
func (f *file) lose(rng *rand.Rand) {
	for _, e := range survivors(f.pending, rng) {
		f.data = e.apply(f.data)
	}
	f.pending = nil
}

// survivors are those of the unsynced events that reach the disk all the same, in
// some order.
func survivors(events []event, rng *rand.Rand) []event {
	var out []event
	for _, e := range events {
		if e.kind == wrote {
			out = append(out, tear(e, rng)...)
		} else if rng.IntN(2) == 0 {
			out = append(out, e)
		}
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// tear is what becomes of a write that was not synced.
func tear(e event, rng *rand.Rand) (out []event) {
	pieces := sectors(e)
	switch rng.IntN(4) {
	case 0: // lost
	case 1: // whole
		return []event{e}
	case 2: // up to a place
		n := rng.IntN(len(pieces))
		out = append(out, pieces[:n]...)
		if rng.IntN(2) == 0 {
			out = append(out, garble(pieces[n], rng))
		}
	case 3: // some of it
		for _, p := range pieces {
			if rng.IntN(2) == 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

// sectors cuts a write where the sectors of the file begin.
func sectors(e event) (pieces []event) {
	for data, offset := e.data, e.offset; len(data) > 0; {
		n := min(int64(len(data)), sector-offset%sector)
		pieces = append(pieces, event{kind: wrote, offset: offset, data: data[:n]})
		data, offset = data[n:], offset+n
	}
	return pieces
}

// garble is a write of as many bytes of anything.
func garble(e event, rng *rand.Rand) event {
	data := make([]byte, len(e.data))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	e.data = data
	return e
}

// apply does to the contents of a file what a write or truncation did.
func (e event) apply(data []byte) []byte {
	if e.kind == truncated {
		return data[:min(int(e.offset), len(data))]
	}
	if end := int(e.offset) + len(e.data); end > len(data) {
		data = append(data, make([]byte, end-len(data))...)
	}
	copy(data[e.offset:], e.data)
	return data
}
