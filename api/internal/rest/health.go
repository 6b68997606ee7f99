package rest

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// health answers that the server works, or with 503 if it cannot store data. For superusers the
// answer has their address as the server sees it.
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
	// Wire: the order of the keys.
	return c.json([]byte(`{"message":"API is healthy.","code":200,"data":` + data + `}`))
}

// isLive answers that the process works and need not be restarted. It checks nothing else, since a
// restart repairs no database and ends no restore.
func (a *API) isLive(c *call) error {
	return c.json([]byte(`{"message":"The server is live.","code":200,"data":{}}`))
}

// readyTime is the time limit for an answer of the database.
const readyTime = 2 * time.Second

// isReady answers that the server can serve requests, or with 503 and the reason if requests should
// go to another server for now.
func (a *API) isReady(c *call) error {
	notReady := func(message string, err error) error { return fault.Wrap(fault.Unavailable, message, err) }
	if a.requests.Draining() {
		return notReady("The server is about to stop.", nil)
	}
	if p := a.app.Backups().Progress(); p != nil && p.Action == "restore" && !p.Elsewhere {
		return notReady("A backup is being restored.", nil)
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), readyTime)
	defer cancel()
	if err := a.app.Ping(ctx); err != nil {
		return notReady("The database does not answer.", err)
	}
	return c.json([]byte(`{"message":"The server is ready.","code":200,"data":{}}`))
}

// superuserHealth returns the additional data for superusers, including the progress of a running
// backup or restore.
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
