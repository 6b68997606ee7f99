// Random texts: ids, secrets, token keys.

package schema

import "crypto/rand"

// The alphabets of ids and of secrets.
const (
	AlphabetID    = "abcdefghijklmnopqrstuvwxyz0123456789"
	AlphabetToken = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

// RandomString returns n characters of the alphabet (of 2 to 256 bytes) with equal probability,
// from the system's secure source.
func RandomString(n int, alphabet string) string {
	limit := 256 - 256%len(alphabet) // bytes from here on would favour the first letters
	out := make([]byte, n)
	var pool [96]byte
	for i := 0; i < n; {
		take := pool[:min(len(pool), (n-i)+(n-i)/4+4)]
		rand.Read(take) //nolint:errcheck // never fails
		for _, b := range take {
			if int(b) < limit && i < n {
				out[i] = alphabet[int(b)%len(alphabet)]
				i++
			}
		}
	}
	return string(out)
}
