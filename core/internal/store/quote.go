// Quoting of SQL identifiers.

package store

import "strings"

// Quote returns the name as a quoted identifier of SQL, the same on every engine. Names must get
// into statements only by Quote: it is correct for any name that an engine accepts, and no name
// can end its quotes.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
