// Package settings is the one document of settings that a superuser changes at
// run time: its model, how a partial change is merged into it and judged, what of
// it may be shown, and where it is kept.
package settings

import (
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/schema"
)

// Settings are all settings at one moment. What Service hands out is shared and
// must not be changed. The order of the properties is that of the wire.
//
// As JSON the secrets are missing: SMTP.Password and the S3 secrets.
type Settings struct {
	SuperuserIPs []string     `json:"superuserIPs"` // addresses and networks; empty: from everywhere
	SMTP         SMTP         `json:"smtp"`
	Backups      Backups      `json:"backups"`
	S3           S3           `json:"s3"`
	Meta         Meta         `json:"meta"`
	RateLimits   RateLimits   `json:"rateLimits"`
	TrustedProxy TrustedProxy `json:"trustedProxy"`
	Batch        Batch        `json:"batch"`
	Logs         Logs         `json:"logs"`
}

// SMTP is the server that sends the mails.
type SMTP struct {
	Enabled    bool   `json:"enabled"`
	Port       int    `json:"port"`
	Host       string `json:"host"`
	Username   string `json:"username"`
	Password   string `json:"password,omitempty"`
	AuthMethod string `json:"authMethod"` // PLAIN (also if empty) or LOGIN
	TLS        bool   `json:"tls"`
	LocalName  string `json:"localName"`
}

// Backups says when backups are made, and where they are kept if not in the data folder.
type Backups struct {
	Cron        string `json:"cron"` // empty: never
	CronMaxKeep int    `json:"cronMaxKeep"`
	S3          S3     `json:"s3"`
}

// S3 is a bucket.
type S3 struct {
	Enabled        bool   `json:"enabled"`
	Bucket         string `json:"bucket"`
	Region         string `json:"region"`
	Endpoint       string `json:"endpoint"`
	AccessKey      string `json:"accessKey"`
	Secret         string `json:"secret,omitempty"`
	ForcePathStyle bool   `json:"forcePathStyle"`
}

// Meta is what the application is called and looks like.
type Meta struct {
	AccentColor   string `json:"accentColor"`
	AppName       string `json:"appName"`
	AppURL        string `json:"appURL"`
	SenderName    string `json:"senderName"`
	SenderAddress string `json:"senderAddress"`
	HideControls  bool   `json:"hideControls"`
}

// TrustedProxy says which request headers tell the client's address.
type TrustedProxy struct {
	Headers       []string `json:"headers"`
	UseLeftmostIP bool     `json:"useLeftmostIP"`
}

// Logs is what is logged and for how long.
type Logs struct {
	MaxDays     int  `json:"maxDays"` // 0: nothing
	MinLevel    int  `json:"minLevel"`
	LogIP       bool `json:"logIP"`
	LogAuthID   bool `json:"logAuthId"`
	MaxDataSize int  `json:"maxDataSize"` // bytes of the data of an entry; 0: 16 KiB
}

// Defaults are the settings of a new data folder.
func Defaults() *Settings {
	return &Settings{
		SuperuserIPs: []string{},
		SMTP:         SMTP{Port: 587, Host: "smtp.example.com"},
		Backups:      Backups{CronMaxKeep: 3},
		Meta: Meta{
			AccentColor: "#1055c9", AppName: "Acme", AppURL: "http://localhost:8090",
			SenderName: "Support", SenderAddress: "support@example.com",
		},
		RateLimits: RateLimits{
			Rules: Rules{
				{Label: "*:auth", MaxRequests: 2, Duration: 3},
				{Label: "*:create", MaxRequests: 20, Duration: 5},
				{Label: "/api/batch", MaxRequests: 3, Duration: 1},
				{Label: "/api/", MaxRequests: 300, Duration: 10},
			},
			ExcludedIPs: []string{},
		},
		TrustedProxy: TrustedProxy{Headers: []string{}},
		Batch:        Batch{MaxRequests: 50, Timeout: 3},
		Logs:         Logs{MaxDays: 5, LogIP: true},
	}
}

// plain is Settings without its methods: JSON with the secrets.
type plain Settings

// MarshalJSON leaves the secrets out.
func (s *Settings) MarshalJSON() ([]byte, error) {
	public := plain(*s)
	public.SMTP.Password, public.S3.Secret, public.Backups.S3.Secret = "", "", ""
	return schema.Marshal(&public)
}

// merged is a copy of s changed by a JSON object: what the object leaves out is
// kept, inside of objects too; lists are replaced; null and unknown keys do
// nothing, except that a list becomes empty by null.
func (s *Settings) merged(body []byte) (*Settings, error) {
	c := *s
	c.eachList(func(list *[]string) { *list = slices.Clone(*list) }) // decoding writes into their memory
	if err := json.Unmarshal(body, (*plain)(&c)); err != nil {
		return nil, err
	}
	c.eachList(func(list *[]string) {
		if *list == nil {
			*list = []string{}
		}
	})
	if c.RateLimits.Rules == nil {
		c.RateLimits.Rules = Rules{}
	}
	return &c, nil
}

// eachList calls fn for every list of strings.
func (s *Settings) eachList(fn func(*[]string)) {
	fn(&s.SuperuserIPs)
	fn(&s.RateLimits.ExcludedIPs)
	fn(&s.TrustedProxy.Headers)
}
