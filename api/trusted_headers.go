package api

import (
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/settings"
)

// warnOfHeaders logs a warning, now and after each change of the settings, if every client can
// choose its own address: rate limits, the allowed addresses of superusers and the log use that
// address.
func warnOfHeaders(app *core.App) {
	warn := func(t settings.TrustedProxy) {
		if t.TrustsEverybody() {
			app.Log().Warn("forwarding headers are believed from everybody", "headers", t.Headers,
				"hint", "list the addresses of your proxies in the setting trustedProxy.peers")
		}
	}
	app.Settings().OnChange(func(old, next *settings.Settings) {
		if !old.TrustedProxy.TrustsEverybody() {
			warn(next.TrustedProxy)
		}
	})
	warn(app.Settings().Current().TrustedProxy)
}
