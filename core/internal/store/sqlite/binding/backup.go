// SQLite's backup interface.

package binding

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Backup copies the database of one connection over the database of another, in one write
// transaction of the other, which ends with the step that copies the last page. The source should
// have a read transaction: otherwise the copy begins anew after each write of another connection.
// Neither connection may be used for anything else before Close.
type Backup struct {
	dest *Conn
	p    uintptr
	name uintptr // "main"; SQLite keeps its address
}

// NewBackup begins a copy. It takes no lock yet.
func NewBackup(dest, source *Conn) (*Backup, error) {
	if dest.db == 0 || source.db == 0 {
		return nil, ErrClosed
	}
	name, err := cstring(dest.tls, "main")
	if err != nil {
		return nil, err
	}
	p := lib.Xsqlite3_backup_init(dest.tls, dest.db, name, source.db, name)
	if p == 0 {
		err := dest.failure(lib.Xsqlite3_errcode(dest.tls, dest.db))
		libc.Xfree(dest.tls, name)
		return nil, err
	}
	return &Backup{dest, p, name}, nil
}

// Step copies the given number of pages, or the rest if that is less, and then commits. done
// reports whether it has committed. After an error the copy cannot continue.
func (b *Backup) Step(pages int) (done bool, err error) {
	switch rc := lib.Xsqlite3_backup_step(b.dest.tls, b.p, int32(pages)); rc {
	case lib.SQLITE_OK:
		return false, nil
	case lib.SQLITE_DONE:
		return true, nil
	default:
		return false, codeError(b.dest.tls, rc)
	}
}

// Progress returns the number of pages copied, and of all pages, after a Step.
func (b *Backup) Progress() (copied, total int) {
	total = int(lib.Xsqlite3_backup_pagecount(b.dest.tls, b.p))
	return total - int(lib.Xsqlite3_backup_remaining(b.dest.tls, b.p)), total
}

// Close ends the copy. Unless it is done, everything is rolled back. Close may be called again.
func (b *Backup) Close() error {
	if b.p == 0 {
		return nil
	}
	rc := lib.Xsqlite3_backup_finish(b.dest.tls, b.p)
	b.p = 0
	libc.Xfree(b.dest.tls, b.name)
	if rc != lib.SQLITE_OK {
		return codeError(b.dest.tls, rc)
	}
	return nil
}
