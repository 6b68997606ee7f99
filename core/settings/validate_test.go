package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
)

// flat lists the failures as "path code".
func flat(fails fault.Fields, path string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(fails)) {
		if f := fails[name]; f.Code != "" {
			out = append(out, path+name+" "+f.Code)
		} else {
			out = append(out, flat(f.Fields, path+name+".")...)
		}
	}
	return out
}

func TestValidate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 256)
	for _, tt := range []struct {
		body string
		want string // failures, joined with ", "
	}{
		{`{"superuserIPs":["1.2.3.4","10.0.0.0/8","::1","fe80::/10"]}`, ""},
		{`{"superuserIPs":["1.2.3.4","1.2.3","10.0.0.0/33",""]}`,
			"superuserIPs.1 validation_invlaid_ip_or_subnet, superuserIPs.2 validation_invlaid_ip_or_subnet, superuserIPs.3 validation_invlaid_ip_or_subnet"},

		{`{"meta":{"accentColor":""}}`, ""},
		{`{"meta":{"accentColor":"#aBc019"}}`, ""},
		{`{"meta":{"accentColor":"#abc"}}`, "meta.accentColor validation_length_invalid"},
		{`{"meta":{"accentColor":"1234567"}}`, "meta.accentColor validation_is_hex_color"},
		{`{"meta":{"accentColor":"#12345g"}}`, "meta.accentColor validation_is_hex_color"},
		{`{"meta":{"appName":"","appURL":"","senderName":"","senderAddress":""}}`,
			"meta.appName validation_required, meta.appURL validation_required, meta.senderAddress validation_required, meta.senderName validation_required"},
		{fmt.Sprintf(`{"meta":{"appName":%q,"appURL":"no url","senderName":%q,"senderAddress":"no address"}}`, long, long[2:]),
			"meta.appName validation_length_out_of_range, meta.appURL validation_is_url, meta.senderAddress validation_is_email"},

		{`{"logs":{"maxDays":0,"minLevel":-4}}`, ""},
		{`{"logs":{"maxDays":9007199254740991,"minLevel":9007199254740991,"maxDataSize":9007199254740991}}`, ""},
		{`{"logs":{"maxDays":-1,"maxDataSize":-1}}`,
			"logs.maxDataSize validation_min_greater_equal_than_required, logs.maxDays validation_min_greater_equal_than_required"},
		{`{"logs":{"maxDays":9007199254740992,"minLevel":9007199254740992,"maxDataSize":9007199254740992}}`,
			"logs.maxDataSize validation_max_less_equal_than_required, logs.maxDays validation_max_less_equal_than_required, " +
				"logs.minLevel validation_max_less_equal_than_required"},

		{`{"server":{"idleSeconds":1}}`, ""},
		{`{"server":{"idleSeconds":86400}}`, ""},
		{`{"realtime":{"maxMessageBytes":1024,"maxFiltered":0,"maxConnectionsPerIP":9,"drainSeconds":0,"compress":true}}`, ""},
		{`{"realtime":{"maxMessageBytes":1000}}`, "realtime.maxMessageBytes validation_min_greater_equal_than_required"},
		{`{"realtime":{"maxSubscriptions":0}}`, "realtime.maxSubscriptions validation_min_greater_equal_than_required"},
		{`{"realtime":{"messagesPerSecond":0}}`, "realtime.messagesPerSecond validation_min_greater_equal_than_required"},
		{`{"realtime":{"drainSeconds":21}}`, "realtime.drainSeconds validation_max_less_equal_than_required"},
		{`{"server":{"idleSeconds":-1}}`, "server.idleSeconds validation_min_greater_equal_than_required"},
		{`{"server":{"idleSeconds":86401}}`, "server.idleSeconds validation_max_less_equal_than_required"},

		{`{"smtp":{"host":"","port":0}}`, ""},
		{`{"smtp":{"enabled":true,"host":"","port":0}}`, "smtp.host validation_required, smtp.port validation_required"},
		{`{"smtp":{"host":"a b","port":-1,"authMethod":"plain","localName":"x/y"}}`,
			"smtp.authMethod validation_in_invalid, smtp.host validation_is_host, smtp.localName validation_is_host, smtp.port validation_min_greater_equal_than_required"},
		{`{"smtp":{"port":65536}}`, "smtp.port validation_max_less_equal_than_required"},
		{`{"smtp":{"enabled":true,"host":"localhost","authMethod":"LOGIN","localName":"::1"}}`, ""},
		{`{"smtp":{"host":"mail.example.com:25","localName":"user@host"}}`, "smtp.host validation_is_host, smtp.localName validation_is_host"},

		{`{"s3":{"enabled":true},"backups":{"s3":{"enabled":true,"endpoint":"a b","bucket":"b","region":"r","accessKey":"k"}}}`,
			"backups.s3.endpoint validation_is_url, backups.s3.secret validation_required, " +
				"s3.accessKey validation_required, s3.bucket validation_required, s3.endpoint validation_required, s3.region validation_required, s3.secret validation_required"},
		{`{"s3":{"enabled":true,"endpoint":"https://s3.example.com","bucket":"b","region":"r","accessKey":"k","secret":"s"}}`, ""},
		{`{"s3":{"enabled":true,"endpoint":"https://s3.example.com","bucket":"b","region":"r","credentials":"ambient","presigned":true}}`, ""},
		{`{"s3":{"credentials":"other"},"backups":{"s3":{"credentials":"Ambient"}}}`, "backups.s3.credentials validation_in_invalid, s3.credentials validation_in_invalid"},

		{`{"backups":{"cron":"","cronMaxKeep":0}}`, ""},
		{`{"backups":{"cron":"0 0 * * *","cronMaxKeep":0}}`, "backups.cronMaxKeep validation_required"},
		{`{"backups":{"cron":"0 0 * *","cronMaxKeep":-1}}`,
			"backups.cron validation_invalid_cron, backups.cronMaxKeep validation_min_greater_equal_than_required"},

		{`{"batch":{"maxRequests":0,"timeout":0}}`, ""},
		{`{"batch":{"enabled":true,"maxRequests":0,"timeout":0}}`, "batch.maxRequests validation_required, batch.timeout validation_required"},
		{`{"batch":{"maxRequests":-1,"timeout":-1,"maxBodySize":-1}}`,
			"batch.maxBodySize validation_min_greater_equal_than_required, batch.maxRequests validation_min_greater_equal_than_required, batch.timeout validation_min_greater_equal_than_required"},

		{`{"realtime":{"channels":[{"pattern":"room:*:**"},{"pattern":"*"},{"pattern":"a.b/c-d_e:x"},{"pattern":"**"}]}}`, ""},
		{`{"realtime":{"maxChannels":-1,"channels":[{"history":101,"graceSeconds":11},{"pattern":"**:a"},{"pattern":"a::b"},{"pattern":"a b"},{"pattern":"a*"}]}}`,
			"realtime.channels.0.graceSeconds validation_max_less_equal_than_required, realtime.channels.0.history validation_max_less_equal_than_required, " +
				"realtime.channels.0.pattern validation_invalid_pattern, realtime.channels.1.pattern validation_invalid_pattern, " +
				"realtime.channels.2.pattern validation_invalid_pattern, realtime.channels.3.pattern validation_invalid_pattern, " +
				"realtime.channels.4.pattern validation_invalid_pattern, realtime.maxChannels validation_min_greater_equal_than_required"},

		{`{"rateLimits":{"enabled":true}}`, ""},
		{`{"rateLimits":{"enabled":true,"rules":[]}}`, "rateLimits.rules validation_required"},
		{`{"rateLimits":{"enabled":false,"rules":[]}}`, ""},
		{`{"rateLimits":{"excludedIPs":["x"],"rules":[{}]}}`,
			"rateLimits.excludedIPs.0 validation_invlaid_ip_or_subnet, rateLimits.rules.0.duration validation_required, " +
				"rateLimits.rules.0.label validation_required, rateLimits.rules.0.maxRequests validation_required"},
		{`{"rateLimits":{"rules":[{"label":"a b","audience":"@all","duration":-1,"maxRequests":-1}]}}`,
			"rateLimits.rules.0.audience validation_in_invalid, rateLimits.rules.0.duration validation_min_greater_equal_than_required, " +
				"rateLimits.rules.0.label validation_match_invalid, rateLimits.rules.0.maxRequests validation_min_greater_equal_than_required"},
	} {
		s, err := Defaults().merged([]byte(tt.body))
		if err != nil {
			t.Errorf("merged(%s) error = %v", tt.body, err)
			continue
		}
		if got := strings.Join(flat(s.validate(), ""), ", "); got != tt.want {
			t.Errorf("validate(%s) = %s, want %s", tt.body, got, tt.want)
		}
	}
}

