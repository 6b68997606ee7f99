package certificate

// Follow looks whether the files have changed, as Keep does again and again.
func (f *Files) Follow() { f.follow() }
