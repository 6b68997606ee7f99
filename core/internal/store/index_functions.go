// Functions that expressions of indexes may call.

package store

import "strings"

// IsIndexFunction reports whether expressions of indexes may call the SQL function, on
// engines that have it. The functions are those whose result is about as long as their
// arguments: an index is computed within each write of its table, while other writes wait,
// and nothing there limits what printf('%.*c', 900000000, 'x') takes.
func IsIndexFunction(name string) bool { return indexFunctions[strings.ToLower(name)] }

var indexFunctions = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(`abs coalesce date datetime hex ifnull iif instr json_array_length json_extract json_type
		json_valid julianday length lower ltrim max min nullif octet_length replace round rtrim sign strftime substr
		substring time trim typeof unicode unixepoch upper`) {
		set[name] = true
	}
	return set
}()
