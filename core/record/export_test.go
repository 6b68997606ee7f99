package record

import "time"

// Config returns what the service was made with, for tests that replace a part of it.
func (s *Service) Config() Config { return s.cfg }

// OtherCaseSQL looks for an id that differs from $1 in letter case alone.
func OtherCaseSQL(s *Service, collection string) string {
	return otherCaseSQL(s.cfg.Snapshot().Find(collection))
}

// SetTruncateTime sets how long a transaction of a truncation lasts, about.
func SetTruncateTime(s *Service, d time.Duration) { s.truncateTime = d }
