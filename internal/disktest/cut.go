// The power cut: the bytes that a disk still has after it.

package disktest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// The model of the disk:
//
//   - Synced data is there: all that had been written to that file, and to no
//     other one, when the sync began.
//   - Of unsynced data anything may be there: any of the writes, in any order,
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
// A disk that reports a sync that it has not done is not modelled: no promise can be kept on it.

// sector is the number of bytes that a disk writes at once.
const sector = 512

// file is the certain state of a file on the disk.
type file struct {
	data    []byte
	pending []event // events since its last sync
	named   bool    // the name is durable
	deleted bool    // the deletion is not durable
}

// Cut writes a possible state of the files into dir, as after a power cut that followed the first n
// events, and returns the notes that had been made until then. Locks and shared memory do not
// survive a power cut and are not written.
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
		// A name that is not durable may exist nevertheless, and a deletion may be undone.
		if f.data == nil || !f.named && rng.IntN(2) == 0 || f.deleted && rng.IntN(2) == 0 {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), f.data, 0o600); err != nil {
			return nil, err
		}
	}
	return notes, nil
}

// happen applies the event to a file. f is nil for events without a file.
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
			// A sync makes the writes before its beginning durable.
			if int64(p.at) < e.offset {
				f.data = p.apply(f.data)
			} else { // written during the sync
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

// nameAll makes the names in the folder, and deletions from it, durable.
func nameAll(files map[string]*file) {
	for _, f := range files {
		f.named = true
		if f.deleted {
			*f = file{}
		}
	}
}

// lose decides the fate of all unsynced events.
func (f *file) lose(rng *rand.Rand) {
	for _, e := range survivors(f.pending, rng) {
		f.data = e.apply(f.data)
	}
	f.pending = nil
}

// survivors returns the unsynced events that reach the disk nevertheless, in some order.
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

// tear returns the possible remains of an unsynced write.
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
	case 3: // some sectors
		for _, p := range pieces {
			if rng.IntN(2) == 0 {
				out = append(out, p)
			}
		}
	}
	return out
}

// sectors splits a write at the beginnings of the file's sectors.
func sectors(e event) (pieces []event) {
	for data, offset := e.data, e.offset; len(data) > 0; {
		n := min(int64(len(data)), sector-offset%sector)
		pieces = append(pieces, event{kind: wrote, offset: offset, data: data[:n]})
		data, offset = data[n:], offset+n
	}
	return pieces
}

// garble returns a write of random bytes with the same length.
func garble(e event, rng *rand.Rand) event {
	data := make([]byte, len(e.data))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	e.data = data
	return e
}

// apply applies a write or truncation to the contents of a file.
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
