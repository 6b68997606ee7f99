package settings

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

const defaultJSON = `{"superuserIPs":[],` +
	`"smtp":{"enabled":false,"port":587,"host":"smtp.example.com","username":"","authMethod":"","tls":false,"localName":""},` +
	`"backups":{"cron":"","cronMaxKeep":3,"s3":{"enabled":false,"bucket":"","region":"","endpoint":"","accessKey":"","forcePathStyle":false,"credentials":""}},` +
	`"s3":{"enabled":false,"bucket":"","region":"","endpoint":"","accessKey":"","forcePathStyle":false,"credentials":"","presigned":false},` +
	`"meta":{"accentColor":"#1055c9","appName":"Acme","appURL":"http://localhost:8090","senderName":"Support","senderAddress":"support@example.com","hideControls":false},` +
	`"rateLimits":{"rules":[{"label":"*:auth","audience":"","duration":3,"maxRequests":2},{"label":"*:create","audience":"","duration":5,"maxRequests":20},` +
	`{"label":"/api/batch","audience":"","duration":1,"maxRequests":3},{"label":"/api/","audience":"","duration":10,"maxRequests":300}],"excludedIPs":[],"enabled":false},` +
	`"trustedProxy":{"headers":[],"useLeftmostIP":false,"peers":[]},` +
	`"batch":{"enabled":false,"maxRequests":50,"timeout":3,"maxBodySize":0},` +
	`"logs":{"maxDays":5,"minLevel":0,"logIP":true,"logAuthId":false,"maxDataSize":0,"maxSize":1000,"inBackups":false},"server":{"idleSeconds":0},` +
	`"realtime":{"maxMessageBytes":65536,"maxSubscriptions":1000,"maxFiltered":100,"maxFilters":2000,"maxLiveQueries":10,"messagesPerSecond":100,"messageBurst":200,` +
	`"maxConnectionsPerIP":0,"drainSeconds":5,"maxChannels":100,"compress":false,"channels":[]},` +
	`"graphql":{"enabled":true,"introspection":"on","maxDepth":12,"maxRows":100000,"maxRootFields":50,"maxMutations":50,"maxTokens":15000,"maxBodyBytes":1048576,"timeoutSeconds":30,"persistedOnly":false,"documents":{}}}`

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(Defaults())
	if err != nil || string(got) != defaultJSON {
		t.Errorf("Marshal(Defaults()) = %s, %v, want %s", got, err, defaultJSON)
	}
	if fails := Defaults().validate(); len(fails) != 0 {
		t.Errorf("the defaults are not valid: %v", fails)
	}
}

