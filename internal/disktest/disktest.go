// Package disktest is a disk for tests of durability. It passes all calls on to the real disk,
// records every write and sync in their order, can make a sync or a write fail, and can produce the
// files after a power cut at any moment. cut.go describes the model of the disk.
package disktest

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// kind is the kind of an event.
type kind uint8

const (
	found     kind = iota // a file that existed before, with its contents
	created               // its name is not durable yet
	wrote                 //
	truncated             //
	synced                //
	failed                // a failed sync: earlier unsynced data may be lost for good
	deleted               // durably, if named
	folder                // the folder was synced: the names in it are durable
	noted                 // the test made a note
)

// event is an event on the disk.
type event struct {
	kind   kind
	file   string // the path, or the text of a note
	offset int64  // or the new size, or the number of events when a sync began
	data   []byte
	named  bool
	at     int // number of earlier events
}

// Disk is a disk under test. It is safe for concurrent use.
type Disk struct {
	name string
	real uintptr // the real file system

	mu         sync.Mutex // guards the fields below
	events     []event
	known      map[string]bool  // files that have an event
	failed     map[string]int64 // failed syncs of each file
	failSyncs  int
	failOnly   string // the file whose syncs fail; empty: any
	only       string // see Only
	failWrites int
	fullWrites int
}

// Name returns the name of the disk for connections.
func (d *Disk) Name() string { return d.name }

// Note records a note at this moment, such as the acknowledgement of a write.
func (d *Disk) Note(text string) { d.record(event{kind: noted, file: text}) }

// SyncFolder records that the folder of the files was synced, so that their names are durable. The
// interface of file systems has no such call, so the code that syncs a folder must report it.
func (d *Disk) SyncFolder(string) error {
	d.record(event{kind: folder})
	return nil
}

// Len returns the number of events.
func (d *Disk) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.events)
}

// Adopt adds the files of a folder, as a Cut has written them, to the disk, before they are opened.
func (d *Disk) Adopt(dir string) error {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		d.meet(filepath.Join(dir, f.Name()))
	}
	return err
}

// Syncs returns the number of syncs of a file.
func (d *Disk) Syncs(path string) int {
	return d.count(func(e event) bool { return e.kind == synced && e.file == path })
}

// Begun returns how many times a file was written from its beginning.
func (d *Disk) Begun(path string) int {
	return d.count(func(e event) bool { return e.kind == wrote && e.offset == 0 && e.file == path })
}

func (d *Disk) count(is func(event) bool) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if is(e) {
			n++
		}
	}
	return n
}

// FailSyncs makes the next n syncs fail without an effect. Other users of the same open file get
// the failure at their next sync of it, as on Linux.
func (d *Disk) FailSyncs(n int) { d.FailSyncsOf("", n) }

// FailSyncsOf does the same as FailSyncs, for one file.
func (d *Disk) FailSyncsOf(file string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failOnly, d.failSyncs = file, n
}

// FailWrites makes the next n writes fail halfway.
func (d *Disk) FailWrites(n int) { d.set(&d.failWrites, n) }

// FillUp makes the next n writes fail halfway because the disk is full.
func (d *Disk) FillUp(n int) { d.set(&d.fullWrites, n) }

// Only restricts failures to files whose paths begin with prefix, such as a database and its log.
func (d *Disk) Only(prefix string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.only = prefix
}

func (d *Disk) set(field *int, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*field = n
}

func (d *Disk) record(e event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.append(e)
}

// append adds an event. The lock must be held.
func (d *Disk) append(e event) {
	e.at = len(d.events)
	d.events = append(d.events, e)
}

// meet records a file that is opened for the first time, and returns the number of its failed
// syncs. A known file is not opened again: closing it would drop SQLite's locks on it in this
// process.
func (d *Disk) meet(file string) (failed int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[file] {
		return d.failed[file]
	}
	d.known[file] = true
	content, err := os.ReadFile(file)
	if err != nil {
		panic(err) // the file is open
	}
	e := event{kind: found, file: file, data: content}
	if len(content) == 0 { // a new file, whose name is not synced
		e.kind = created
	}
	d.append(e)
	return 0
}

// gone records that a file was deleted.
func (d *Disk) gone(file string, durably bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, file)
	delete(d.failed, file)
	d.append(event{kind: deleted, file: file, named: durably})
}

// failSync reports whether a sync must fail.
func (d *Disk) failSync(file string, told *int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failSyncs == 0 || d.failOnly != "" && d.failOnly != file || !strings.HasPrefix(file, d.only) {
		return false
	}
	d.failSyncs--
	d.failed[file]++
	*told = d.failed[file]
	d.append(event{kind: failed, file: file})
	return true
}

// sync records a sync that began after begun events, unless an earlier sync has failed and the
// caller does not know.
func (d *Disk) sync(file string, begun int, told *int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	// Linux reports a failed sync once to each open file with the same data.
	if *told != d.failed[file] {
		*told = d.failed[file]
		return false
	}
	d.append(event{kind: synced, file: file, offset: int64(begun)})
	return true
}

// fails counts down the requested failures, if the file may fail.
func (d *Disk) fails(left *int, file string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *left == 0 || !strings.HasPrefix(file, d.only) {
		return false
	}
	*left--
	return true
}
