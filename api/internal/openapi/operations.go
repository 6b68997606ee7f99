package openapi

import (
	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/insight"
	"github.com/loambase/loam/core/logs"
	"github.com/loambase/loam/core/settings"
	"github.com/loambase/loam/core/sqlrun"
)

// describe makes the operation of a route. The argument describes the records of the collection,
// nil for a route without a collection. The result is nil if the collection does not have the
// operation.
type describe func(*shape.Record) *Operation

// operations describes every route, by its label.
var operations = join(recordOperations, accountOperations, collectionOperations, systemOperations)

func join(tables ...map[string]describe) map[string]describe {
	all := map[string]describe{}
	for _, table := range tables {
		for label, describe := range table {
			all[label] = describe
		}
	}
	return all
}

// only returns a describe that returns nil for collections that do not meet the condition.
func only(condition func(*shape.Record) bool, make describe) describe {
	return func(r *shape.Record) *Operation {
		if !condition(r) {
			return nil
		}
		return make(r)
	}
}

// always returns the describe of a route without a collection.
func always(make func() *Operation) describe {
	return func(*shape.Record) *Operation { return make() }
}

var recordOperations = map[string]describe{
	"*:list": only(func(r *shape.Record) bool { return r.List }, func(r *shape.Record) *Operation {
		return operation("", "List records of "+r.Collection.Name, ref(r.Name+listSuffix)).
			with(query("page", "perPage", "sort", "filter", "expand", "fields", "skipTotal", "cursor")...)
	}),
	"*:view": only(func(r *shape.Record) bool { return r.View }, func(r *shape.Record) *Operation {
		op := operation("", "View a record of "+r.Collection.Name, ref(r.Name)).with(query("expand", "fields")...)
		op.Responses["304"] = Response{Description: "It is as the header If-None-Match says."}
		return op
	}),
	"*:create": only(func(r *shape.Record) bool { return r.Create }, func(r *shape.Record) *Operation {
		return operation("", "Create a record of "+r.Collection.Name, ref(r.Name)).
			with(query("expand", "fields")...).writing(r, newSuffix, r.New)
	}),
	"*:update": only(func(r *shape.Record) bool { return r.Update }, func(r *shape.Record) *Operation {
		return operation("", "Update a record of "+r.Collection.Name, ref(r.Name)).
			with(query("expand", "fields")...).writing(r, changesSuffix, r.Changes)
	}),
	"*:delete": only(func(r *shape.Record) bool { return r.Delete }, func(r *shape.Record) *Operation {
		return done("", "Delete a record of "+r.Collection.Name)
	}),
	"*:aggregate": only(func(r *shape.Record) bool { return r.List }, func(r *shape.Record) *Operation {
		return operation("", "Figures over records of "+r.Collection.Name, ref("api.Groups")).with(
			own("count", "string", "* for the number of records"), own("countDistinct", "string", "Fields: author,status"),
			own("sum", "string", "Fields: price"), own("avg", "string", "Fields"), own("min", "string", "Fields"), own("max", "string", "Fields"),
			own("groupBy", "string", "Fields, with a part of a date after a colon: status,created:month"),
			own("having", "string", "A condition of the groups: count > 5"), own("limit", "integer", "How many groups at most"),
		).with(query("filter", "sort", "fields")...)
	}),
	"*:file": only(func(r *shape.Record) bool { return r.View && hasStoredFiles(r) }, func(r *shape.Record) *Operation {
		op := operation("", "A file of a record of "+r.Collection.Name, nil).
			answering("200", "application/octet-stream", "The file, with its own media type.").
			with(own("thumb", "string", "The size of a thumb: 100x100"), own("download", "boolean", "Save it, do not show it"),
				own("original", "boolean", "Save it under the name that it was uploaded with"))
		op.Security = []Security{{}, {fileScheme: {}}}
		return op
	}),
}

func hasStoredFiles(r *shape.Record) bool {
	for _, m := range r.Members {
		if m.Type.Base == shape.File {
			return true
		}
	}
	return false
}

// writing adds the body of a create or an update: as JSON, and also as a form if the collection has
// file fields.
func (op *Operation) writing(r *shape.Record, suffix string, inputs []shape.Input) *Operation {
	op.taking(ref(r.Name + suffix))
	if hasFiles(inputs) {
		op.RequestBody.Content["multipart/form-data"] = Media{fileForm(inputSchema(r, inputs), inputs)}
	}
	return op
}

func isAuth(r *shape.Record) bool { return r.Collection.IsAuth() }

