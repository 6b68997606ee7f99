package record_test

import "testing"

// The engines do not name the columns of a violated expression; the fields are named all
// the same.
func TestUniqueExpressionNamesItsFields(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "folded", "type": "base", "createRule": "", "fields": [
		{"name": "a", "type": "text"}, {"name": "b", "type": "text"}, {"name": "lower", "type": "text"}, {"name": "n", "type": "number"}], "indexes": [
		"CREATE UNIQUE INDEX i_folded_a ON folded (lower(a)) WHERE a != ''",
		"CREATE UNIQUE INDEX i_folded_ab ON folded (b || lower(lower)) WHERE b != ''",
		"CREATE UNIQUE INDEX i_folded_mixed ON folded (n, abs(n)) WHERE n > 0"]}`)
	for _, body := range []object{{"a": "Ann"}, {"b": "b", "lower": "C"}, {"n": 1}} {
		b.add("folded", body)
	}
	const bad = "invalid: Failed to create record. "
	for _, test := range []struct {
		body object
		want string
	}{
		{object{"a": "aNN"}, bad + "a=validation_not_unique"},
		{object{"a": "other"}, "ok"},
		{object{"b": "b", "lower": "c"}, bad + "b=validation_not_unique lower=validation_not_unique"},
		{object{"b": "b", "lower": "d"}, "ok"},
		{object{"n": 1}, bad + "n=validation_not_unique"},
		{object{"n": 2}, "ok"},
	} {
		_, err := b.create(guest, "folded", test.body)
		check(t, "Create", err, test.want)
	}
}
