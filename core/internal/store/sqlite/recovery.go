// Recovery after a failed commit: it is overwritten before anything else is written.

package sqlite

import "fmt"

// A commit whose sync failed stands in the log as a whole, beyond the end that the
// connections know of. Whoever opens the database when nobody else has it open looks
// for the end of the log anew: then the commit counts, though its caller was told that
// it failed. What is worse, after a failed sync the system may take pages for written
// that are not, so that whatever is appended to them can be lost.
//
// So the connection is not closed before a commit of no meaning has been written and
// synced in the place of the failed one.

// recoverCommit overwrites a commit that failed, if there is one. On an error there still is.
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

// overwrite commits something without changing anything.
func (c *conn) overwrite() error {
	c.own = true
	defer func() { c.own = false }()
	s, err := c.Prepare(`PRAGMA user_version`)
	if err != nil {
		return err
	}
	_, err = s.Step()
	// To set the number to what it is writes the first page all the same: a commit that changes
	// nothing.
	version := s.Int(0)
	s.Close()
	if err != nil {
		return err
	}
	return c.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, version))
}
