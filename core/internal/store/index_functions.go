// The functions that index expressions may call.

package store

import "strings"

// IsIndexFunction reports whether index expressions may call the SQL function, on engines that
// have it. The result of such a function is about as long as its arguments: an index is computed
// within each write of its table, while other writes wait, and there is no limit on the memory of
// printf('%.*c', 900000000, 'x').
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
