package console

import "strings"

// Address is the URL of this server, as apps reach it, without a slash at its end.
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
