package mail

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

func TestRender(t *testing.T) {
	t.Parallel()
	s, current, _ := newService(nil)
	current.Meta.AppName, current.Meta.AppURL = "A & B", "https://app.example.com/sub//"
	c := &schema.Collection{Name: "members", Type: schema.Auth, Fields: []*schema.Field{
		{Name: "id", Kind: &schema.Text{}}, {Name: "name", Kind: &schema.Text{}}, {Name: "age", Kind: &schema.Number{}},
		{Name: "fine", Kind: &schema.Bool{}}, {Name: "tags", Kind: &schema.Select{Values: []string{"a", "b"}, MaxSelect: 2}},
		{Name: "secret", Kind: &schema.Text{}, Hidden: true},
	}}
	r := record.Blank(c)
	r.Set("name", "<b>{TOKEN}</b>")
	r.Set("age", 41.5)
	r.Set("fine", true)
	r.Set("tags", []string{"a", "b"})
	r.Set("secret", "hidden")
	v := Values{Token: "t.o.k", OTP: "123", OTPID: "id9", AlertInfo: "<ip>", Record: r}
	for text, want := range map[string]string{
		"{APP_NAME}":                      "A &amp; B",
		"{APP_URL}/_/#/auth/{TOKEN}":      "https://app.example.com/sub/_/#/auth/t.o.k",
		"{OTP} {OTP_ID}":                  "123 id9",
		"{ALERT_INFO}":                    "&lt;ip&gt;",
		"{RECORD:name}":                   "&lt;b&gt;{TOKEN}&lt;/b&gt;",
		"{RECORD:age} {RECORD:fine}":      "41.5 true",
		"{RECORD:tags}":                   "a, b",
		"{RECORD:secret} {RECORD:nobody}": "{RECORD:secret} {RECORD:nobody}",
		"{ {X} {TOKEN {}} {APP_NAME":      "{ {X} {TOKEN {}} {APP_NAME",
		"{{TOKEN}}":                       "{t.o.k}",
		"":                                "",
	} {
		subject, page := s.Render(schema.Template{Subject: text, Body: "[[" + text + "]]"}, v)
		if !strings.Contains(page, "[["+want+"]]") {
			t.Errorf("the body %q became %s, want %s", text, page, want)
		}
		plain := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(want)
		if subject != plain {
			t.Errorf("the subject %q became %s, want %s", text, subject, plain)
		}
	}
	if _, page := s.Render(schema.Template{Body: "{TOKEN} {OTP}"}, Values{}); !strings.Contains(page, "{TOKEN} {OTP}") {
		t.Errorf("without values: %s", page)
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add("<p>a<br>b</p><a href=x>y</a></a><style>z")
	f.Fuzz(func(t *testing.T, page string) { plainText(page) })
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"<p>a</p><p>b</p>": "a\n\nb",
		"a<br>b   c\n d":   "a\nb c d",
		"<head><title>x</title></head><style>y</style>z":      "z",
		`<a href="https://x/">https://x/</a>`:                 "https://x/",
		`<a class="btn" href="https://x/?a=1&amp;b=2">go</a>`: "go: https://x/?a=1&b=2",
		"</a></style>&lt;p&gt;":                               "<p>",
		"<script>alert(1)</script>":                           "",
	} {
		if got := plainText(page); got != want {
			t.Errorf("plainText(%q) = %q, want %q", page, got, want)
		}
	}
}
