// Package suggest finds the known word that a misspelt word probably stands for.
package suggest

import (
	"slices"
	"strings"
)

// maxTypos is the maximum edit distance of a typing error.
const maxTypos = 2

// Nearest returns the known word with the smallest edit distance from word, regardless of case; of
// several such words the first in alphabetical order. It returns "" if the distance is too large
// for a typing error.
func Nearest(word string, known []string) string {
	best, nearest := "", maxTypos+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if d < nearest && d < len(k)/2+1 {
			best, nearest = k, d
		}
	}
	return best
}

// distance returns the edit distance of two words: the number of letters to insert, delete, replace
// or swap with a neighbour (optimal string alignment).
func distance(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
