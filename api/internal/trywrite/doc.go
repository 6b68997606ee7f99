// Package trywrite writes to the sockets of connections without waiting, at the least CPU time per
// write. It is a package of its own because the system call takes a pointer: package unsafe is
// allowed here, and not in package api.
package trywrite