// signIn describes a route that answers with a token.
func signIn(summary string, body *Schema) describe {
	return only(isAuth, func(r *shape.Record) *Operation {
		op := operation("", summary, ref(r.Name+authSuffix)).with(query("expand", "fields")...)
		if body == nil {
			return op
		}
		second := object(map[string]*Schema{"mfaId": typed("string")})
		op.Responses["401"] = Response{Description: "The account needs a second way to sign in: send the mfaId with that.", Content: jsonMedia(second)}
		return op.taking(body)
	})
}

// mailed describes a route that takes a token or a code from a mail.
func mailed(summary string, body *Schema) describe {
	return only(isAuth, func(*shape.Record) *Operation { return done("", summary).taking(body) })
}

var accountOperations = map[string]describe{
	"*:listAuthMethods": only(isAuth, func(r *shape.Record) *Operation {
		return operation("", "How to sign in", answer(auth.Methods{})).with(query("fields")...)
	}),
	"*:authWithPassword": signIn("Sign in with a password", withMFA(form(auth.PasswordForm{}, "identity", "password"))),
	"*:authWithOAuth2":   signIn("Sign in through another service", withMFA(form(auth.OAuth2Form{}, "provider", "code", "redirectURL"))),
	"*:authWithOTP":      signIn("Sign in with a code from a mail", withMFA(form(auth.OTPForm{}, "otpId", "password"))),
	"*:authRefresh":      signIn("A new token for the caller", nil),
	"*:requestOTP": only(isAuth, func(*shape.Record) *Operation {
		return operation("", "Send a code by mail", object(map[string]*Schema{"otpId": typed("string")})).
			taking(form(auth.EmailForm{}, "email"))
	}),
	"*:requestVerification":  mailed("Send a mail that verifies the address", form(auth.EmailForm{}, "email")),
	"*:confirmVerification":  mailed("Verify the address", form(auth.TokenForm{}, "token")),
	"*:requestPasswordReset": mailed("Send a mail for a new password", form(auth.EmailForm{}, "email")),
	"*:confirmPasswordReset": mailed("Set a new password", form(auth.PasswordResetForm{}, "token", "password", "passwordConfirm")),
	"*:requestEmailChange":   mailed("Send a mail to a new address", form(auth.EmailChangeForm{}, "newEmail")),
	"*:confirmEmailChange":   mailed("Change the address", form(auth.EmailChangeConfirmation{}, "token", "password")),
}

func withMFA(s *Schema) *Schema {
	s.Properties["mfaId"] = &Schema{Type: "string", Description: "Of the first way to sign in, for the second one."}
	return s
}

const collections = "collections"

// collectionForm describes a collection in a body, with optional properties.
func collectionForm() *Schema { return ref(collectionFormSchema) }

var collectionOperations = map[string]describe{
	"listCollections": always(func() *Operation {
		return operation(collections, "List collections", pageOf(ref(collectionSchema))).
			with(query("page", "perPage", "sort", "filter", "fields", "skipTotal")...)
	}),
	"createCollection": always(func() *Operation {
		return operation(collections, "Create a collection", ref(collectionSchema)).with(query("fields")...).taking(collectionForm())
	}),
	"viewCollection": always(func() *Operation {
		return operation(collections, "View a collection", ref(collectionSchema)).with(query("fields")...)
	}),
	"updateCollection": always(func() *Operation {
		return operation(collections, "Change a collection", ref(collectionSchema)).with(query("fields")...).
			with(own("convert", "boolean", "Fields may become ones of another kind")).taking(collectionForm())
	}),
	"deleteCollection":   always(func() *Operation { return done(collections, "Delete a collection and its records") }),
	"truncateCollection": always(func() *Operation { return done(collections, "Delete all records of a collection") }),
	"importCollections": always(func() *Operation {
		return done(collections, "Create and change many collections").taking(importForm())
	}),
	"dryRunView": always(func() *Operation {
		run := answer(collection.DryRun{})
		run.Properties["sample"] = listOf(typed("object"))
		return operation(collections, "Try the query of a view", run).taking(textForm("query"))
	}),
	"scaffolds": always(func() *Operation {
		return operation(collections, "A blank collection of each type", &Schema{Type: "object", Additional: ref(collectionSchema)}).with(query("fields")...)
	}),
	"oauth2Providers": always(func() *Operation {
		return operation(collections, "The services that accounts can sign in through", answer(provider.List())).with(query("fields")...)
	}),
	"planCollections": always(func() *Operation {
		body := &Schema{Type: "object", Properties: map[string]*Schema{
			"create": collectionForm(), "delete": typed("string"), "import": importForm(),
			"update": {Type: "object", Properties: map[string]*Schema{"collection": typed("string"), "body": collectionForm(), "convert": typed("boolean")}},
		}, Description: "Exactly one of these."}
		return operation(collections, "What a change of collections would do", answer(collection.Plan{})).taking(body)
	}),
}

func importForm() *Schema {
	s := form(collection.Import{}, "collections")
	s.Properties["collections"] = listOf(collectionForm())
	return s
}

