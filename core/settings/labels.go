package settings

import (
	"strings"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/internal/store"
)

// Relabeled is a rate limit whose label follows the name of its collection.
type Relabeled struct {
	Rule     int // its position
	From, To string
}

// RenameCollections lets the labels of rate limits follow collections that get other
// names, old to new, in the transaction in which they do.
func (s *Service) RenameCollections(tx store.Tx, names map[string]string) ([]Relabeled, error) {
	doc, err := read(tx)
	if err != nil {
		return nil, err
	}
	var list []Relabeled
	for i := range doc.RateLimits.Rules {
		label := &doc.RateLimits.Rules[i].Label
		name, action, ok := strings.Cut(*label, ":")
		if !ok || strings.ContainsAny(name, "/ ") {
			continue
		}
		for was, is := range names {
			if strings.EqualFold(name, was) {
				list = append(list, Relabeled{i, *label, is + ":" + action})
				*label = is + ":" + action
				break
			}
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	if err := s.write(tx, doc); err != nil {
		return nil, err
	}
	tx.OnCommit(func() { s.current.Store(doc) })
	return list, s.changes.Append(tx, []change.Change{{Kind: change.Settings, Action: change.Update}})
}
