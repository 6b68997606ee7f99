//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// PostgreSQL refuses to run as root; then it runs as another user.

// give makes that user the owner of the folder.
func give(dir string) error {
	c, err := other()
	if err != nil || c == nil {
		return err
	}
	return os.Chown(dir, int(c.Uid), int(c.Gid))
}

// unprivileged returns the attributes for starting the server's processes.
func unprivileged() *syscall.SysProcAttr {
	c, _ := other() // give has returned the error
	// A separate process group, so that an interrupt at the keyboard does not reach the server.
	return &syscall.SysProcAttr{Credential: c, Setpgid: true}
}

// other returns the user that replaces root, nil if this process does not run as root.
func other() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("no user to run PostgreSQL as: neither postgres nor nobody")
}
