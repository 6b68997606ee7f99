// Package disktest is a disk for tests of durability. It passes everything on to
// the real one, remembers every write and sync in their order, can fail a sync or
// a write, and can show what would be left if the power had been cut at any
// moment. cut.go says what it takes a disk to be like.
package disktest

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// kind of an event.
type kind uint8

const (
	found     kind = iota // a file that was there before, with what was in it
	created               // its name is not durable yet
	wrote                 //
	truncated             //
	synced                //
	failed                // a sync: what was not synced before may be lost for good
	deleted               // durably, if named
	folder                // the folder was synced: the names in it are durable
	noted                 // the test made a note
)

// event is one thing that happened on the disk.
type event struct {
	kind   kind
	file   string // its path, or the text of a note
	offset int64  // or the new size, or how many events there were when a sync began
	data   []byte
	named  bool
	at     int // how many events there were before
}

// Disk is a disk under test. It is safe for concurrent use.
type Disk struct {
	name string
	real uintptr // the file system it passes on to

	mu         sync.Mutex // guards the fields below
	events     []event
	known      map[string]bool  // files of which an event has told
	failed     map[string]int64 // syncs of each file
	failSyncs  int
	failOnly   string // the file whose syncs are to fail; empty: any
	only       string // see Only
	failWrites int
	fullWrites int
}

// Name is what a connection calls the disk by.
func (d *Disk) Name() string { return d.name }

// Note records that something happened now, as that a write was acknowledged.
func (d *Disk) Note(text string) { d.record(event{kind: noted, file: text}) }

// SyncFolder records that the folder of the files was synced: their names are
// durable. The file system's own interface has no such call, so that who syncs a
// folder has to tell.
func (d *Disk) SyncFolder(string) error {
	d.record(event{kind: folder})
	return nil
}

// Len is the number of events so far.
func (d *Disk) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.events)
}

// Adopt has the disk hold the files of a folder, as they are left by a Cut, before
// anything opens them.
func (d *Disk) Adopt(dir string) error {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		d.meet(filepath.Join(dir, f.Name()))
	}
	return err
}

// Syncs is how often a file has been synced.
func (d *Disk) Syncs(path string) int {
	return d.count(func(e event) bool { return e.kind == synced && e.file == path })
}

// Begun is how often a file has been written from its beginning.
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

// FailSyncs makes the next n syncs fail without an effect. Whoever else has the same
// file open is told at his next sync of it, as by Linux.
func (d *Disk) FailSyncs(n int) { d.FailSyncsOf("", n) }

// FailSyncsOf is FailSyncs of one file.
func (d *Disk) FailSyncsOf(file string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failOnly, d.failSyncs = file, n
}

// FailWrites makes the next n writes fail, half done.
func (d *Disk) FailWrites(n int) { d.set(&d.failWrites, n) }

// FillUp makes the next n writes fail for want of space, half done.
func (d *Disk) FillUp(n int) { d.set(&d.fullWrites, n) }

// Only makes failures happen to those files alone whose paths begin with prefix, such as a database and
// its log.
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

// append adds an event. Lock held.
func (d *Disk) append(e event) {
	e.at = len(d.events)
	d.events = append(d.events, e)
}

// meet records a file that has been opened for the first time, and returns how many of
// its syncs have failed. Later on it is not even looked at: closing it again would drop
// the locks that SQLite has on it in this process.
func (d *Disk) meet(file string) (failed int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[file] {
		return d.failed[file]
	}
	d.known[file] = true
	content, err := os.ReadFile(file)
	if err != nil {
		panic(err) // it is open
	}
	e := event{kind: found, file: file, data: content}
	if len(content) == 0 { // whoever made it an instant ago has not synced its name
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

// failSync reports that a sync is one of those that are to fail.
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

// sync records a sync that began after so many events, unless another one has failed
// of which its caller has not been told.
func (d *Disk) sync(file string, begun int, told *int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	// Linux tells each open file once of a failed sync of the same data.
	if *told != d.failed[file] {
		*told = d.failed[file]
		return false
	}
	d.append(event{kind: synced, file: file, offset: int64(begun)})
	return true
}

// fails counts down one of the failures that were asked for, if they may happen to the file.
func (d *Disk) fails(left *int, file string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *left == 0 || !strings.HasPrefix(file, d.only) {
		return false
	}
	*left--
	return true
}
