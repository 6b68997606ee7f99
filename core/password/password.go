// Package password hashes and compares passwords with bcrypt behind a bounded
// queue: a storm of logins costs max(1, NumCPU/2) processors and no more, and
// past the queue's length the caller is told to come back later.
package password

// Hasher bounds the work. Its zero value is not usable; see New. Safe for
// concurrent use.
type Hasher struct{}
