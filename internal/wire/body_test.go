package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/budget"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

func request(contentType, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/?title=from+the+query", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

func TestObject(t *testing.T) {
	type object = map[string]any
	tests := []struct {
		name, contentType, body string
		want                    object
	}{
		{"empty", jsonType, "", nil},
		{"empty, of a strange type", "text/csv", "", nil},
		{"space", jsonType, " \n", nil},
		{"null", jsonType, "null", nil},
		{"object", jsonType + "; charset=utf-8", `{"a":1,"b":[true,null],"c":"x"}`,
			object{"a": json.Number("1"), "b": []any{true, nil}, "c": "x"}},
		{"upper-case type", "Application/JSON", `{}`, object{}},
		{"big integer", jsonType, `{"a":9007199254740993}`, object{"a": json.Number("9007199254740993")}},
		{"as many keys as may be", jsonType, `{"a":{` + manyKeys(maxKeys-1) + `"x":1}}`, nil},
		{"what follows is ignored", jsonType, `{"a":1}{"a":2} trailing`, object{"a": json.Number("1")}},
		{"form", formType, "a=x&b=&c=1&c=true&d=false", object{"a": "x", "b": "", "c": []any{json.Number("1"), true}, "d": false}},
		{"form with a payload", formType, "a=1&%40jsonPayload=" + `{"a":"2","b":{"c":1}}` + "&%40jsonPayload=" + `{"d":null}`,
			object{"a": "2", "b": object{"c": json.Number("1")}, "d": nil}},
		{"the query is no part of the form", formType, "a=1", object{"a": json.Number("1")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body, err := ReadBody(request(test.contentType, test.body), DefaultLimit, "", nil, budget.Caller{})
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			got, err := body.Object()
			if err != nil {
				t.Fatal(err)
			}
			if len(test.body) < 1000 && !reflect.DeepEqual(got, test.want) {
				t.Errorf("Object() = %#v, want %#v", got, test.want)
			}
		})
	}
}

// manyKeys returns n members of an object, each with a comma.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":0,`, i)
	}
	return b.String()
}

func TestObjectRefuses(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		limit                   int64
		kind                    fault.Kind
		message                 string
	}{
		{"malformed", jsonType, `{"a":`, 100, fault.Invalid, "bad"},
		{"no object", jsonType, `[1]`, 100, fault.Invalid, "bad"},
		{"text", jsonType, `"x"`, 100, fault.Invalid, "bad"},
		{"not UTF-8", jsonType, "{\"a\":\"\xff\"}", 100, fault.Invalid, "bad"},
		{"deep", jsonType, strings.Repeat("[", maxDepth+1), 1000, fault.Invalid, "bad"},
		{"deep and complete", jsonType, `{"a":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`, 2000, fault.Invalid, "bad"},
		{"heavy list", jsonType, `{"a":[1` + strings.Repeat(",1", maxWeight) + `]}`, DefaultLimit, fault.TooLarge, ""},
		{"heavy objects", jsonType, `{"a":[{}` + strings.Repeat(",{}", maxWeight/objectWeight) + `]}`, DefaultLimit, fault.TooLarge, ""},
		{"heavy members", jsonType, `{"a":[{"b":1,"c":1}` + strings.Repeat(`,{"b":1,"c":1}`, maxWeight/(objectWeight+8)) + `]}`, DefaultLimit, fault.TooLarge, ""},
		{"many keys", jsonType, `{"a":{` + manyKeys(maxKeys) + `"x":1}}`, DefaultLimit, fault.Invalid, "An object of the body has more than 10000 keys."},
		{"repeated key", jsonType, `{"a":1,"b":{"a":1},"a":2}`, DefaultLimit, fault.Invalid, "bad"},
		{"repeated inner key", jsonType, `{"a":[{"b":1,"\u0062":1}]}`, DefaultLimit, fault.Invalid, "bad"},
		{"repeated key of a payload", formType, "%40jsonPayload=" + `{"a":1,"a":2}`, DefaultLimit, fault.Invalid, "bad"},
		{"heavy payloads", formType, strings.Repeat("%40jsonPayload="+`{"a":[1`+strings.Repeat(",1", maxWeight/2)+`]}&`, 2), DefaultLimit, fault.TooLarge, ""},
		{"heavy form", formType, "a=1" + strings.Repeat("&", maxWeight/objectWeight+1), DefaultLimit, fault.TooLarge, ""},
		{"long and malformed", jsonType, strings.Repeat(" ", lightLength) + `{"a":`, DefaultLimit, fault.Invalid, "bad"},
		{"long form with a bad escape", formType, strings.Repeat("a", lightLength) + "=%zz", DefaultLimit, fault.Invalid, "bad"},
		{"too long", jsonType, `{"a":"` + strings.Repeat("x", 100) + `"}`, 50, fault.TooLarge, ""},
		{"form with a bad escape", formType, "a=%zz", 100, fault.Invalid, "bad"},
		{"form that is not UTF-8", formType, "a=%ff", 100, fault.Invalid, "bad"},
		{"form with a bad name", formType, "%ff=1", 100, fault.Invalid, "bad"},
		{"form with a malformed payload", formType, "%40jsonPayload={", 100, fault.Invalid, "bad"},
		{"form with a payload that is no object", formType, "%40jsonPayload=[]", 100, fault.Invalid, "bad"},
		{"form with a deep payload", formType, "%40jsonPayload=" + strings.Repeat("[", 600), 1000, fault.Invalid, "bad"},
		{"no boundary", "multipart/form-data", "x", 100, fault.Invalid, "bad"},
		{"wrong boundary", "multipart/form-data; boundary=b", "--c\r\n", 100, fault.Invalid, "bad"},
		{"unknown type", "text/plain", "a", 100, fault.Invalid, "Unsupported Content-Type."},
		{"no type", "", "a", 100, fault.Invalid, "Unsupported Content-Type."},
	}
	for _, test := range tests {
		for _, announced := range []bool{true, false} {
			r := request(test.contentType, test.body)
			if !announced {
				r.ContentLength = -1
			}
			body, err := ReadBody(r, test.limit, "bad", nil, budget.Caller{})
			if err == nil {
				_, err = body.Object()
			}
			f, ok := err.(*fault.Error)
			if !ok || f.Kind != test.kind || f.Message != test.message {
				t.Errorf("%s (length announced: %t): %v, want kind %v and message %q", test.name, announced, err, test.kind, test.message)
			}
		}
	}
}

