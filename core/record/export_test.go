package record

// Config returns what the service was made with, for tests that replace a part of it.
func (s *Service) Config() Config { return s.cfg }
