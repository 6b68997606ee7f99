// Functions of the dialect: distance and strftime.

package sqlite

import (
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

// The functions of the rule language, as SQLite computes them.

// Distance implements store.Dialect by the spherical law of cosines.
func (Dialect) Distance(lonA, latA, lonB, latB string) string {
	return "6371 * acos(max(-1, min(1, cos(radians(" + latA + ")) * cos(radians(" + latB + ")) * cos(radians(" + lonB +
		") - radians(" + lonA + ")) + sin(radians(" + latA + ")) * sin(radians(" + latB + ")))))"
}

// Strftime implements store.Dialect by strftime.
func (Dialect) Strftime(format, time string, _ store.ColumnKind, modifiers []string) string {
	return "strftime(" + strings.Join(append([]string{format, time}, modifiers...), ", ") + ")"
}