func TestBodyAtItsLimit(t *testing.T) {
	text := `{"a":"` + strings.Repeat("x", 5000) + `"}`
	for _, announced := range []bool{true, false} {
		for _, test := range []struct {
			limit int
			ok    bool
		}{{len(text) + 1, true}, {len(text), true}, {len(text) - 1, false}} {
			r := request(jsonType, text)
			if !announced {
				r.ContentLength = -1
			}
			_, err := ReadBody(r, int64(test.limit), "", nil, budget.Caller{})
			if (err == nil) != test.ok {
				t.Errorf("%d bytes of at most %d (announced: %t): %v", len(text), test.limit, announced, err)
			}
		}
	}
}

func TestInfer(t *testing.T) {
	for in, want := range map[string]any{
		"": "", "true": true, "false": false, "True": "True", "null": "null",
		"0": json.Number("0"), "-1": json.Number("-1"), "12.5": json.Number("12.5"),
		"1.0": "1.0", "007": "007", "1e3": "1e3", "--1": "--1", "-": "-", ".5": ".5", "5.": "5.", "-0": json.Number("-0"),
		"+1": "+1", "1_000": "1_000", "0x10": "0x10", "12345678901234567890": "12345678901234567890", " 1": " 1", "1.2.3": "1.2.3",
	} {
		if got := infer(in); got != want {
			t.Errorf("infer(%q) = %#v, want %#v", in, got, want)
		}
	}
}

