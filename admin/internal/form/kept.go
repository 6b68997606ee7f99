package form

import (
	"net/http"
	"slices"

	"github.com/loambase/loam/admin/internal/console"
)

// Replaces reports whether the user has agreed to replace the stored entry with the name. See RefuseKept.
func Replaces(c *console.Call, name string) bool {
	return slices.Contains(c.R.PostForm["replace"], name)
}

// RefuseKept answers a form that stores an entry, such as a view of a table, under a name. It shows the error in
// KeptProblem, below the input of the name. If asks is true, it also asks whether to replace the stored entry with
// the name: the next request of the form agrees to that.
func RefuseKept(c *console.Call, refused error, name string, asks bool) error {
	problems, _ := console.Problems(refused)
	c.W.Header().Set("HX-Retarget", "find [data-kept-problem]")
	c.W.Header().Set("HX-Reswap", "innerHTML")
	return c.PartAs(http.StatusUnprocessableEntity, keptWords(console.OneLine(problems, ""), name, asks))
}
