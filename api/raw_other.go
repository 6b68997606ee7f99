//go:build !unix

package api

import "syscall"

// writeNow takes nothing here: all that is written waits.
func writeNow(syscall.RawConn, []byte) (int, error) { return 0, nil }

func waitRead(syscall.RawConn) error { return nil }