func TestStructuredForm(t *testing.T) {
	type inner struct {
		Name  string   `json:"name"`
		Port  int      `json:"port"`
		On    *bool    `json:"on"`
		Lists []string `json:"lists"`
	}
	type embedded struct {
		Extra string `json:"extra"`
	}
	type form struct {
		embedded
		Inner *inner `json:"inner"`
		Text  string `json:"text"`
	}
	tests := []struct{ form, want string }{
		{"text=123", `{"text":"123"}`},
		{"extra=1", `{"extra":"1"}`},
		{"inner.name=true&inner.port=25&inner.on=true", `{"inner":{"name":"true","on":true,"port":25}}`},
		{"inner.lists=1", `{"inner":{"lists":["1"]}}`},
		{"inner.lists=1&inner.lists=b", `{"inner":{"lists":["1","b"]}}`},
		{"unknown=1&unknown.x=2", ``},
		{"other.deep=1", `{"other":{"deep":1}}`},
		{"text=a&%40jsonPayload=" + `{"text":"b"}`, `{"text":"b"}`},
		{"inner.port=x", `{"inner":{"port":"x"}}`},
	}
	for _, test := range tests {
		body, err := ReadBody(request(formType, test.form), DefaultLimit, "", nil, budget.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := body.JSON(form{})
		if err != nil {
			t.Errorf("JSON of %q: %v", test.form, err)
		} else if test.want != "" && string(got) != test.want {
			t.Errorf("JSON of %q = %s, want %s", test.form, got, test.want)
		}
	}
}

func TestDecode(t *testing.T) {
	var form struct {
		Identity string `json:"identity"`
	}
	for _, test := range []struct {
		contentType, body, want string
		ok                      bool
	}{
		{jsonType, `{"identity":"a"}`, "a", true},
		{formType, "identity=123", "123", true},
		{jsonType, "", "", true},
		{jsonType, `{"identity":1}`, "", false},
		{jsonType, `{"identity":"a"`, "", false},
	} {
		form.Identity = ""
		body, err := ReadBody(request(test.contentType, test.body), DefaultLimit, "bad", nil, budget.Caller{})
		if err == nil {
			err = body.Decode(&form)
		}
		if (err == nil) != test.ok || form.Identity != test.want {
			t.Errorf("Decode(%q) = %q, %v; want %q, success %t", test.body, form.Identity, err, test.want, test.ok)
		}
	}
}

// multipartBody returns a form with the values and files, and its Content-Type.
func multipartBody(t testing.TB, values map[string]string, files map[string][]byte) (contentType, body string) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for name, v := range values {
		if err := w.WriteField(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		part, err := w.CreateFormFile(name, "dir/"+name+".txt")
		if err != nil {
			t.Fatal(err)
		}
		part.Write(content)
	}
	w.Close()
	return w.FormDataContentType(), buf.String()
}

func TestMultipart(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), (inMemory+1<<20)/16)
	contentType, text := multipartBody(t, map[string]string{"title": "5", "@jsonPayload": `{"n":1}`},
		map[string][]byte{"small": []byte("hello"), "big": big, "empty": nil})
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)

	body, err := ReadBody(request(contentType, text), DefaultLimit, "", nil, budget.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	object, err := body.Object()
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]any{"title": json.Number("5"), "n": json.Number("1")}; !reflect.DeepEqual(object, want) {
		t.Errorf("Object() = %v, want %v", object, want)
	}
	files, err := body.Files("")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"small": []byte("hello"), "big": big, "empty": {}} {
		if len(files[name]) != 1 {
			t.Fatalf("%d files of %q, want 1", len(files[name]), name)
		}
		f := files[name][0]
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || !bytes.Equal(got, content) || f.Size != int64(len(content)) || f.OriginalName != name+".txt" {
			t.Errorf("file %q: %d bytes, size %d, name %q, error %v; want %d bytes", name, len(got), f.Size, f.OriginalName, err, len(content))
		}
	}
	body.Close()
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files after Close: %v, %v", left, err)
	}
}

func TestMultipartOverTheLimitLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	contentType, text := multipartBody(t, nil, map[string][]byte{"big": make([]byte, inMemory+4<<20)})
	r := request(contentType, text)
	r.ContentLength = -1
	_, err := ReadBody(r, inMemory+2<<20, "", nil, budget.Caller{})
	if fault.KindOf(err) != fault.TooLarge {
		t.Errorf("ReadBody = %v, want a TooLarge fault", err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("temporary files: %v, %v", left, err)
	}
}

func FuzzMultipart(f *testing.F) {
	contentType, text := multipartBody(f, map[string]string{"a": "1", "@jsonPayload": `{"b":[]}`}, map[string][]byte{"c": []byte("x")})
	f.Add(contentType, []byte(text))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--"))
	f.Add("multipart/form-data; boundary=\"", []byte("--"))
	f.Fuzz(func(t *testing.T, contentType string, text []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(text))
		r.Header.Set("Content-Type", "multipart/form-data"+strings.TrimPrefix(contentType, "multipart/form-data"))
		body, err := ReadBody(r, 1<<16, "", nil, budget.Caller{})
		if err == nil {
			defer body.Close()
			if _, err = body.Object(); err == nil {
				_, err = body.Files("")
			}
		}
		if k := fault.KindOf(err); err != nil && k != fault.Invalid && k != fault.TooLarge {
			t.Errorf("kind %v of %v, want invalid or too large", k, err)
		}
	})
}
