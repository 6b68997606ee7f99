// Names of uploads: the client's file name made safe, with a random suffix.

package blob

import (
	"crypto/rand"
	"strings"
)

// Limits of the parts of a stored name, in bytes.
const (
	maxOriginal  = 300
	maxExtension = 20
	maxBase      = 100
	minBase      = 3
	randomLength = 10
)

// storedName returns the name under which an upload with the name original is stored
// (docs/wire/records.md §7.3): a readable part, a random part that makes the name unique, and the
// extension. detected is the extension that belongs to the content; it is used if original has no
// extension.
func storedName(original, detected string, random func(n int) string) string {
	// The end is kept, since it has the extension.
	if len(original) > maxOriginal {
		original = original[len(original)-maxOriginal:]
	}
	base, ext := splitExtension(original)
	if ext = cleanExtension(ext); ext == "" {
		ext = cleanExtension(detected)
	}
	base = snakeCase(strings.Trim(base, "."))
	// A name of letters that are all dropped, such as a name in another script, still gets a base.
	if len(base) < minBase {
		base += random(randomLength)
	}
	base = base[:min(len(base), maxBase)]
	return base + "_" + random(randomLength) + ext
}

// splitExtension splits the name before the second-last dot, or before the only dot: "a.tar.gz" has
// the extension ".tar.gz".
func splitExtension(name string) (base, ext string) {
	last := strings.LastIndexByte(name, '.')
	if last < 0 {
		return name, ""
	}
	if second := strings.LastIndexByte(name[:last], '.'); second >= 0 {
		last = second
	}
	return name[:last], name[last:]
}

// cleanExtension keeps the characters that are safe in every file system and URL; the result is
// empty or begins with its only leading dot.
func cleanExtension(ext string) string {
	ext = strings.Map(func(r rune) rune {
		if isWord(r) || strings.ContainsRune(".*-+=#", r) {
			return r
		}
		return -1
	}, ext)
	ext = strings.Trim(ext, ".")
	if len(ext)+1 > maxExtension {
		ext = strings.Trim(ext[len(ext)-maxExtension:], ".")
	}
	if ext == "" {
		return ""
	}
	return "." + ext
}

// snakeCase joins the words of s with "_" in lower case. A word ends before any character but an
// ASCII letter or digit, and before an upper-case letter that follows another character than an
// upper-case letter.
func snakeCase(s string) string {
	var b strings.Builder
	var prev rune // the last character of the current word, 0 before its first
	for _, r := range s {
		if !isWord(r) || r == '_' {
			prev = 0
			continue
		}
		if b.Len() > 0 && (prev == 0 || isUpper(r) && !isUpper(prev)) {
			b.WriteByte('_')
		}
		b.WriteRune(r)
		prev = r
	}
	return strings.ToLower(b.String())
}

func isUpper(r rune) bool { return r >= 'A' && r <= 'Z' }

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || isUpper(r) || r >= '0' && r <= '9' || r == '_'
}

// randomName returns n random characters of a-z0-9.
func randomName(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, 0, n)
	var buf [16]byte
	for len(out) < n {
		_, _ = rand.Read(buf[:]) // never fails
		for _, b := range buf {
			// 252 is the greatest multiple of 36 in a byte: with larger bytes, letters would not be
			// equally likely.
			if b < 252 && len(out) < n {
				out = append(out, alphabet[b%36])
			}
		}
	}
	return string(out)
}
