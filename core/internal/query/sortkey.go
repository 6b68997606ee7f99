package query

// sortKey is one part of a sort.
type sortKey struct {
	how        keyKind
	descending bool
	operand    operand

	// A path with many values sorts by the first one stored.
	sources []*source
	guards  []cond
}

type keyKind uint8

const (
	keyValue keyKind = iota
	keyRandom
	keyRow // insertion order; of a view, by id
)

// reads names the sources of the key's value.
func (k *sortKey) reads(fn func(*source)) {
	if k.how != keyValue {
		return
	}
	visit(k.operand.term, fn)
	if k.operand.visible != nil {
		fn(k.operand.visible)
	}
}