// textForm describes an object of texts, all of them required.
func textForm(names ...string) *Schema {
	s := &Schema{Type: "object", Properties: map[string]*Schema{}, Required: names}
	for _, name := range names {
		s.Properties[name] = typed("string")
	}
	return s
}

const (
	health   = "health"
	realtime = "realtime"
	backups  = "backups"
	logging  = "logs"
	system   = "system"
	setting  = "settings"
	files    = "files"
	records  = "records"
	graphQL  = "graphql"
)

// tagTexts describes the groups of operations.
var tagTexts = map[string]string{
	collections: "Collections, for superusers.",
	health:      "Whether the server does its work.",
	realtime:    "Changes as they happen.",
	backups:     "Backups, for superusers.",
	logging:     "The log, for superusers.",
	system:      "The program itself.",
	setting:     "Settings, for superusers.",
	files:       "Access to protected files.",
	records:     "Writes of several records.",
	graphQL:     "The same records over GraphQL.",
}

// healthy describes a health check, whose answer has a message, a code and data.
func healthy(summary string) describe {
	return always(func() *Operation {
		return operation(health, summary, object(map[string]*Schema{"message": typed("string"), "code": typed("integer"), "data": typed("object")}))
	})
}

var systemOperations = map[string]describe{
	"health": healthy("Whether the server answers"),
	"live":   healthy("Whether the process answers"),
	"ready":  healthy("Whether the server can do its work"),

	"openapi": always(func() *Operation {
		return operation(system, "This document, as the caller may see it", typed("object")).with(query("fields")...)
	}),
	"typesTs": always(func() *Operation {
		return operation(system, "Types of the records for TypeScript, as the caller may see them", nil).
			answering("200", "text/plain", "A module of TypeScript.")
	}),

	"oauth2Redirect": always(func() *Operation {
		return operation(system, "Where a service sends a person back to", nil).answering("307", "", "To a page that says how it went.").
			with(own("state", "string", "The client that waits"), own("code", "string", "Of the service"), own("error", "string", "Of the service"))
	}),
	"oauth2RedirectForm": always(func() *Operation {
		op := operation(system, "Where a service sends a person back to, with a form", nil).answering("303", "", "To a page that says how it went.")
		op.RequestBody = &Body{Content: map[string]Media{"application/x-www-form-urlencoded": {form(auth.OAuth2Redirect{})}}}
		return op
	}),

	"connectRealtime": always(func() *Operation {
		return operation(realtime, "A stream of events", nil).answering("200", "text/event-stream", "Events; the first one has the id of the client.")
	}),
	"subscribeRealtime": always(func() *Operation {
		return done(realtime, "What the client of a stream is subscribed to").taking(&Schema{Type: "object", Required: []string{"clientId"},
			Properties: map[string]*Schema{"clientId": typed("string"), "subscriptions": listOf(typed("string"))}})
	}),
	"connectWebSocket": always(func() *Operation {
		return operation(realtime, "Make a WebSocket of the connection", nil).answering("101", "", "The connection is a WebSocket.")
	}),
	"batch": always(func() *Operation {
		request := &Schema{Type: "object", Required: []string{"method", "url"}, Properties: map[string]*Schema{
			"method": {Type: "string", Enum: []string{"POST", "PATCH", "PUT", "DELETE"}}, "url": typed("string"),
			"headers": {Type: "object", Additional: typed("string")}, "body": typed("object"),
		}}
		result := object(map[string]*Schema{"status": typed("integer"), "body": {Type: []string{"object", "null"}}})
		return operation(records, "Several writes in one transaction", listOf(result)).
			taking(&Schema{Type: "object", Required: []string{"requests"}, Properties: map[string]*Schema{"requests": listOf(request)}})
	}),
	"graphql": always(func() *Operation {
		return graphQLOperation("A query of GraphQL").with(own("query", "string", "The document"), own("operationName", "string", "Of several operations the one to run"),
			own("variables", "string", "JSON of an object"))
	}),
	"graphqlPost": always(func() *Operation {
		return graphQLOperation("An operation of GraphQL").taking(&Schema{Type: "object", Properties: map[string]*Schema{
			"query": typed("string"), "operationName": nullable(typed("string")), "variables": {Type: []string{"object", "null"}},
			"extensions": {Type: []string{"object", "null"}},
		}})
	}),

	"listBackups": always(func() *Operation {
		return operation(backups, "List backups", listOf(object(map[string]*Schema{
			"modified": ref("api.Moment"), "key": typed("string"), "size": typed("integer")}))).with(query("fields")...)
	}),
	"createBackup": always(func() *Operation {
		return done(backups, "Make a backup").taking(&Schema{Type: "object", Properties: map[string]*Schema{"name": typed("string")}})
	}),
	"uploadBackup": always(func() *Operation {
		op := done(backups, "Upload a backup")
		op.RequestBody = &Body{Required: true, Content: map[string]Media{"multipart/form-data": {&Schema{Type: "object",
			Required: []string{"file"}, Properties: map[string]*Schema{"file": {Type: "string", Format: "binary"}}}}}}
		return op
	}),
	"downloadBackup": always(func() *Operation {
		op := operation(backups, "Download a backup", nil).answering("200", "application/zip", "The archive.")
		op.Security = []Security{{fileScheme: {}}}
		return op
	}),
	"deleteBackup":  always(func() *Operation { return done(backups, "Delete a backup") }),
	"restoreBackup": always(func() *Operation { return done(backups, "Restore a backup") }),
	"fileToken": always(func() *Operation {
		op := operation(files, "A token for protected files", object(map[string]*Schema{"token": typed("string")}))
		op.Security = []Security{{tokenScheme: {}}}
		return op
	}),

	"viewSettings": always(func() *Operation {
		return operation(setting, "View the settings", ref("api.Settings")).with(query("fields")...)
	}),
	"updateSettings": always(func() *Operation {
		return operation(setting, "Change the settings", ref("api.Settings")).with(query("fields")...).taking(form(settings.Settings{}).open())
	}),
	"testS3": always(func() *Operation {
		return done(setting, "Try a bucket").taking(form(core.S3TestForm{}, "filesystem"))
	}),
	"testEmail": always(func() *Operation {
		return done(setting, "Send a mail to try it").taking(form(auth.TestMailForm{}, "email", "template"))
	}),
	"appleClientSecret": always(func() *Operation {
		return operation(setting, "A secret for signing in with Apple", object(map[string]*Schema{"secret": typed("string")})).
			taking(form(auth.AppleSecretForm{}, "clientId", "teamId", "keyId", "privateKey", "duration"))
	}),

	"listLogs": always(func() *Operation {
		return operation(logging, "List entries of the log", pageOf(entrySchema())).with(query("page", "perPage", "sort", "filter", "fields", "skipTotal")...)
	}),
	"truncateLogs": always(func() *Operation { return done(logging, "Delete all entries of the log") }),
	"logsStats": always(func() *Operation {
		return operation(logging, "How many entries there are, by the hour", listOf(answer(logs.Hour{}))).with(query("filter", "fields")...)
	}),
	"viewLog": always(func() *Operation {
		return operation(logging, "View an entry of the log", entrySchema()).with(query("fields")...)
	}),

	"impersonate": always(func() *Operation {
		token := object(map[string]*Schema{"record": typed("object"), "token": typed("string")})
		return operation(system, "A token of an account, for superusers", token).with(query("expand", "fields")...).taking(form(auth.ImpersonateForm{}))
	}),
	"sql": always(func() *Operation {
		return operation(system, "Run SQL", answer(sqlrun.Result{})).taking(textForm("query"))
	}),
	"listQueries": always(func() *Operation {
		return operation(system, "List slow statements", listOf(answer(insight.Query{}))).with(query("fields")...)
	}),
	"adviseIndexes": always(func() *Operation {
		return operation(system, "Advice on indexes", answer(insight.Advice{})).with(query("fields")...)
	}),
	"listCrons": always(func() *Operation {
		return operation(system, "List jobs", listOf(object(map[string]*Schema{
			"id": typed("string"), "expression": typed("string"), "nextRun": ref("api.Moment"), "lastRun": ref("api.Moment"),
			"lastError": typed("string"), "running": typed("boolean")}))).with(query("fields")...)
	}),
	"runCron": always(func() *Operation { return done(system, "Run a job now") }),
}

// graphQLOperation describes an operation of GraphQL. Errors of the operation itself also have the
// form of GraphQL.
func graphQLOperation(summary string) *Operation {
	result := ref("api.GraphQL")
	op := operation(graphQL, summary, result)
	refused := jsonMedia(&Schema{AnyOf: []*Schema{result, ref("api.Error")}})
	for _, status := range []string{"400", "405", "406", "413", "415", "503"} {
		op.Responses[status] = Response{Description: "The operation was not run.", Content: refused}
	}
	return op
}

// entrySchema describes an entry of the log.
func entrySchema() *Schema {
	return object(map[string]*Schema{"id": typed("string"), "created": ref("api.Moment"), "data": typed("object"),
		"message": typed("string"), "level": typed("integer")})
}

// open returns the schema without required properties at any depth, for a body of which a part is
// enough.
func (s *Schema) open() *Schema {
	if s == nil {
		return nil
	}
	s.Required, s.Additional = nil, nil
	for _, property := range s.Properties {
		property.open()
	}
	return s
}
