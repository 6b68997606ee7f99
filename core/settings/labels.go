// Rate limit labels follow renamed collections.

package settings

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// RenamedLabel is the label of a rate limit that was renamed with its collection.
type RenamedLabel struct {
	Rule     int // index into RateLimits.Rules
	From, To string
}

// RenameCollections rewrites the labels of rate limits, as in "posts:create", when collections are
// renamed. names maps old names to new ones, in any letter case. RenameCollections works within tx,
// the transaction that renames the collections, and logs the change as caller's. It returns the
// labels that changed.
func (s *Service) RenameCollections(tx store.Tx, caller record.Caller, names map[string]string) ([]RenamedLabel, error) {
	doc, err := s.read(tx)
	if err != nil {
		return nil, err
	}
	renamed := doc.RateLimits.Rules.rename(names)
	if len(renamed) == 0 {
		return nil, nil
	}
	if err := s.save(tx, caller, doc); err != nil {
		return nil, err
	}
	s.stage(doc)
	return renamed, nil
}

// rename rewrites the labels in place and returns those that changed.
func (r Rules) rename(names map[string]string) []RenamedLabel {
	var renamed []RenamedLabel
	for i, rule := range r {
		name, action, ok := strings.Cut(rule.Label, ":")
		if !ok || strings.ContainsAny(name, "/ ") {
			continue
		}
		for from, to := range names {
			if strings.EqualFold(name, from) {
				r[i].Label = to + ":" + action
				renamed = append(renamed, RenamedLabel{i, rule.Label, r[i].Label})
				break
			}
		}
	}
	return renamed
}
