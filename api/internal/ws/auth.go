package ws

import (
	"context"
	"strconv"
	"time"

	"github.com/loambase/loam/core/record"
)

// auth sets or removes the account of the client. The answer has the account in the form for its
// owner.
func (c *conn) auth(ctx context.Context, m *message) error {
	var form struct {
		Token *string `json:"token"`
	}
	if err := m.decode(&form); err != nil {
		return err
	}
	token := ""
	if form.Token != nil {
		token = *form.Token
	}
	return c.server.hub.Authenticate(ctx, c.client, token, c.ip, func(r *record.Record, expires time.Time) ([]byte, error) {
		if r == nil {
			return appendOK(nil, m.ID, []byte(`{"auth":null,"expires":null}`)), nil
		}
		account, err := c.server.app.Records().RenderOwn(ctx, record.Caller{Auth: r, IP: c.ip}, r, "")
		if err != nil {
			return nil, err
		}
		data := append([]byte(`{"auth":`), account...)
		data = append(data, `,"expires":`...)
		if expires.IsZero() {
			return appendOK(nil, m.ID, append(data, "null}"...)), nil
		}
		return appendOK(nil, m.ID, append(strconv.AppendInt(data, expires.Unix(), 10), '}')), nil
	})
}
