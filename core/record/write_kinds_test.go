package record_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// sent is a JSON value that a client sends for a field, and the result: the JSON value in the
// answer, or the code of the failure.
type sent struct{ value, want string }

// kindCases holds, for each kind, options of a field and values for it.
var kindCases = map[string]struct {
	options string
	sent    []sent
	takes   string // the modifiers of a key that work on the kind
}{
	"text": {`"max": 3, "autogeneratePattern": "[a]{2}"`, []sent{{`"x"`, `"x"`}, {`7`, `"7"`}, {`""`, `"aa"`},
		{`"long"`, "validation_max_text_constraint"}}, ":autogenerate"},
	"editor": {`"maxSize": 4`, []sent{{`"<p>"`, `"<p>"`}, {`"<p>ab"`, "validation_content_size_limit"}}, ""},
	"number": {`"max": 5`, []sent{{`1.5`, `1.5`}, {`"2"`, `2`}, {`6`, "validation_max_number_constraint"}}, "+ -"},
	"bool":   {``, []sent{{`true`, `true`}, {`"true"`, `true`}, {`"x"`, `false`}}, ""},
	"email":  {``, []sent{{`"a@b.co"`, `"a@b.co"`}, {`"x"`, "validation_is_email"}}, ""},
	"url":    {``, []sent{{`"https://b.co"`, `"https://b.co"`}, {`"javascript:x"`, "validation_invalid_url"}}, ""},
	"date": {`"min": "2020-01-01 00:00:00.000Z"`, []sent{{`"2021-01-01"`, `"2021-01-01 00:00:00.000Z"`},
		{`"2019-01-01"`, "validation_min_greater_equal_than_required"}}, ""},
	"autodate": {`"onCreate": true`, []sent{{`"2020-01-01"`, `"2026-01-01 00:00:00.000Z"`}}, ""}, // only the server sets it
	"select":   {`"values": ["a", "b"]`, []sent{{`"a"`, `"a"`}, {`["a", "b"]`, `"b"`}, {`"c"`, "validation_invalid_value"}}, "+ prepend -"},
	"json":     {`"maxSize": 9`, []sent{{`{"k": 1}`, `{"k":1}`}, {`"[1]"`, `[1]`}, {`"long enough"`, "validation_json_size_limit"}}, ""},
	"file":     {``, []sent{{`""`, `""`}, {`"a.txt"`, "validation_invalid_file"}}, "+ prepend -"},
	"relation": {`"collectionId": "TARGET"`, []sent{{`"target000000000"`, `"target000000000"`}, {`"x"`, "validation_missing_rel_records"}}, "+ prepend -"},
	"password": {`"min": 8, "cost": 4`, []sent{{`"long enough"`, `a hash`}, {`"short"`, "validation_min_text_constraint"}}, ""},
	"geoPoint": {``, []sent{{`{"lon": 1, "lat": 2}`, `{"lon":1,"lat":2}`}, {`{"lon": 1, "lat": 91}`, "validation_invalid_latitude"}}, ""},
}

// Values of clients for a field of any kind are cast, validated and stored. A new kind must have a
// case here.
func TestEveryKindIsWritten(t *testing.T) {
	t.Parallel()
	b := newBed(t, `{"name": "targets", "type": "base", "fields": []}`)
	b.add("targets", object{"id": "target000000000"})
	for _, kind := range schema.Kinds() {
		name := kind.Type()
		c, ok := kindCases[name]
		if !ok {
			t.Errorf("%s: no case", name)
			continue
		}
		options := strings.ReplaceAll(c.options, "TARGET", b.Snapshot().Find("targets").ID)
		if options != "" {
			options = ", " + options
		}
		coretest.Collection(t, b.App, `{"name": "of_`+name+`", "type": "base", "createRule": "", "viewRule": "", "fields": [{"name": "f", "type": "`+name+`"`+options+`}]}`)
		for _, s := range c.sent {
			var value any
			if err := json.Unmarshal([]byte(s.value), &value); err != nil {
				t.Fatalf("%s: %s: %v", name, s.value, err)
			}
			o, err := b.create(guest, "of_"+name, object{"f": value})
			got := failure(err)
			switch {
			case err != nil:
				_, got, _ = strings.Cut(got, "f=")
			case name == "password":
				if got = b.stored("of_"+name, o["id"].(string)).Text("f"); strings.HasPrefix(got, "$2") && o["f"] == "" {
					got = "a hash"
				}
			default:
				out, _ := schema.Marshal(o["f"])
				got = strings.NewReplacer(`{"lat":2,"lon":1}`, `{"lon":1,"lat":2}`).Replace(string(out))
			}
			if got != s.want {
				t.Errorf("%s: %s becomes %s, want %s", name, s.value, got, s.want)
			}
		}
		if got := record.Modifiers(b.Snapshot().Find("of_" + name).Field("f")); got != c.takes {
			t.Errorf("%s takes the modifiers %q, want %q", name, got, c.takes)
		}
	}
}
