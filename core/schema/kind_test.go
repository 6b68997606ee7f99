package schema

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
)

func ptr[T any](v T) *T { return &v }

func TestValidate(t *testing.T) {
	custom := &Text{PrimaryKey: true, Pattern: `^.+$`}
	deep := json.RawMessage(strings.Repeat("[", 1001) + strings.Repeat("]", 1001))
	for _, c := range []struct {
		kind     Kind
		v        any
		code     string
		message  string
		required bool
	}{
		{&Text{Min: 3}, "ab", "validation_min_text_constraint", "Must be at least 3 character(s)", false},
		{&Text{Min: 3}, "äöü", "", "", false},
		{&Text{Min: 3}, "", "", "", false},
		{&Text{Max: 2}, "abc", "validation_max_text_constraint", "Must be no more than 2 character(s)", false},
		{&Text{}, strings.Repeat("ä", 5000), "", "", false},
		{&Text{}, strings.Repeat("ä", 5001), "validation_max_text_constraint", "Must be no more than 5000 character(s)", false},
		{&Text{Pattern: "b"}, "abc", "", "", false},
		{&Text{Pattern: "^b"}, "abc", "validation_invalid_format", "Invalid value format", false},
		{&Text{Pattern: "("}, "abc", "validation_invalid_format", "Invalid value format", false},
		{&Text{Min: 9, Pattern: "^b"}, "abc", "validation_min_text_constraint", "Must be at least 9 character(s)", false},
		{&Text{}, "a\x00", "validation_invalid_value", "Invalid value", false},
		{&Text{}, "a\xff", "validation_invalid_value", "Invalid value", false},
		{custom, "a/b", "validation_forbidden_pk_character", "'/' is not a valid primary key character", false},
		{custom, "a b", "validation_forbidden_pk_character", "' ' is not a valid primary key character", false},
		{custom, "Com1", "validation_reserved_pk", "The primary key 'COM1' is reserved and cannot be used", false},
		{custom, "COM0", "", "", false},
		{custom, "aux", "validation_reserved_pk", "The primary key 'AUX' is reserved and cannot be used", false},
		{&Text{PrimaryKey: true, Pattern: IDPattern}, "aux", "", "", false},

		{&Editor{MaxSize: 4}, "äää", "validation_content_size_limit", "The maximum allowed content size is 4 bytes", false},
		{&Editor{}, "<p>", "", "", false},

		{&Number{}, math.NaN(), "validation_not_a_number", "The submitted number is not properly formatted", false},
		{&Number{}, math.Inf(-1), "validation_not_a_number", "The submitted number is not properly formatted", true},
		{&Number{Min: ptr(5.0)}, 0.0, "", "", false},
		{&Number{OnlyInt: true, Min: ptr(5.0)}, 1.5, "validation_only_int_constraint", "Decimal numbers are not allowed", false},
		{&Number{Min: ptr(5.5)}, 5.0, "validation_min_number_constraint", "Must be greater or equal than 5.5", false},
		{&Number{Max: ptr(5.0)}, 5.1, "validation_max_number_constraint", "Must be less or equal than 5", false},
		{&Number{Max: ptr(5.0)}, 5.0, "", "", false},

		{&Number{}, 0.0, "validation_required", "Must not be 0", true},

		{&Bool{}, true, "", "", true},
		{&Bool{}, false, "validation_required", "Must be true", true},

		{&Email{}, "a@b.co", "", "", true},
		{&Email{}, "test@localhost", "validation_is_email", "Must be a valid email address", false},
		{&Email{OnlyDomains: []string{"b.co"}}, "a@B.co", "validation_email_domain_not_allowed", "Email domain is not allowed", false},
		{&Email{ExceptDomains: []string{"b.co"}}, "a@b.co", "validation_email_domain_not_allowed", "Email domain is not allowed", false},
		{&Email{ExceptDomains: []string{"b.co"}}, "a@c.co", "", "", false},

		{&URL{}, "https://x.com/?q#f", "", "", false},
		{&URL{}, "javascript:alert(1)", "validation_invalid_url", "Must be a valid url", false},
		{&URL{OnlyDomains: []string{"x.com"}}, "https://x.com:81", "validation_url_domain_not_allowed", "Url domain is not allowed", false},
		{&URL{OnlyDomains: []string{"x.com"}}, "https://x.com", "", "", false},
		{&URL{ExceptDomains: []string{"x.com"}}, "x.com", "", "", false},

		{&Date{Min: "2020-01-01 00:00:00.000Z"}, "2019-12-31 00:00:00.000Z",
			"validation_min_greater_equal_than_required", "Must be no less than 2020-01-01 00:00:00 +0000 UTC", false},
		{&Date{Max: "2020-01-01 00:00:00.000Z"}, "2020-01-01 00:00:00.001Z",
			"validation_max_less_equal_than_required", "Must be no greater than 2020-01-01 00:00:00 +0000 UTC", false},
		{&Date{Min: "2020-01-01 00:00:00.000Z"}, "", "", "", false},

		{&Select{Values: []string{"a"}}, "b", "validation_invalid_value", "Invalid value b", false},
		{&Select{Values: []string{"a"}}, "a", "", "", true},
		{&Select{Values: []string{"a", "b", "c"}, MaxSelect: 2}, []string{"a", "b", "c"}, "validation_too_many_values", "Select no more than 2", false},
		{&Select{Values: []string{"a", "b"}, MaxSelect: 2}, []string{"a", "B"}, "validation_invalid_value", "Invalid value B", false},

		{&JSON{}, json.RawMessage(`{}`), "validation_required", "Cannot be blank", true},
		{&JSON{}, json.RawMessage(` [] `), "validation_required", "Cannot be blank", true},
		{&JSON{}, json.RawMessage(`""`), "validation_required", "Cannot be blank", true},
		{&JSON{}, json.RawMessage(`0`), "", "", true},
		{&JSON{}, json.RawMessage(`1e999`), "validation_invalid_json", "Must be a valid json value", false},
		{&JSON{}, json.RawMessage(`{`), "validation_invalid_json", "Must be a valid json value", false},
		{&JSON{MaxSize: 3}, json.RawMessage(`[1,2]`), "validation_json_size_limit", "The maximum allowed JSON size is 3 bytes", false},
		{&JSON{}, json.RawMessage(`"a\u0000"`), "validation_invalid_value", "Invalid value", false},
		{&JSON{}, json.RawMessage(`"a\\u0000"`), "", "", false},
		{&JSON{}, json.RawMessage("\"\xff\""), "validation_invalid_value", "Invalid value", false},
		{&JSON{}, deep, "validation_invalid_json", "Must be a valid json value", false},
		{&JSON{}, json.RawMessage(`"` + strings.Repeat("[", 2000) + `"`), "", "", false},

		{&File{}, "a.txt", "", "", true},
		{&File{MaxSelect: 2}, []string{"a", "b", "c"}, "validation_too_many_files", "The maximum allowed files is 2", false},
		{&File{MaxSelect: 2}, []string{"a\x00"}, "validation_invalid_value", "Invalid value", false},

		{&Relation{MinSelect: 2, MaxSelect: 3}, []string{"a"}, "validation_not_enough_values", "Select at least 2", false},
		{&Relation{MinSelect: 2, MaxSelect: 3}, []string{}, "", "", false},
		{&Relation{MaxSelect: 2}, []string{"a", "b", "c"}, "validation_too_many_values", "Select no more than 2", false},
		{&Relation{}, "\x00", "validation_invalid_value", "Invalid value", false},

		{&Password{Min: 8}, "short", "validation_min_text_constraint", "Must be at least 8 character(s)", false},
		{&Password{}, strings.Repeat("x", 71), "", "", false},
		{&Password{}, strings.Repeat("x", 72), "validation_max_text_constraint", "Must be no more than 71 character(s)", false},
		{&Password{}, strings.Repeat("ä", 37), "validation_max_text_constraint", "Must be no more than 71 character(s) and 72 bytes", false},
		{&Password{Max: 10}, strings.Repeat("x", 11), "validation_max_text_constraint", "Must be no more than 10 character(s)", false},
		{&Password{Pattern: `\d`}, "none", "validation_invalid_format", "Invalid value format", false},

		{&GeoPoint{}, Point{0, 91}, "validation_invalid_latitude", "Latitude must be between -90 and 90 degrees", false},
		{&GeoPoint{}, Point{-181, 91}, "validation_invalid_latitude", "Latitude must be between -90 and 90 degrees", false},
		{&GeoPoint{}, Point{-181, 9}, "validation_invalid_longitude", "Longitude must be between -180 and 180 degrees", false},
		{&GeoPoint{}, Point{math.NaN(), 9}, "validation_invalid_longitude", "Longitude must be between -180 and 180 degrees", false},
		{&GeoPoint{}, Point{180, -90}, "", "", true},
		{&Autodate{}, "", "", "", true},
	} {
		fail := c.kind.Validate(&Field{Name: "f", Kind: c.kind, Required: c.required}, c.v)
		if fail == nil {
			fail = &fault.Field{}
		}
		if fail.Code != c.code || fail.Message != c.message {
			t.Errorf("%s: Validate(%#v) = %q %q, want %q %q", c.kind.Type(), c.v, fail.Code, fail.Message, c.code, c.message)
		}
	}
}

