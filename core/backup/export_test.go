package backup

// OnStep sets the function that is called between the steps of a restore.
func (s *Service) OnStep(fn func(name string)) { s.step = fn }

// WrapTree puts a wrapper between the service and the files.
func (s *Service) WrapTree(wrap func(Tree) Tree) { s.tree = wrap(s.tree) }

// WrapDatabase puts a wrapper between the service and the database.
func (s *Service) WrapDatabase(wrap func(Database) Database) { s.cfg.Database = wrap(s.cfg.Database) }

// Tree exports tree, the access to the folder of files.
type Tree = tree

// LimitDisk sets the free bytes that every disk reports.
func (s *Service) LimitDisk(free uint64) {
	s.limits.free = func(string) (uint64, bool) { return free, true }
}

// LimitEntries limits the number of entries of an archive, and the bytes of their list.
func (s *Service) LimitEntries(entries int, directory int64) {
	s.limits.entries, s.limits.directory = entries, directory
}
