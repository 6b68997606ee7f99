// Settings of WebSockets.

package settings

import (
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/check"
)

// Realtime holds the limits of WebSockets (docs/wire/websocket.md §1). These settings are Loam's
// own.
type Realtime struct {
	MaxMessageBytes     int  `json:"maxMessageBytes"`     // of a message from a client
	MaxSubscriptions    int  `json:"maxSubscriptions"`    // of a connection
	MaxFiltered         int  `json:"maxFiltered"`         // subscriptions of a connection that have a filter
	MaxFilters          int  `json:"maxFilters"`          // different filters on this node
	MaxLiveQueries      int  `json:"maxLiveQueries"`      // of a connection
	MessagesPerSecond   int  `json:"messagesPerSecond"`   // from a client
	MessageBurst        int  `json:"messageBurst"`        // at once
	MaxConnectionsPerIP int  `json:"maxConnectionsPerIP"` // 0: any number
	DrainSeconds        int  `json:"drainSeconds"`        // of closing connections, when the server stops
	MaxChannels         int  `json:"maxChannels"`         // joined by a connection
	Compress            bool `json:"compress"`            // messages of 1 KiB and more

	Channels Channels `json:"channels"` // without an entry nobody may join a channel
}

// maxDrainSeconds is less than the time that a stopping server gives its requests.
const maxDrainSeconds = 20

// Drain is DrainSeconds as a duration.
func (r Realtime) Drain() time.Duration { return time.Duration(r.DrainSeconds) * time.Second }

// defaultRealtime returns the limits of a new data folder.
func defaultRealtime() Realtime {
	return Realtime{MaxMessageBytes: 64 << 10, MaxSubscriptions: 1000, MaxFiltered: 100, MaxFilters: 2000, MaxLiveQueries: 10, MaxChannels: 100,
		MessagesPerSecond: 100, MessageBurst: 200, DrainSeconds: 5, Channels: Channels{}}
}

func (r *Realtime) validate(fails fault.Fields) {
	const many = 1_000_000
	fails.Set(check.Within(r.MaxMessageBytes, 1<<10, 16<<20), "realtime", "maxMessageBytes")
	fails.Set(check.Within(r.MaxSubscriptions, 1, many), "realtime", "maxSubscriptions")
	fails.Set(check.Within(r.MaxFiltered, 0, many), "realtime", "maxFiltered")
	fails.Set(check.Within(r.MaxFilters, 0, many), "realtime", "maxFilters")
	fails.Set(check.Within(r.MaxLiveQueries, 0, many), "realtime", "maxLiveQueries")
	fails.Set(check.Within(r.MaxChannels, 0, many), "realtime", "maxChannels")
	r.Channels.validate(fails)
	fails.Set(check.Within(r.MessagesPerSecond, 1, many), "realtime", "messagesPerSecond")
	fails.Set(check.Within(r.MessageBurst, 1, many), "realtime", "messageBurst")
	fails.Set(check.Within(r.MaxConnectionsPerIP, 0, many), "realtime", "maxConnectionsPerIP")
	fails.Set(check.Within(r.DrainSeconds, 0, maxDrainSeconds), "realtime", "drainSeconds")
}