func TestMarshalHidesSecrets(t *testing.T) {
	t.Parallel()
	s, err := Defaults().merged([]byte(`{"smtp":{"password":"hush1"},"s3":{"secret":"hush2"},"backups":{"s3":{"secret":"hush3"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(map[string]any{"settings": s})
	if text := string(got); err != nil || strings.Contains(text, "hush") || strings.Contains(text, "secret") || strings.Contains(text, `"password"`) {
		t.Errorf("Marshal = %s, %v", got, err)
	}
	if s.SMTP.Password != "hush1" || s.S3.Secret != "hush2" || s.Backups.S3.Secret != "hush3" {
		t.Errorf("Marshal changed the settings: %+v", s)
	}
}

func TestMerged(t *testing.T) {
	t.Parallel()
	const before = `{"superuserIPs":["1.1.1.1"],"smtp":{"username":"u","password":"old"},"s3":{"secret":"old"},` +
		`"rateLimits":{"rules":[{"label":"a","audience":"@auth","duration":9,"maxRequests":9},{"label":"b","audience":"@guest","duration":8,"maxRequests":8}]},` +
		`"trustedProxy":{"headers":["X-A","X-B"]}}`
	for _, tt := range []struct {
		body string
		want func(*Settings)
	}{
		{`{}`, func(*Settings) {}},
		{`null`, func(*Settings) {}},
		{`{"meta":{"appName":"New"}}`, func(s *Settings) { s.Meta.AppName = "New" }},
		{`{"meta":null,"smtp":null,"unknown":{"a":[1]},"batch":{"unknown":1}}`, func(*Settings) {}},
		{`{"smtp":{"username":"v"}}`, func(s *Settings) { s.SMTP.Username = "v" }},
		{`{"smtp":{"password":""},"s3":{"secret":""}}`, func(s *Settings) { s.SMTP.Password, s.S3.Secret = "", "" }},
		{`{"smtp":{"password":null}}`, func(*Settings) {}},
		{`{"smtp":{"password":"new"},"backups":{"s3":{"secret":"b"}}}`, func(s *Settings) { s.SMTP.Password, s.Backups.S3.Secret = "new", "b" }},
		{`{"superuserIPs":[]}`, func(s *Settings) { s.SuperuserIPs = []string{} }},
		{`{"superuserIPs":null}`, func(s *Settings) { s.SuperuserIPs = []string{} }},
		{`{"trustedProxy":{"headers":["X-C"]}}`, func(s *Settings) { s.TrustedProxy.Headers = []string{"X-C"} }},
		// A property that a rule leaves out is zero, not the value of the old rule at its index.
		{`{"rateLimits":{"rules":[{"label":"c","maxRequests":1}]}}`, func(s *Settings) { s.RateLimits.Rules = Rules{{Label: "c", MaxRequests: 1}} }},
		{`{"rateLimits":{"rules":null,"enabled":true}}`, func(s *Settings) { s.RateLimits.Rules, s.RateLimits.Enabled = Rules{}, true }},
	} {
		old, err := Defaults().merged([]byte(before))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := Defaults().merged([]byte(before))
		untouched, _ := Defaults().merged([]byte(before))
		tt.want(want)
		got, err := old.merged([]byte(tt.body))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("merged(%s) = %+v, %v, want %+v", tt.body, got, err, want)
		}
		if !reflect.DeepEqual(old, untouched) {
			t.Errorf("merged(%s) changed what it was merged into", tt.body)
		}
	}
}

func TestMergedRefuses(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{`, `[]`, `"x"`, `1`, `{} {}`, `{"smtp":[]}`, `{"smtp":{"port":"587"}}`, `{"smtp":{"port":1.5}}`, `{"meta":{"appName":1}}`,
		`{"superuserIPs":"1.1.1.1"}`, `{"superuserIPs":[1]}`, `{"rateLimits":{"rules":{}}}`, `{"rateLimits":{"rules":["x"]}}`,
		`{"batch":{"enabled":"yes"}}`, `{"batch":{"timeout":1e400}}`, "\xff",
	} {
		old := Defaults()
		if got, err := old.merged([]byte(body)); err == nil {
			t.Errorf("merged(%q) = %+v, want an error", body, got)
		}
		if !reflect.DeepEqual(old, Defaults()) {
			t.Errorf("merged(%q) changed what it was merged into", body)
		}
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]time.Duration{0: time.Minute, -1: time.Minute, 5: 5 * time.Second, math.MaxInt: 24 * time.Hour} {
		if got := (Server{IdleSeconds: seconds}).Idle(time.Minute); got != want {
			t.Errorf("Idle with %d = %v, want %v", seconds, got, want)
		}
	}
}

func TestBatchLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		batch Batch
		limit time.Duration
		bytes int64
	}{
		{Batch{}, 3 * time.Second, 128 << 20},
		{Batch{Timeout: -1, MaxBodySize: -1}, 3 * time.Second, 128 << 20},
		{Batch{Timeout: 10, MaxBodySize: 5}, 10 * time.Second, 5},
		{Batch{Timeout: 1 << 62}, 24 * time.Hour, 128 << 20},
	} {
		if limit, bytes := tt.batch.TimeLimit(), tt.batch.BodyLimit(); limit != tt.limit || bytes != tt.bytes {
			t.Errorf("%+v has limits %v and %d, want %v and %d", tt.batch, limit, bytes, tt.limit, tt.bytes)
		}
	}
}
