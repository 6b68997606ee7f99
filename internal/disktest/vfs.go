// The failing disk as a file system of SQLite.

package disktest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

// extra is the part of a file of this disk after the fields of the real file: its own methods, the
// real methods, and the disk.
type extra struct {
	methods lib.Tsqlite3_io_methods
	real    lib.Tsqlite3_io_methods
	disk    uintptr
	name    uintptr // SQLite's own copy, which outlives the file
	told    int64   // the failed syncs of the file that its user knows of
}

// New returns a disk that exists until the end of the test, for connections that name it.
func New(t testing.TB) *Disk {
	t.Helper()
	return newDisk(t, false)
}

// Default returns a disk for all connections that this process opens until the end of the test
// without naming another disk. Only one test at a time can use it.
func Default(t testing.TB) *Disk {
	t.Helper()
	return newDisk(t, true)
}

// system is the file system of a process without test disks.
var system = sync.OnceValue(func() uintptr {
	tls := libc.NewTLS()
	defer tls.Close()
	if lib.Xsqlite3_initialize(tls) != lib.SQLITE_OK {
		return 0
	}
	return lib.Xsqlite3_vfs_find(tls, 0)
})

// newDisk registers a file system with SQLite for the duration of the test.
func newDisk(t testing.TB, byDefault bool) *Disk {
	t.Helper()
	d := &Disk{name: fmt.Sprintf("disktest-%p", t), real: system(), known: map[string]bool{}, failed: map[string]int64{}}
	var pin runtime.Pinner // the C code holds the address of d
	pin.Pin(d)
	tls := libc.NewTLS()
	vfs, err := d.register(tls, byDefault)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		lib.Xsqlite3_vfs_unregister(tls, vfs)
		libc.Xfree(tls, at[lib.Tsqlite3_vfs](vfs).FzName)
		libc.Xfree(tls, vfs)
		tls.Close()
		pin.Unpin()
	})
	return d
}

// register makes a copy of the real file system in which the methods to open and delete files are
// replaced.
func (d *Disk) register(tls *libc.TLS, byDefault bool) (vfs uintptr, err error) {
	vfs = libc.Xcalloc(tls, 1, types.Size_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	name, err := libc.CString(d.name)
	if d.real == 0 || vfs == 0 || err != nil {
		return 0, errors.Join(errors.New("no memory or no file system"), err)
	}
	v := at[lib.Tsqlite3_vfs](vfs)
	// All methods are those of the real file system except the two that must be observed.
	*v = *at[lib.Tsqlite3_vfs](d.real)
	v.FszOsFile += int32(unsafe.Sizeof(extra{}))
	v.FpNext = 0
	v.FzName = name
	v.FpAppData = uintptr(unsafe.Pointer(d))
	v.FxOpen = callback(open)
	v.FxDelete = callback(remove)
	makeDefault := int32(0)
	if byDefault {
		makeDefault = 1
	}
	if rc := lib.Xsqlite3_vfs_register(tls, vfs, makeDefault); rc != lib.SQLITE_OK {
		return 0, fmt.Errorf("register: code %d", rc)
	}
	return vfs, nil
}

// at returns the C structure at an address.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// callback returns a declared function as a C function pointer; function is the inverse.
func callback[T any](f T) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f T }{f})) }

func function[T any](p uintptr) T { return *(*T)(unsafe.Pointer(&struct{ p uintptr }{p})) }

// extraOf returns the extra of a file.
func extraOf(file uintptr, real uintptr) *extra {
	return at[extra](file + uintptr(at[lib.Tsqlite3_vfs](real).FszOsFile))
}

// open opens a file of the real file system and replaces some of its methods. Locks, shared memory
// and reads stay those of the real file system.
func open(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	d := at[Disk](at[lib.Tsqlite3_vfs](vfs).FpAppData)
	realOpen := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[lib.Tsqlite3_vfs](d.real).FxOpen)
	rc := realOpen(tls, d.real, name, file, flags, out)
	f := at[lib.Tsqlite3_file](file)
	if rc != lib.SQLITE_OK || f.FpMethods == 0 || name == 0 {
		return rc // SQLite's temporary files have no names
	}
	x := extraOf(file, d.real)
	x.real = *at[lib.Tsqlite3_io_methods](f.FpMethods)
	x.methods = x.real
	x.methods.FxWrite = callback(write)
	x.methods.FxTruncate = callback(truncate)
	x.methods.FxSync = callback(syncFile)
	x.disk = uintptr(unsafe.Pointer(d))
	x.name = name
	x.told = d.meet(libc.GoString(name))
	f.FpMethods = uintptr(unsafe.Pointer(&x.methods))
	return rc
}

// remove deletes a file and records it.
func remove(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32 {
	d := at[Disk](at[lib.Tsqlite3_vfs](vfs).FpAppData)
	realRemove := function[func(*libc.TLS, uintptr, uintptr, int32) int32](at[lib.Tsqlite3_vfs](d.real).FxDelete)
	rc := realRemove(tls, d.real, name, syncDir)
	if rc == lib.SQLITE_OK {
		d.gone(libc.GoString(name), syncDir != 0)
	}
	return rc
}

// fileExtra returns the extra of a file whose methods were replaced: the methods are the beginning
// of the extra.
func fileExtra(file uintptr) (*extra, *Disk) {
	x := at[extra](at[lib.Tsqlite3_file](file).FpMethods)
	return x, at[Disk](x.disk)
}

// write records a write and does it. A write that must fail writes half of its bytes.
func write(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	x, d := fileExtra(file)
	name, failure := libc.GoString(x.name), int32(lib.SQLITE_OK)
	switch {
	case d.fails(&d.fullWrites, name):
		failure = lib.SQLITE_FULL
	case d.fails(&d.failWrites, name):
		failure = lib.SQLITE_IOERR_WRITE
	}
	if failure != lib.SQLITE_OK {
		n /= 2
	}
	copied := append([]byte(nil), unsafe.Slice(at[byte](data), int(n))...)
	d.record(event{kind: wrote, file: name, offset: offset, data: copied})
	rc := function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](x.real.FxWrite)(tls, file, data, n, offset)
	if failure != lib.SQLITE_OK {
		return failure
	}
	return rc
}

func truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	x, d := fileExtra(file)
	d.record(event{kind: truncated, file: libc.GoString(x.name), offset: size})
	return function[func(*libc.TLS, uintptr, int64) int32](x.real.FxTruncate)(tls, file, size)
}

// syncFile syncs the file and records it, or fails if a failure was requested.
func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	x, d := fileExtra(file)
	// The events are counted before the real sync begins: writes during the sync are not durable.
	name, begun := libc.GoString(x.name), d.Len()
	if d.failSync(name, &x.told) {
		return lib.SQLITE_IOERR_FSYNC
	}
	rc := function[func(*libc.TLS, uintptr, int32) int32](x.real.FxSync)(tls, file, flags)
	if rc == lib.SQLITE_OK && !d.sync(name, begun, &x.told) {
		return lib.SQLITE_IOERR_FSYNC
	}
	return rc
}
