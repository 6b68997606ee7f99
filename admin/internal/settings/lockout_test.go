package settings

import (
	"testing"

	"github.com/loambase/loam/core/settings"
)

func TestConsoleRule(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rules settings.Rules
		off   bool
		want  string
	}{
		{rules: settings.Rules{{Label: "/api/"}, {Label: "*:auth"}}},
		{rules: settings.Rules{{Label: "/"}}, want: "/"},
		{rules: settings.Rules{{Label: "/"}}, off: true},
		{rules: settings.Rules{{Label: "/"}, {Label: "/_/"}}, want: "/_/"},
		{rules: settings.Rules{{Label: "/_/"}, {Label: "get /"}}, want: "get /"},
		{rules: settings.Rules{{Label: "/_/", Audience: "@auth"}, {Label: "/", Audience: "@guest"}}, want: "/"},
		{rules: settings.Rules{{Label: "POST /"}}},
	} {
		got := ""
		if r := consoleRule(settings.RateLimits{Rules: test.rules, Enabled: !test.off}); r != nil {
			got = r.Label
		}
		if got != test.want {
			t.Errorf("%v: the rule %q counts the console, want %q", test.rules, got, test.want)
		}
	}
}
