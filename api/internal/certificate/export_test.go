package certificate

// Follow checks once whether the files have changed. Keep does so periodically.
func (f *Files) Follow() { f.follow() }
