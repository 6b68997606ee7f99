// Quoting of SQL identifiers.

package store

import "strings"

// Quote is the name as a quoted identifier of SQL, the same on every engine. It is
// the only way in which a name gets into a statement: any name that an engine
// accepts comes out right, and none can end its quotes.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
