package form

import (
	"net/http"
	"slices"

	"github.com/loambase/loam/admin/internal/console"
)

// Replaces reports whether the user has agreed to replace what is kept under the name. See RefuseKept.
func Replaces(c *console.Call, name string) bool {
	return slices.Contains(c.R.PostForm["replace"], name)
}

// RefuseKept answers a form that keeps something under a name. It shows the refusal in KeptProblem, below the
// input of the name. If asks is true, it asks whether to replace what has the name already: the next request of
// the form then agrees.
func RefuseKept(c *console.Call, refused error, name string, asks bool) error {
	problems, _ := console.Problems(refused)
	c.W.Header().Set("HX-Retarget", "find [data-kept-problem]")
	c.W.Header().Set("HX-Reswap", "innerHTML")
	return c.PartAs(http.StatusUnprocessableEntity, keptWords(console.OneLine(problems, ""), name, asks))
}
