package rest

import (
	"slices"

	"github.com/loambase/loam/core/schema"
)

// health says that the server answers. Superusers learn how it sees them.
func (a *API) health(c *call) error {
	data := "{}"
	if c.caller.Superuser() {
		data = string(a.superuserHealth(c))
	}
	// Wire: the order of the keys is this one.
	return c.json([]byte(`{"message":"API is healthy.","code":200,"data":` + data + `}`))
}

func (a *API) superuserHealth(c *call) []byte {
	dst := append([]byte(nil), `{"canBackup":true,"possibleProxyHeader":`...)
	dst = schema.AppendString(dst, c.proxyHeader())
	dst = append(dst, `,"realIP":`...)
	dst = schema.AppendString(dst, c.caller.IP)
	return append(dst, '}')
}

// proxyHeader is the first header of the request that a proxy may have set.
func (c *call) proxyHeader() string {
	trusted := c.api.app.Settings().Current().TrustedProxy.Headers
	for _, name := range slices.Concat(trusted, []string{"CF-Connecting-IP", "Fly-Client-IP", "X-Forwarded-For"}) {
		if c.r.Header.Get(name) != "" {
			return name
		}
	}
	return ""
}