func TestRateLimitLabels(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]bool{
		"word": true, "posts:create": true, "*:auth": true, "/": true, "/api/": true, "/a/{id}/b.c-d": true, "POST /api/x": true, "POST /api/": true,
		"": false, "*": false, "a:": false, ":a": false, "a:b:c": false, "*:*": false, "api/": false, "POST": true, "POST  /x": false, "POST x": false,
		"/a b": false, "wörd": false, "/a\n": false,
	} {
		if got := validLabel(label); got != want {
			t.Errorf("validLabel(%q) = %v, want %v", label, got, want)
		}
	}
}

func TestRateLimitConflicts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		first, second string // label@@audience
		want          bool
	}{
		{"/api/@@", "/api/@@", true},
		{"/api/@@", "/api/@@@auth", true},
		{"/api/@@@auth", "/api/@@", true},
		{"/api/@@@guest", "/api/@@@auth", false},
		{"/api/@@", "/api/batch@@", false},
		{"*:auth@@", "*:authRefresh@@", false},
	} {
		rule := func(s string) Rule {
			label, audience, _ := strings.Cut(s, "@@")
			return Rule{Label: label, Audience: audience, Duration: 1, MaxRequests: 1}
		}
		if got := (Rules{rule(tt.first)}).conflict(rule(tt.second)) != nil; got != tt.want {
			t.Errorf("%s and %s conflict = %v, want %v", tt.first, tt.second, got, tt.want)
		}
	}
}
