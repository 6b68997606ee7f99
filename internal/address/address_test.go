package address

import "testing"

func TestIsEmail(t *testing.T) {
	for s, want := range map[string]bool{
		"test@example.com": true, "a.b+c@sub.example.co": true, "UPPER@Example.COM": true, "o'neil@x.org": true,
		"a@b.c": true, "ü@exämple.de": true, `"quoted"@x.com`: true, "a@x.com.": true, "a@1.2x.com": true, "a_b@x-y.com": true,
		"": false, "a": false, "@x.com": false, "a@": false, "test@localhost": false, "a b@x.com": false, "a@x..com": false,
		".a@x.com": false, "a.@x.com": false, "a..b@x.com": false, "a@-x.com": false, "a@x-.com": false, "a@b@x.com": false,
		"a@x.com\n": false, "a@127.0.0.1": false, "a@x.c0": false, "a\x00@x.com": false, "a@x.com b": false, "<a@x.com>": false,
		"a@x.com,b@x.com": false, "\xff@x.com": false, `"a b"@x.com`: false,
	} {
		if got := IsEmail(s); got != want {
			t.Errorf("IsEmail(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestIsURL(t *testing.T) {
	for s, want := range map[string]bool{
		"http://example.com": true, "https://example.com/a/b?c=d#e": true, "ftp://example.com": true, "mailto:a@b.co": true,
		"example.com": true, "example.com:8080/x": true, "http://localhost": true, "http://127.0.0.1:80": true,
		"http://[::1]/x": true, "https://user:pw@example.com": true, "https://medium.com/@user": true, "http://exämple.de": true,
		"HTTPS://example.com": false, "foo": false, "localhost": false, "localhost:80": true, "foo/bar": false, "foo/b.html": true, "foo?a.b": false, "foo#a.b": false,
		"https://EXAMPLE.com": true, "http://example.com.": true,
		"": false, "a b": false, "//x.com": false, "javascript:alert(1)": false, "http://": false, "https:///x": false,
		"http://example.com:99999999": false, "http://256.1.1.1": false, "http://-x.com": false, "http://x..com": false,
		"http://x.com/a b": false, "http://x.com\n": false, "data:text/html,x": false, "http://[::1": false, "http://@x.com": false,
		"http://x.com:": false,
	} {
		if got := IsURL(s); got != want {
			t.Errorf("IsURL(%q) = %v, want %v", s, got, want)
		}
	}
}