func TestValidateParams(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		v     any
		param string
		want  any
	}{
		{&Text{Min: 3}, "ab", "min", 3},
		{&Number{Max: ptr(1.5)}, 2.0, "max", 1.5},
		{&Select{Values: []string{"a"}}, "b", "value", "b"},
		{&Relation{MinSelect: 2, MaxSelect: 2}, []string{"a"}, "minSelect", 2},
		{&JSON{MaxSize: 1}, json.RawMessage("12"), "maxSize", int64(1)},
		{&Date{Min: "2020-01-01 00:00:00.000Z"}, "2019-01-01 00:00:00.000Z", "threshold", "2020-01-01T00:00:00Z"},
	} {
		fail := c.kind.Validate(&Field{Name: "f", Kind: c.kind}, c.v)
		if fail == nil || fail.Params[c.param] != c.want {
			t.Errorf("%s: Validate(%#v) = %+v, want the param %s = %v", c.kind.Type(), c.v, fail, c.param, c.want)
		}
	}
	if fail := (&Password{Min: 3}).Validate(&Field{}, "x"); fail.Params != nil {
		t.Errorf("a short password has the params %v, want none", fail.Params)
	}
}

func TestCheckOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Kind
		path string // "" : valid
		code string
	}{
		{"text", &Text{Min: 2, Max: 5, Pattern: "^a+$", AutogeneratePattern: "a{3}"}, "", ""},
		{"text min", &Text{Min: -1}, "min", "validation_min_greater_equal_than_required"},
		{"text min huge", &Text{Min: 1 << 53}, "min", "validation_max_less_equal_than_required"},
		{"text max", &Text{Min: 5, Max: 4}, "max", "validation_min_greater_equal_than_required"},
		{"text pattern", &Text{Pattern: "("}, "pattern", "validation_invalid_regex"},
		{"text generate", &Text{AutogeneratePattern: "("}, "autogeneratePattern", "validation_invalid_autogenerate_pattern"},
		{"text generate unsupported", &Text{AutogeneratePattern: `a\b`}, "autogeneratePattern", "validation_invalid_autogenerate_pattern"},
		{"text generate short", &Text{Min: 5, AutogeneratePattern: "a{3}"}, "autogeneratePattern", "validation_invalid_autogenerate_pattern_value"},
		{"key name", &Text{PrimaryKey: true, Pattern: "a"}, "name", "validation_in_invalid"},
		{"key pattern", &Text{PrimaryKey: true}, "pattern", "validation_required"},
		{"number int", &Number{OnlyInt: true, Min: ptr(1.5)}, "min", "validation_only_int_constraint"},
		{"number int max", &Number{OnlyInt: true, Max: ptr(1.5)}, "max", "validation_only_int_constraint"},
		{"number order", &Number{Min: ptr(2.0), Max: ptr(1.0)}, "max", "validation_min_number_constraint"},
		{"editor", &Editor{MaxSize: -1}, "maxSize", "validation_min_greater_equal_than_required"},
		{"json", &JSON{MaxSize: -1}, "maxSize", "validation_min_greater_equal_than_required"},
		{"email both", &Email{OnlyDomains: []string{"a.b"}, ExceptDomains: []string{"a.b"}}, "onlyDomains", "validation_empty"},
		{"email both", &Email{OnlyDomains: []string{"a.b"}, ExceptDomains: []string{"a.b"}}, "exceptDomains", "validation_empty"},
		{"email domain", &Email{OnlyDomains: []string{"ok.com", "no"}}, "onlyDomains.1", "validation_is_domain"},
		{"url domain", &URL{ExceptDomains: []string{"x.com:80"}}, "exceptDomains.0", "validation_is_domain"},
		{"date", &Date{Min: "2020-01-02 00:00:00.000Z", Max: "2020-01-01 00:00:00.000Z"}, "max", "validation_date_out_of_range"},
		{"autodate", &Autodate{}, "onCreate", "validation_required"},
		{"autodate", &Autodate{}, "onUpdate", "validation_required"},
		{"select", &Select{}, "values", "validation_required"},
		{"select max", &Select{Values: []string{"a"}, MaxSelect: 2}, "maxSelect", "validation_max_less_equal_than_required"},
		{"select zero byte", &Select{Values: []string{"a", "\x00"}}, "values.1", "validation_invalid_value"},
		{"file thumb", &File{Thumbs: []string{"100x100", "100"}}, "thumbs.1", "validation_match_invalid"},
		{"file thumb zero", &File{Thumbs: []string{"0x0f"}}, "thumbs.0", "validation_not_in_invalid"},
		{"file size", &File{MaxSize: -1}, "maxSize", "validation_min_greater_equal_than_required"},
		{"relation", &Relation{}, "collectionId", "validation_required"},
		{"relation min", &Relation{CollectionID: "x", MinSelect: 2}, "maxSelect", "validation_required"},
		{"relation order", &Relation{CollectionID: "x", MinSelect: 3, MaxSelect: 2}, "maxSelect", "validation_min_greater_equal_than_required"},
		{"password min", &Password{Min: 72}, "min", "validation_max_less_equal_than_required"},
		{"password max", &Password{Max: 72}, "max", "validation_max_less_equal_than_required"},
		{"password order", &Password{Min: 8, Max: 7}, "max", "validation_min_greater_equal_than_required"},
		{"password cost", &Password{Cost: 3}, "cost", "validation_min_greater_equal_than_required"},
		{"password pattern", &Password{Pattern: "["}, "pattern", "validation_invalid_regex"},
	} {
		f := &Field{Name: "f", Kind: c.kind}
		got := codes(c.kind.Check(f))
		if c.path == "" && len(got) > 0 || got[c.path] != c.code {
			t.Errorf("%s: check = %v, want %s at %q", c.name, got, c.code, c.path)
		}
	}
}

func TestCheckPrimaryKey(t *testing.T) {
	f := &Field{Name: "id", Hidden: true, Kind: &Text{PrimaryKey: true, Pattern: "a"}}
	if got := codes(f.Kind.Check(f)); got["hidden"] != "validation_empty" {
		t.Errorf("Check = %v, want a key that is not hidden", got)
	}
}

// codes returns the codes by their paths, joined with dots.
func codes(fails fault.Fields) map[string]string {
	all := map[string]string{}
	for name, f := range fails {
		if f.Code != "" {
			all[name] = f.Code
		}
		for path, code := range codes(f.Fields) {
			all[name+"."+path] = code
		}
	}
	return all
}
