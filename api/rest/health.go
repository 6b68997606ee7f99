package rest

import (
	"slices"
	"strconv"

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
