// Package trywrite writes to sockets without waiting, with as little CPU time as possible. The code
// is apart from package api because the system call needs a pointer: package unsafe is allowed in
// trywrite, and not in api.
package trywrite
