// Package settings holds the settings document that superusers change at run time: its model, the
// merging and validation of partial changes, its public form, and its storage.
package settings

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/loambase/loam/core/schema"
)

// Settings is one state of all settings. The Settings that a Service returns are shared and must
// not be changed. Properties are in the order of the wire format. MarshalJSON leaves out the
// secrets: SMTP.Password and both S3 secrets.
type Settings struct {
	SuperuserIPs []string     `json:"superuserIPs"` // addresses and networks; empty: every address
	SMTP         SMTP         `json:"smtp"`
	Backups      Backups      `json:"backups"`
	S3           Storage      `json:"s3"`
	Meta         Meta         `json:"meta"`
	RateLimits   RateLimits   `json:"rateLimits"`
	TrustedProxy TrustedProxy `json:"trustedProxy"`
	Batch        Batch        `json:"batch"`
	Logs         Logs         `json:"logs"`
	Server       Server       `json:"server"`   // Loam's own
	Realtime     Realtime     `json:"realtime"` // Loam's own
	GraphQL      GraphQL      `json:"graphql"`  // Loam's own
}

// SMTP is the mail server.
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

// Backups holds the schedule of backups, and their bucket if they are not in the data folder.
type Backups struct {
	Cron        string `json:"cron"` // empty: never
	CronMaxKeep int    `json:"cronMaxKeep"`
	S3          S3     `json:"s3"`
}

// S3 is a bucket of an S3-compatible object store. Secret is not part of public JSON.
type S3 struct {
	Enabled        bool   `json:"enabled"`
	Bucket         string `json:"bucket"`
	Region         string `json:"region"`
	Endpoint       string `json:"endpoint"`
	AccessKey      string `json:"accessKey"`
	Secret         string `json:"secret,omitempty"`
	ForcePathStyle bool   `json:"forcePathStyle"`
	Credentials    string `json:"credentials"` // Loam's own: empty for AccessKey and Secret, or Ambient
}

// Storage is the bucket for files that are not stored in the data folder.
type Storage struct {
	S3
	Presigned bool `json:"presigned"` // Loam's own: clients get harmless files from the bucket itself
}

// Ambient is the value of S3.Credentials for keys that the server's machine provides.
const Ambient = "ambient"

// Meta holds the names and addresses that mails and the console show.
type Meta struct {
	AccentColor   string `json:"accentColor"`
	AppName       string `json:"appName"`
	AppURL        string `json:"appURL"`
	SenderName    string `json:"senderName"`
	SenderAddress string `json:"senderAddress"`
	HideControls  bool   `json:"hideControls"`
}

// TrustedProxy names the request headers that carry the client's address, and the proxies
// that set them; see RealIP.
type TrustedProxy struct {
	Headers       []string `json:"headers"`
	UseLeftmostIP bool     `json:"useLeftmostIP"`
	Peers         []string `json:"peers"` // Loam's own: addresses and networks; empty: every peer
}

// Logs selects the requests that are kept in the log, and sets their retention.
type Logs struct {
	MaxDays     int  `json:"maxDays"` // 0: nothing
	MinLevel    int  `json:"minLevel"`
	LogIP       bool `json:"logIP"`
	LogAuthID   bool `json:"logAuthId"`
	MaxDataSize int  `json:"maxDataSize"` // bytes of the data of an entry; 0: 16 KiB
	MaxSize     int  `json:"maxSize"`     // approximate megabytes of all entries; 0: no limit. Loam's own
	InBackups   bool `json:"inBackups"`   // backups include the logs. Loam's own
}

// Server holds options of the HTTP server's connections.
type Server struct {
	IdleSeconds int `json:"idleSeconds"` // 0: the program's option
}

// Idle returns the longest time for which a client may send nothing of a body, or read nothing of
// an answer: IdleSeconds, or usual if IdleSeconds is not set.
func (s Server) Idle(usual time.Duration) time.Duration {
	if s.IdleSeconds <= 0 {
		return usual
	}
	return time.Duration(min(s.IdleSeconds, maxIdleSeconds)) * time.Second
}

// MaxLogSize is the maximum of Logs.MaxSize, in megabytes: a petabyte.
const MaxLogSize = 1 << 30

const maxIdleSeconds = 24 * 60 * 60

// Defaults returns the settings of a new data folder, as a fresh copy.
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
		TrustedProxy: TrustedProxy{Headers: []string{}, Peers: []string{}},
		Batch:        Batch{MaxRequests: 50, Timeout: 3},
		Logs:         Logs{MaxDays: 5, LogIP: true, MaxSize: 1000},
		Realtime:     defaultRealtime(),
		GraphQL:      defaultGraphQL,
	}
}

// plain is Settings without its methods: JSON with the secrets.
type plain Settings

// MarshalJSON encodes the settings without their secrets.
func (s *Settings) MarshalJSON() ([]byte, error) {
	public := plain(*s)
	public.SMTP.Password, public.S3.Secret, public.Backups.S3.Secret = "", "", ""
	return schema.Marshal(&public)
}

// merged returns a copy of s changed by a JSON object. Properties that the object leaves out are
// kept, also within nested objects; lists are replaced. null and unknown keys change nothing,
// except that null empties a list.
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
	fn(&s.TrustedProxy.Peers)
}
