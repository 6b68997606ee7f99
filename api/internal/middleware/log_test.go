package middleware

import (
	"strings"
	"testing"
)

func TestMaskedURL(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"/api/x":                                "/api/x",
		"/api/x?":                               "/api/x?",
		"/api/x?page=1&filter=a%3D1+b":          "/api/x?page=1&filter=a%3D1+b",
		"/f?token=hush":                         "/f?token=…",
		"/f?&a=1&&Token=hush&x":                 "/f?&a=1&&Token=…&x",
		"/f?%74oken=hush&resetCode=hush":        "/f?%74oken=…&resetCode=…",
		"/f?b%zz=hush":                          "/f?b%zz=…",
		"/f?a=1#token=hush":                     "/f?a=1",
		"/f#token=hush?":                        "/f",
		"https://me:hush@app.test/a?state=hush": "https://app.test/a?state=…",
		"https://me:hush@app.test":              "https://app.test",
		"https://app.test/@me?x=a@b":            "https://app.test/@me?x=a@b",
		"https://me:hu@sh@app.test?code=hush":   "https://app.test?code=…",
		"/a?b=http://x&password=hush&=hush":     "/a?b=http://x&password=…&=hush",
		"":                                      "",
	} {
		if got := maskedURL(from, maxURL); got != want {
			t.Errorf("maskedURL(%q) = %q, want %q", from, got, want)
		}
	}
	many := "/f?" + strings.Repeat("a=0&", 10_000)
	if got := maskedURL(many, maxURL); len(got) < maxURL || len(got) > maxURL+10 {
		t.Errorf("%d bytes of a URL of very many parameters", len(got))
	}
}
