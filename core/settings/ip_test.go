package settings

import "testing"

func TestRealIP(t *testing.T) {
	t.Parallel()
	headers := map[string][]string{
		"X-Forwarded-For":  {"9.9.9.9", "1.1.1.1, junk, 2.2.2.2"},
		"X-Port":           {"1.1.1.1:80, 2.2.2.2:5555"},
		"X-Bracket":        {"1.1.1.1, [2001:db8::9]"},
		"X-Bracket-Port":   {"1.1.1.1, [2001:db8::9]:443"},
		"X-Unknown":        {"1.1.1.1, unknown"},
		"X-Empty-Last":     {"1.1.1.1, "},
		"X-Empty":          {""},
		"X-Half":           {"1.1.1.1, [2001:db8::9"},
		"X-Odd-Port":       {"1.1.1.1, 2.2.2.2:99999"},
		"Cf-Connecting-Ip": {"2001:db8::1"},
		"X-Junk":           {"nobody"},
		"X-Mapped":         {"::ffff:3.3.3.3"},
	}
	const peer = "127.0.0.1"
	for _, tt := range []struct {
		headers  []string
		leftmost bool
		remote   string
		want     string
	}{
		{nil, false, "127.0.0.1:5000", "127.0.0.1"},
		{nil, false, "[::1]:5000", "0000:0000:0000:0000:0000:0000:0000:0001"},
		{nil, false, "[fe80::1%eth0]:5000", "fe80:0000:0000:0000:0000:0000:0000:0001"},
		{nil, false, "127.0.0.1", "127.0.0.1"},
		{nil, false, "pipe", ""},
		{nil, false, "", ""},
		{[]string{"x-forwarded-for"}, false, "127.0.0.1:1", "2.2.2.2"},
		{[]string{"X-Forwarded-For"}, true, "127.0.0.1:1", "1.1.1.1"},
		{[]string{"X-Missing", "CF-Connecting-IP", "X-Forwarded-For"}, false, "127.0.0.1:1", "2001:0db8:0000:0000:0000:0000:0000:0001"},
		// The proxy sets the first header that is present; a client may have sent the others.
		{[]string{"X-Missing", "X-Junk", "CF-Connecting-IP"}, false, "127.0.0.1:1", peer},
		{[]string{"X-Empty", "CF-Connecting-IP"}, false, "127.0.0.1:1", peer},
		{[]string{"X-Port"}, false, "127.0.0.1:1", "2.2.2.2"},
		{[]string{"X-Port"}, true, "127.0.0.1:1", "1.1.1.1"},
		{[]string{"X-Bracket"}, false, "127.0.0.1:1", "2001:0db8:0000:0000:0000:0000:0000:0009"},
		{[]string{"X-Bracket-Port"}, false, "127.0.0.1:1", "2001:0db8:0000:0000:0000:0000:0000:0009"},
		{[]string{"X-Unknown"}, false, "127.0.0.1:1", peer},
		{[]string{"X-Empty-Last"}, false, "127.0.0.1:1", peer},
		{[]string{"X-Half"}, false, "127.0.0.1:1", peer},
		{[]string{"X-Odd-Port"}, false, "127.0.0.1:1", peer},
		{[]string{"X-Mapped"}, false, "127.0.0.1:1", "3.3.3.3"},
		{[]string{"X-Junk"}, false, "127.0.0.1:1", "127.0.0.1"},
	} {
		proxy := TrustedProxy{Headers: tt.headers, UseLeftmostIP: tt.leftmost}
		if got := proxy.RealIP(headers, tt.remote); got != tt.want {
			t.Errorf("%+v.RealIP(%q) = %q, want %q", proxy, tt.remote, got, tt.want)
		}
	}
}

func TestSuperuserAllowed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		list []string
		ip   string
		want bool
	}{
		{nil, "1.2.3.4", true},
		{nil, "", true},
		{[]string{"1.2.3.4"}, "1.2.3.4", true},
		{[]string{"1.2.3.4"}, "1.2.3.5", false},
		{[]string{"1.2.3.4"}, "", false},
		{[]string{"x", "10.0.0.0/8"}, "10.200.0.1", true},
		{[]string{"10.0.0.0/8"}, "::ffff:10.0.0.1", true},
		{[]string{"2001:db8::/32"}, "2001:0db8:0000:0000:0000:0000:0000:0001", true},
		{[]string{"::1"}, "0000:0000:0000:0000:0000:0000:0000:0001", true},
		{[]string{"0.0.0.0/0"}, "::1", false},
	} {
		if got := (&Settings{SuperuserIPs: tt.list}).SuperuserAllowed(tt.ip); got != tt.want {
			t.Errorf("SuperuserAllowed(%q) with %q = %v, want %v", tt.ip, tt.list, got, tt.want)
		}
	}
}
