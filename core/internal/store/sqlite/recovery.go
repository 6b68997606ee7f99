// Recovery after a failed commit: it is overwritten before anything else is written.

package sqlite

import "fmt"

// A commit whose sync failed is complete in the log, beyond the end that the connections know. A
// process that opens the database while no other has it open searches for the end of the log
// anew: then the commit counts, although its caller got an error. Moreover, after a failed sync
// the system may consider pages written that are not, so data appended after them can be lost.
//
// So the connection is not closed before an empty commit has been written and synced in place of
// the failed one.

// recoverCommit overwrites a failed commit, if there is one. If it returns an error, the failed
// commit is still there.
func (w *writer) recoverCommit() error {
	if !w.inDoubt {
		return nil
	}
	if err := w.c.overwrite(); err != nil {
		return fmt.Errorf("take back a failed commit: %w", err)
	}
	w.inDoubt = false
	return nil
}

// overwrite makes a commit that changes nothing.
func (c *conn) overwrite() error {
	c.own = true
	defer func() { c.own = false }()
	s, err := c.Prepare(`PRAGMA user_version`)
	if err != nil {
		return err
	}
	_, err = s.Step()
	// Setting the number to its own value still writes the first page: a commit that changes
	// nothing.
	version := s.Int(0)
	s.Close()
	if err != nil {
		return err
	}
	return c.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, version))
}
