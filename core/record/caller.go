package record

import "github.com/loambase/loam/core/schema"

// Caller is who asks, as a value: passed explicitly, never kept. The zero Caller
// is a guest.
type Caller struct {
	Auth    *Record // the signed-in record; nil for a guest
	IP      string
	Context string // @request.context; "" stands for "default"
	Method  string
	Headers map[string][]string // canonical HTTP names
	Query   map[string][]string
}

// Superuser says whether the caller skips all rules.
func (c Caller) Superuser() bool {
	return c.Auth != nil && c.Auth.collection.Name == schema.Superusers
}
