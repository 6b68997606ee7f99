// The SQL function loam_expand, which decodes texts in which single bytes stand for words.

package binding

import (
	"bytes"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// expandName is the name of the SQL function loam_expand(text, words). It returns the text with
// word n in place of each byte n below 32. words is a list separated by line feeds, whose first
// word is word 1. A byte without a word stays. The result is NULL if an argument is NULL.
const expandName = "loam_expand"

// maxWords is the number of bytes that can stand for words: all below 32 but NUL.
const maxWords = 31

// addFunctions defines the functions of this package on the connection.
func (c *Conn) addFunctions() error {
	name, err := cstring(c.tls, expandName)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, name)
	// SQLITE_INNOCUOUS lets views and triggers of an untrusted database file call the function.
	const flags = lib.SQLITE_UTF8 | lib.SQLITE_DETERMINISTIC | lib.SQLITE_INNOCUOUS
	return c.failure(lib.Xsqlite3_create_function_v2(c.tls, c.db, name, 2, flags, 0, callback(onExpand), 0, 0, 0))
}

func onExpand(tls *libc.TLS, ctx uintptr, _ int32, args uintptr) {
	text, ok := argument(tls, args)
	list, known := argument(tls, args+ptrSize)
	if !ok || !known {
		lib.Xsqlite3_result_null(tls, ctx)
		return
	}
	words := splitWords(list)
	size := expandedSize(text, &words)
	if size > maxLength {
		lib.Xsqlite3_result_error_toobig(tls, ctx)
		return
	}
	p := lib.Xsqlite3_malloc64(tls, uint64(max(size, 1)))
	if p == 0 {
		lib.Xsqlite3_result_error_nomem(tls, ctx)
		return
	}
	expand(view(p, size)[:0], text, &words)
	lib.Xsqlite3_result_text64(tls, ctx, p, uint64(size), callback(lib.Xsqlite3_free), lib.SQLITE_UTF8)
}

// ptrSize is the size of a pointer in bytes.
const ptrSize = 4 << (^uintptr(0) >> 63)

// argument returns the text of the SQL argument whose address is stored at p; ok is false for NULL.
// The text is valid during the call of the SQL function.
func argument(tls *libc.TLS, p uintptr) (text []byte, ok bool) {
	value := *(*uintptr)(pointer(p))
	at := lib.Xsqlite3_value_text(tls, value)
	return view(at, int(lib.Xsqlite3_value_bytes(tls, value))), at != 0
}

// splitWords splits a list at its line feeds: words[n] is word n. Words beyond maxWords are left
// out.
func splitWords(list []byte) (words [maxWords + 1][]byte) {
	for n := 1; n < len(words) && len(list) > 0; n++ {
		words[n], list, _ = bytes.Cut(list, []byte{'\n'})
	}
	return words
}

// expandedSize returns the length of the expanded text in bytes.
func expandedSize(text []byte, words *[maxWords + 1][]byte) int {
	size := len(text)
	for _, b := range text {
		if b <= maxWords && words[b] != nil {
			size += len(words[b]) - 1
		}
	}
	return size
}

// expand appends the expanded text to dst.
func expand(dst, text []byte, words *[maxWords + 1][]byte) []byte {
	start := 0
	for i, b := range text {
		if b <= maxWords && words[b] != nil {
			dst = append(append(dst, text[start:i]...), words[b]...)
			start = i + 1
		}
	}
	return append(dst, text[start:]...)
}
