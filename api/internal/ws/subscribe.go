package ws

import (
	"context"
	"strings"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/realtime"
)

// subscribe adds a subscription.
func (c *conn) subscribe(ctx context.Context, m *message) error {
	var form struct {
		Topic   string         `json:"topic"`
		Filter  string         `json:"filter"`
		Expand  string         `json:"expand"`
		Fields  string         `json:"fields"`
		Query   map[string]any `json:"query"`
		Headers map[string]any `json:"headers"`
		Actions []string       `json:"actions"`
		Since   change.Token   `json:"since"`

		Snapshot bool   `json:"snapshot"`
		Sort     string `json:"sort"`
		Limit    int    `json:"limit"`
	}
	if err := m.decode(&form); err != nil {
		return err
	}
	w := realtime.Watch{Filter: form.Filter, Expand: form.Expand, Fields: form.Fields, Query: form.Query, Headers: form.Headers, Actions: form.Actions, Since: form.Since,
		Snapshot: form.Snapshot, Sort: form.Sort, Limit: form.Limit}
	var ok bool
	if w.Collection, w.Record, ok = topic(form.Topic); !ok {
		return fault.Invalidate("", fault.Fields{"topic": fault.Leaf("validation_match_invalid", "Must be COLLECTION/* or COLLECTION/ID")})
	}
	return c.server.hub.Watch(ctx, c.client, w, func(id string, token change.Token) []byte {
		data := schema.AppendString([]byte(`{"sub":`), id)
		data = schema.AppendString(append(data, `,"token":`...), token)
		return appendOK(nil, m.ID, append(data, '}'))
	})
}

// topic splits COLLECTION/* or COLLECTION/ID; record is "" for every record.
func topic(text string) (collection, record string, ok bool) {
	collection, record, ok = strings.Cut(text, "/")
	if !ok || collection == "" || record == "" || collection[0] == '@' || strings.Contains(record, "/") {
		return "", "", false
	}
	if record == "*" {
		record = ""
	}
	return collection, record, true
}

// unsubscribe ends a subscription.
func (c *conn) unsubscribe(_ context.Context, m *message) error {
	var form struct {
		Sub string `json:"sub"`
	}
	if err := m.decode(&form); err != nil {
		return err
	}
	if err := c.server.hub.Unwatch(c.client, form.Sub); err != nil {
		return err
	}
	c.ok(m, []byte("{}"))
	return nil
}
