// Validation of settings, with the codes of the wire format. Sections with more rules have their
// own files.

package settings

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/job"
	"github.com/loambase/loam/internal/address"
	"github.com/loambase/loam/internal/check"
)

// validate returns the failures of the settings (docs/wire/auth-realtime-system.md §5.3),
// empty if there are none.
func (s *Settings) validate() fault.Fields {
	fails := fault.Fields{}
	networks(fails, s.SuperuserIPs, "superuserIPs")
	s.SMTP.validate(fails)
	s.Backups.validate(fails)
	s.S3.validate(fails, "s3")
	s.Meta.validate(fails)
	s.RateLimits.validate(fails)
	networks(fails, s.TrustedProxy.Peers, "trustedProxy", "peers")
	s.Batch.validate(fails)
	s.Logs.validate(fails)
	s.GraphQL.validate(fails)
	fails.Set(check.Between(s.Server.IdleSeconds, 1, maxIdleSeconds), "server", "idleSeconds")
	s.Realtime.validate(fails)
	return fails
}

func (l *Logs) validate(fails fault.Fields) {
	fails.Set(check.Within(l.MaxDays, 0, check.MaxSafe), "logs", "maxDays")
	fails.Set(check.Within(l.MinLevel, math.MinInt, check.MaxSafe), "logs", "minLevel")
	fails.Set(check.Within(l.MaxDataSize, 0, check.MaxSafe), "logs", "maxDataSize")
	fails.Set(check.Within(l.MaxSize, 0, MaxLogSize), "logs", "maxSize")
}

// validate requires host and port if mails are enabled.
func (m *SMTP) validate(fails fault.Fields) {
	fails.Set(cmp.Or(needed(m.Enabled, m.Port), atLeast(m.Port, 0), atMost(m.Port, 65535)), "smtp", "port")
	fails.Set(cmp.Or(needed(m.Enabled, m.Host), host(m.Host)), "smtp", "host")
	fails.Set(host(m.LocalName), "smtp", "localName")
	switch m.AuthMethod {
	case "", "PLAIN", "LOGIN":
	default:
		fails.Set(notInList(), "smtp", "authMethod")
	}
}

// validate requires a valid schedule and a number of backups to keep, if there is a
// schedule.
func (b *Backups) validate(fails fault.Fields) {
	if b.Cron != "" {
		if _, err := job.ParseSchedule(b.Cron); err != nil {
			fails.Set(fault.Leaf("validation_invalid_cron", "Invalid cron expression"), "backups", "cron")
		}
		fails.Set(cmp.Or(needed(true, b.CronMaxKeep), atLeast(b.CronMaxKeep, 1)), "backups", "cronMaxKeep")
	}
	b.S3.validate(fails, "backups", "s3")
}

// validate requires endpoint, bucket and region if the bucket is enabled, and keys unless
// they come from the machine.
func (b *S3) validate(fails fault.Fields, path ...string) {
	set := func(leaf *fault.Field, name string) {
		fails.Set(leaf, append(path[:len(path):len(path)], name)...)
	}
	set(cmp.Or(needed(b.Enabled, b.Endpoint), webAddress(b.Endpoint)), "endpoint")
	set(needed(b.Enabled, b.Bucket), "bucket")
	set(needed(b.Enabled, b.Region), "region")
	keys := b.Enabled && b.Credentials != Ambient
	set(needed(keys, b.AccessKey), "accessKey")
	set(needed(keys, b.Secret), "secret")
	if b.Credentials != "" && b.Credentials != Ambient {
		set(notInList(), "credentials")
	}
}

// validate requires the names and addresses, which mails need.
func (m *Meta) validate(fails fault.Fields) {
	fails.Set(color(m.AccentColor), "meta", "accentColor")
	fails.Set(cmp.Or(needed(true, m.AppName), length(m.AppName, 1, 255)), "meta", "appName")
	fails.Set(cmp.Or(needed(true, m.AppURL), webAddress(m.AppURL)), "meta", "appURL")
	fails.Set(cmp.Or(needed(true, m.SenderName), length(m.SenderName, 1, 255)), "meta", "senderName")
	fails.Set(cmp.Or(needed(true, m.SenderAddress), email(m.SenderAddress)), "meta", "senderAddress")
}

// Checks of one value. Each returns nil if the value passes; all except needed and atLeast pass an
// empty value.

// needed refuses the zero value if need is set.
func needed[T comparable](need bool, v T) *fault.Field {
	var zero T
	if need && v == zero {
		return fault.Leaf("validation_required", "Cannot be blank")
	}
	return nil
}

// atLeast refuses numbers below low.
func atLeast[N int | int64](n, low N) *fault.Field {
	if n < low {
		return fault.Leaf("validation_min_greater_equal_than_required",
			fmt.Sprintf("Must be no less than %d", low), "threshold", low)
	}
	return nil
}

func atMost(n, high int) *fault.Field {
	if n > high {
		return fault.Leaf("validation_max_less_equal_than_required",
			fmt.Sprintf("Must be no greater than %d", high), "threshold", high)
	}
	return nil
}

// length counts characters, not bytes.
func length(s string, low, high int) *fault.Field {
	n := utf8.RuneCountInString(s)
	switch {
	case n == 0 || n >= low && n <= high:
		return nil
	case low == high:
		return fault.Leaf("validation_length_invalid", fmt.Sprintf("The length must be exactly %d", low), "min", low, "max", high)
	}
	return fault.Leaf("validation_length_out_of_range",
		fmt.Sprintf("The length must be between %d and %d", low, high), "min", low, "max", high)
}

// color accepts #rrggbb.
func color(s string) *fault.Field {
	if s == "" {
		return nil
	}
	if leaf := length(s, 7, 7); leaf != nil {
		return leaf
	}
	if s[0] != '#' || strings.Trim(s[1:], "0123456789abcdefABCDEF") != "" {
		return fault.Leaf("validation_is_hex_color", "Must be a valid hexadecimal color code")
	}
	return nil
}

func webAddress(s string) *fault.Field {
	if s != "" && !address.IsURL(s) {
		return fault.Leaf("validation_is_url", "Must be a valid URL")
	}
	return nil
}

func email(s string) *fault.Field {
	if s != "" && !address.IsEmail(s) {
		return fault.Leaf("validation_is_email", "Must be a valid email address")
	}
	return nil
}

// host accepts an IP address or a DNS name, without a port.
func host(s string) *fault.Field {
	if s == "" {
		return nil
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return nil
	}
	if strings.ContainsAny(s, "/?#@:[]") || !address.IsURL("http://"+s) {
		return fault.Leaf("validation_is_host", "Must be a valid IP address or DNS name")
	}
	return nil
}

func notInList() *fault.Field {
	return fault.Leaf("validation_in_invalid", "Must be a valid value")
}

// networks validates a list of addresses and networks, item by item.
func networks(fails fault.Fields, list []string, path ...string) {
	for i, s := range list {
		if _, ok := ParseNetwork(s); !ok {
			// Wire: the code is spelled like this.
			leaf := fault.Leaf("validation_invlaid_ip_or_subnet", "Must be a valid IP or subnet")
			fails.Set(leaf, append(path[:len(path):len(path)], fault.Index(i))...)
		}
	}
}
