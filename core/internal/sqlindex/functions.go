// Function calls in index definitions.

package sqlindex

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/internal/check"
)

// ForbiddenFunctions returns the functions in the index that indexes may not call
// (store.IsIndexFunction), in lower case and order of appearance, each once.
func ForbiddenFunctions(ix store.Index) []string {
	var found []string
	for _, c := range ix.Columns {
		found = forbiddenFunctions(found, c.Name)
	}
	return forbiddenFunctions(found, ix.Where)
}

// forbiddenFunctions appends the forbidden functions of one SQL expression. A call is a name,
// quoted or not, before a parenthesis, unless it is a keyword or the type of a CAST.
func forbiddenFunctions(found []string, sql string) []string {
	previous := ""
	for i := 0; i < len(sql); {
		end, quoted := sqlToken(sql, i)
		token := strings.ToLower(sql[i:end])
		i = end
		if strings.Trim(token, whiteSpace) == "" {
			continue
		}
		name := token
		if quoted {
			name = token[1 : len(token)-1]
		}
		called := strings.HasPrefix(strings.TrimLeft(sql[end:], whiteSpace), "(") && previous != "as" &&
			(quoted || check.IsWord(token) && !sqlKeywords[token])
		if called && !store.IsIndexFunction(name) && !slices.Contains(found, name) {
			found = append(found, name)
		}
		previous = token
	}
	return found
}

const whiteSpace = " \t\r\n\f" // SQLite's white space
