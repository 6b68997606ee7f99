package rest

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// health tells that the server answers, with 503 if it cannot store anything. Superusers learn which address it takes them
// to come from.
func (a *API) health(c *call) error {
	if err := a.app.Available(); err != nil {
		return err
	}
	data := "{}"
	if c.Caller.Superuser() {
		known, err := a.superuserHealth(c)
		if err != nil {
			return err
		}
		data = string(known)
	}
	// Wire: the order of the keys is this one.
	return c.json([]byte(`{"message":"API is healthy.","code":200,"data":` + data + `}`))
}

// isLive tells that the process answers: whoever runs it need not start it anew. Nothing else is
// looked at, since a start mends no database and ends no restore.
func (a *API) isLive(c *call) error {
	return c.json([]byte(`{"message":"The server is live.","code":200,"data":{}}`))
}

// readyTime is how long the database may take to answer.
const readyTime = 2 * time.Second

// isReady tells that the server can do its work, with 503 and the reason if requests are to go
// to another one for now.
func (a *API) isReady(c *call) error {
	notReady := func(message string, err error) error { return fault.Wrap(fault.Unavailable, message, err) }
	if a.requests.Draining() {
		return notReady("The server is about to stop.", nil)
	}
	if p := a.app.Backups().Progress(); p != nil && p.Action == "restore" {
		return notReady("A backup is being restored.", nil)
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), readyTime)
	defer cancel()
	if err := a.app.Ping(ctx); err != nil {
		return notReady("The database does not answer.", err)
	}
	return c.json([]byte(`{"message":"The server is ready.","code":200,"data":{}}`))
}

// superuserHealth is what superusers learn besides: also how far a backup or a restore is,
// while one runs.
func (a *API) superuserHealth(c *call) ([]byte, error) {
	backups := a.app.Backups()
	dst := append([]byte(nil), `{"canBackup":`...)
	dst = strconv.AppendBool(dst, backups.Ready())
	dst = append(dst, `,"possibleProxyHeader":`...)
	dst = schema.AppendString(dst, c.proxyHeader())
	dst = append(dst, `,"realIP":`...)
	dst = schema.AppendString(dst, c.Caller.IP)
	if p := backups.Progress(); p != nil {
		text, err := schema.Marshal(p)
		if err != nil {
			return nil, err
		}
		dst = append(append(dst, `,"backup":`...), text...)
	}
	return append(dst, '}'), nil
}

// proxyHeader returns the name of the first header of the request that a proxy may have set, "" if
// there is none.
func (c *call) proxyHeader() string {
	trusted := c.Settings.TrustedProxy.Headers
	for _, name := range slices.Concat(trusted, []string{"CF-Connecting-IP", "Fly-Client-IP", "X-Forwarded-For"}) {
		if c.r.Header.Get(name) != "" {
			return name
		}
	}
	return ""
}
