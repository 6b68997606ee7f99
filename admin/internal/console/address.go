package console

import (
	"net/http"
	"strings"
)

// Address returns the URL at which clients reach this server, without a slash at its end: the
// application URL of the settings, or the scheme and host of the request while that URL is unset or
// names localhost.
func (c *Call) Address() string {
	if set := c.Settings.Meta.AppURL; set != "" && !strings.Contains(set, "//localhost") {
		return strings.TrimSuffix(set, "/")
	}
	scheme := "http://"
	if c.R.TLS != nil {
		scheme = "https://"
	}
	return scheme + c.R.Host
}

// ForwardingHeader returns the name of a header of the request in which proxies send the address of
// the client, "" if the request has no such header.
func ForwardingHeader(r *http.Request) string {
	for _, name := range []string{"CF-Connecting-IP", "Fly-Client-IP", "X-Forwarded-For", "X-Real-IP"} {
		if r.Header.Get(name) != "" {
			return name
		}
	}
	return ""
}
