package settings

import (
	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/settings"
)

// page is a page of settings: its title, its inputs and its test.
type page struct {
	id, title, icon string
	groups          []form.Group
	listAt          int             // the number of groups above the list of the page
	test            string          // the test of the page: "mail", "storage", "backups"; "" for none
	note            templ.Component // a note above the inputs; nil for none
}

func text(name, label, help string) form.Input {
	return form.Input{Name: name, Label: label, Help: help}
}

func mono(name, label, help string) form.Input {
	return form.Input{Name: name, Label: label, Help: help, Mono: true}
}

func number(name, label, unit, help string) form.Input {
	return form.Input{Name: name, Label: label, Unit: unit, Help: help, Kind: form.Number}
}

func toggle(name, label, help string) form.Input {
	return form.Input{Name: name, Label: label, Help: help, Kind: form.Switch}
}

func lines(name, label, help string) form.Input {
	return form.Input{Name: name, Label: label, Help: help, Kind: form.Lines}
}

// pages returns all pages of settings, in the order of the sidebar.
func pages() []page {
	return []page{
		{id: "application", title: "Application", icon: "globe", groups: []form.Group{
			{Title: "Name and address", About: "Stand in mails and in the console.", Inputs: []form.Input{
				text("meta.appName", "Name", ""),
				mono("meta.appURL", "Address", "Links in mails start with it."),
			}},
			{Title: "Accent colour", About: "One colour for buttons, links and what is chosen. Shades for both themes are worked out from it, so that text stays readable. The value of a new server, #1055c9, is shown as Petrol.",
				Inputs: []form.Input{{Name: "meta.accentColor", Label: "Colour", Kind: form.Colour, Wide: true, Options: []form.Option{
					{Value: "#0e6a80", Label: "Petrol"}, {Value: "#1a5fd0", Label: "Blue"}, {Value: "#5b4bc4", Label: "Violet"},
					{Value: "#8a3f86", Label: "Plum"}, {Value: "#4c5a67", Label: "Slate"}}}}},
			{Title: "Controls", About: "Against slips on a server in use. Clients of the API may do what they may.", Inputs: []form.Input{
				{Name: "meta.hideControls", Label: "Lock collections and records here", Help: "Collections cannot be created, changed and deleted. Records can be changed after a press on Unlock. SQL that writes asks first.", Kind: form.Switch}}},
		}},
		{id: "mail", title: "Mail", icon: "mail", test: "mail", groups: []form.Group{
			{Title: "From", Inputs: []form.Input{
				text("meta.senderName", "Sender name", ""),
				text("meta.senderAddress", "Sender address", ""),
			}},
			{Title: "SMTP server", About: "While this is off, no mail is sent: no verification, no password reset, no one-time code.", Inputs: []form.Input{
				toggle("smtp.enabled", "Send through SMTP", ""),
				mono("smtp.host", "Host", ""),
				number("smtp.port", "Port", "", ""),
				text("smtp.username", "User name", ""),
				{Name: "smtp.password", Label: "Password", Kind: form.Secret},
				{Name: "smtp.tls", Label: "TLS from the beginning", Help: "Off: StartTLS, if the server offers it.", Kind: form.Switch},
				{Name: "smtp.authMethod", Label: "Sign-in method", Kind: form.Choice, Options: []form.Option{{Value: "", Label: "PLAIN"}, {Value: "LOGIN", Label: "LOGIN"}}},
				mono("smtp.localName", "Name in EHLO", "Empty: the host of the application’s address, or, if that is not public, of the sender’s."),
			}},
		}},
		{id: "files", title: "Files", icon: "disk", test: "storage", groups: []form.Group{
			{Title: "Where files are kept", About: "In the data folder, or in a bucket. Files that are there already are not moved.", Inputs: append(bucket("s3"),
				toggle("s3.presigned", "Clients fetch files from the bucket itself", "By addresses that are good for a short time. The bucket must be reachable for them."))},
		}},
		{id: "backups", title: "Backup schedule", icon: "archive", test: "backups", groups: []form.Group{
			{Title: "Schedule", About: "An expression of cron in UTC: minute, hour, day, month, weekday. Empty: never.", Inputs: []form.Input{
				{Name: "backups.cron", Label: "When", Kind: form.Cron, Options: cronPresets(), Wide: true},
				number("backups.cronMaxKeep", "Keep the newest", "backups", ""),
			}},
			{Title: "Where they are kept", About: "Best on another provider than this machine’s.", Inputs: bucket("backups.s3")},
		}},
		{id: "limits", title: "Rate limits and IPs", icon: "shield", listAt: 1, groups: []form.Group{
			{Title: "Rate limits", About: "How many requests a client may make in an interval. A client is an IP address, or a /64 network of IPv6.", Inputs: []form.Input{
				toggle("rateLimits.enabled", "Limit how often clients may ask", ""),
				lines("rateLimits.excludedIPs", "Without limits", "Addresses and networks whose requests are not counted, one a line."),
			}},
			{Title: "Superusers", About: "Empty: from everywhere. A list without your own address locks you out; “loam superuser ips” lets you in again.", Inputs: []form.Input{
				lines("superuserIPs", "Superusers come from", "Addresses and networks such as 10.0.0.0/8, one a line."),
			}},
			{Title: "Behind a proxy", About: "Trust a header only if a proxy of yours sets it on every request, and name the proxy: else clients choose their own address.", Inputs: []form.Input{
				lines("trustedProxy.headers", "Headers with the client’s address", "Usually CF-Connecting-IP, Fly-Client-IP, X-Forwarded-For or X-Real-IP; one a line, tried in order."),
				lines("trustedProxy.peers", "Proxies", "Addresses and networks whose headers are believed. Empty: everybody’s."),
				toggle("trustedProxy.useLeftmostIP", "The left-most address of a list counts", "Usually it is the right-most one."),
			}},
		}},
		{id: "logs", title: "Logs", icon: "logs", groups: []form.Group{
			{Title: "What is kept", Inputs: []form.Input{
				number("logs.maxDays", "Keep for", "days", "0: nothing is kept."),
				{Name: "logs.minLevel", Label: "From the level", Kind: form.Choice, Whole: true, Options: []form.Option{
					{Value: "-4", Label: "Debug, -4"}, {Value: "0", Label: "Info, 0"}, {Value: "4", Label: "Warning, 4"}, {Value: "8", Label: "Error, 8"}},
					Help: "Requests are kept as Info, and those that end with an error as Error. Programs may write levels in between."},
				number("logs.maxSize", "At most", "MB", "0: no limit."),
				number("logs.maxDataSize", "Of an entry at most", "bytes", "0: 16 KiB."),
				toggle("logs.logIP", "Keep the address of the client", ""),
				toggle("logs.logAuthId", "Keep the account", ""),
				toggle("logs.inBackups", "Backups have the logs too", ""),
			}},
		}},
		{id: "api", title: "Batch and GraphQL", icon: "code", groups: []form.Group{
			{Title: "Batch", About: "Many writes in one request and one transaction.", Inputs: []form.Input{
				toggle("batch.enabled", "Allow batches", ""),
				number("batch.maxRequests", "Requests at most", "", ""),
				number("batch.timeout", "Time at most", "s", ""),
				number("batch.maxBodySize", "Body at most", "bytes", "0: 128 MiB."),
			}},
			{Title: "GraphQL", Inputs: []form.Input{
				toggle("graphql.enabled", "Allow GraphQL", ""),
				{Name: "graphql.introspection", Label: "Who may ask about the schema", Kind: form.Choice, Options: []form.Option{
					{Value: settings.IntrospectionOn, Label: "Everybody"}, {Value: settings.IntrospectionSuperusers, Label: "Superusers"}, {Value: settings.IntrospectionOff, Label: "Nobody"}}},
				number("graphql.maxDepth", "Levels at most", "", ""),
				number("graphql.maxRows", "Records at most", "", ""),
				number("graphql.maxRootFields", "Root fields at most", "", ""),
				number("graphql.maxMutations", "Records written at most", "", ""),
				number("graphql.maxTokens", "Words of a document at most", "", ""),
				number("graphql.maxBodyBytes", "Body at most", "bytes", ""),
				number("graphql.timeoutSeconds", "Time at most", "s", ""),
				toggle("graphql.persistedOnly", "Only the documents below", "Superusers may send any."),
				{Name: documentsInput, Label: "Documents", Help: "A JSON object of texts by the ids that clients send, as build tools make it.", Kind: form.Code},
			}},
			{Title: "Connections", Inputs: []form.Input{
				number("server.idleSeconds", "Cut off who is silent for", "s", "0: a minute, or what the program says."),
			}},
		}},
		{id: "realtime", title: "Realtime", icon: "pulse", listAt: 2, groups: []form.Group{
			{Title: "Connections", About: "Limits of WebSockets.", Inputs: []form.Input{
				number("realtime.maxConnectionsPerIP", "Of an address at most", "", "0: any number."),
				number("realtime.maxMessageBytes", "A message from a client at most", "bytes", ""),
				number("realtime.messagesPerSecond", "Messages from a client", "a second", ""),
				number("realtime.messageBurst", "Messages at once", "", ""),
				number("realtime.drainSeconds", "Closed over", "s", "When the server stops, so that not all come back at once."),
				toggle("realtime.compress", "Compress messages of 1 KiB and more", ""),
			}},
			{Title: "Subscriptions", Inputs: []form.Input{
				number("realtime.maxSubscriptions", "Of a connection at most", "", ""),
				number("realtime.maxFiltered", "Of them with a filter", "", ""),
				number("realtime.maxFilters", "Different filters at most", "", "Of all connections together."),
				number("realtime.maxLiveQueries", "Live lists of a connection", "", ""),
				number("realtime.maxChannels", "Channels of a connection", "", ""),
			}},
		}},
	}
}

func cronPresets() []form.Option {
	return []form.Option{{Value: "0 * * * *", Label: "Every hour"}, {Value: "0 3 * * *", Label: "Every day at 3:00"},
		{Value: "0 3 * * 0", Label: "Sundays at 3:00"}, {Value: "0 3 1 * *", Label: "The first of the month at 3:00"}, {Value: "", Label: "Never"}}
}

// bucket returns the inputs of an S3 bucket; at is its path in the settings.
func bucket(at string) []form.Input {
	return []form.Input{
		toggle(at+".enabled", "Use a bucket of S3 or compatible", ""),
		mono(at+".bucket", "Bucket", ""),
		mono(at+".region", "Region", ""),
		mono(at+".endpoint", "Endpoint", ""),
		{Name: at + ".credentials", Label: "Keys", Kind: form.Choice, Options: []form.Option{
			{Value: "", Label: "Those below"}, {Value: settings.Ambient, Label: "Those that the machine of the server offers"}}},
		mono(at+".accessKey", "Access key", ""),
		{Name: at + ".secret", Label: "Secret", Kind: form.Secret},
		toggle(at+".forcePathStyle", "Path-style addresses", "The bucket is in the path, as for MinIO. Otherwise it is in the name of the host."),
	}
}
