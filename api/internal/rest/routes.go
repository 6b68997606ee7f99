package rest

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/internal/request"
)

// route is a row of the table of routes, which lists all requests.
type route struct {
	request.Route
	limit  bodyLimit // nil: wire.DefaultLimit
	limits limits    // set by API.handle
	free   bool      // no rate limit applies
	serve  endpoint
}

// table returns every route below /api/. GET serves HEAD too.
func (a *API) table() []*route {
	const (
		everyone   = request.Everyone
		superusers = request.Superusers

		collections = "/api/collections"
		collection  = collections + "/{collection}"
		records     = collection + "/records"
		record      = records + "/{id}"
		backups     = "/api/backups"
	)
	row := func(method, path, label string, audience request.Audience, serve endpoint) *route {
		return &route{Route: request.Route{Method: method, Path: path, Label: label, Audience: audience}, serve: serve}
	}
	return []*route{
		row("GET", "/api/health", "health", everyone, a.health),
		row("GET", "/api/health/live", "live", everyone, a.isLive).quiet().unlimited(),
		row("GET", "/api/health/ready", "ready", everyone, a.isReady).quiet().unlimited(),

		row("GET", collections, "listCollections", superusers, a.listCollections),
		row("POST", collections, "createCollection", superusers, a.createCollection),
		row("GET", collection, "viewCollection", superusers, a.viewCollection),
		row("PATCH", collection, "updateCollection", superusers, a.updateCollection),
		row("DELETE", collection, "deleteCollection", superusers, a.deleteCollection),
		row("DELETE", collection+"/truncate", "truncateCollection", superusers, a.truncateCollection),
		row("PUT", collections+"/import", "importCollections", superusers, a.importCollections),
		row("POST", collections+"/meta/dry-run-view", "dryRunView", superusers, a.dryRunView),
		row("GET", collections+"/meta/scaffolds", "scaffolds", superusers, a.scaffolds),
		row("GET", collections+"/meta/oauth2-providers", "oauth2Providers", superusers, a.oauth2Providers),
		row("POST", collections+"/meta/plan", "planCollections", superusers, a.planCollections),

		row("GET", records, "*:list", everyone, a.listRecords),
		row("POST", records, "*:create", everyone, a.createRecord).limited(ofCollection),
		row("GET", collection+"/aggregate", "*:aggregate", everyone, a.aggregate).grouped("*:list"),
		row("GET", record, "*:view", everyone, a.viewRecord),
		row("PATCH", record, "*:update", everyone, a.updateRecord).limited(ofCollection),
		row("DELETE", record, "*:delete", everyone, a.deleteRecord),

		row("GET", collection+"/auth-methods", "*:listAuthMethods", everyone, a.authMethods),
		row("POST", collection+"/auth-with-password", "*:authWithPassword", everyone, a.authWith("password")).grouped("*:auth"),
		row("POST", collection+"/auth-with-oauth2", "*:authWithOAuth2", everyone, a.authWith("oauth2")).grouped("*:auth"),
		row("POST", collection+"/request-otp", "*:requestOTP", everyone, a.requestOTP),
		row("POST", collection+"/auth-with-otp", "*:authWithOTP", everyone, a.authWith("otp")).grouped("*:auth"),
		row("POST", collection+"/auth-refresh", "*:authRefresh", everyone, a.authRefresh),
		row("POST", collection+"/impersonate/{id}", "impersonate", superusers, a.impersonate),
		row("POST", collection+"/request-verification", "*:requestVerification", everyone, a.requestVerification),
		row("POST", collection+"/confirm-verification", "*:confirmVerification", everyone, a.confirmVerification),
		row("POST", collection+"/request-password-reset", "*:requestPasswordReset", everyone, a.requestPasswordReset),
		row("POST", collection+"/confirm-password-reset", "*:confirmPasswordReset", everyone, a.confirmPasswordReset),
		row("POST", collection+"/request-email-change", "*:requestEmailChange", everyone, a.requestEmailChange),
		row("POST", collection+"/confirm-email-change", "*:confirmEmailChange", everyone, a.confirmEmailChange),

		row("GET", "/api/oauth2-redirect", "oauth2Redirect", everyone, a.oauth2Redirect).quiet(),
		row("POST", "/api/oauth2-redirect", "oauth2RedirectForm", everyone, a.oauth2Redirect).quiet(),

		row("GET", "/api/realtime", "connectRealtime", everyone, a.connectRealtime).quiet(),
		row("POST", "/api/realtime", "subscribeRealtime", everyone, a.subscribeRealtime),
		row("GET", "/api/realtime/ws", "connectWebSocket", everyone, a.connectWebSocket).quiet(),

		row("POST", "/api/batch", "batch", everyone, a.batch).limited(ofBatch),

		row("GET", "/api/graphql", "graphql", everyone, a.runGraphQL),
		row("POST", "/api/graphql", "graphqlPost", everyone, a.runGraphQL).limited(ofGraphQL),

		row("GET", "/api/openapi.json", "openapi", everyone, a.openAPI),
		row("GET", "/api/types.ts", "typesTs", everyone, a.typeScript),

		row("GET", backups, "listBackups", superusers, a.listBackups),
		row("POST", backups, "createBackup", superusers, a.createBackup),
		row("POST", backups+"/upload", "uploadBackup", superusers, a.uploadBackup),
		row("GET", backups+"/{key}", "downloadBackup", everyone, a.downloadBackup), // by its file token
		row("DELETE", backups+"/{key}", "deleteBackup", superusers, a.deleteBackup),
		row("POST", backups+"/{key}/restore", "restoreBackup", superusers, a.restoreBackup),
		row("GET", "/api/files/{collection}/{id}/{filename}", "*:file", everyone, a.viewFile),
		row("POST", "/api/files/token", "fileToken", everyone, a.fileToken),

		row("GET", "/api/settings", "viewSettings", superusers, a.viewSettings),
		row("PATCH", "/api/settings", "updateSettings", superusers, a.updateSettings),
		row("POST", "/api/settings/test/s3", "testS3", superusers, a.testS3),
		row("POST", "/api/settings/apple/generate-client-secret", "appleClientSecret", superusers, a.appleSecret),
		row("POST", "/api/settings/test/email", "testEmail", superusers, a.testEmail),

		row("GET", "/api/logs", "listLogs", superusers, a.listLogs).quiet(),
		row("DELETE", "/api/logs", "truncateLogs", superusers, a.truncateLogs),
		row("GET", "/api/logs/stats", "logsStats", superusers, a.logsStats).quiet(),
		row("GET", "/api/logs/{id}", "viewLog", superusers, a.viewLog).quiet(),

		row("POST", "/api/sql", "sql", superusers, a.runSQL),
		row("GET", "/api/insights/queries", "listQueries", superusers, a.listQueries).quiet(),
		row("GET", "/api/insights/indexes", "adviseIndexes", superusers, a.adviseIndexes).quiet(),
		row("GET", "/api/crons", "listCrons", superusers, a.listCrons),
		row("POST", "/api/crons/{id}", "runCron", superusers, a.runCron),
	}
}

func (r *route) limited(limit bodyLimit) *route {
	r.limit = limit
	return r
}

func (r *route) grouped(label string) *route {
	r.Group = label
	return r
}

func (r *route) unlimited() *route {
	r.free = true
	return r
}

func (r *route) quiet() *route {
	r.Quiet = true
	return r
}

// Routes returns the routes of the API, without the routes of the program. Programs must not add
// any of them again.
func (a *API) Routes() []request.Route {
	var list []request.Route
	for _, r := range a.table() {
		list = append(list, r.Route)
	}
	return list
}

// Mount adds every route to the router.
func (a *API) Mount(router chi.Router) {
	for _, r := range a.table() {
		h := a.handle(r)
		router.Method(r.Method, r.Path, h)
		if r.Method == http.MethodGet {
			router.Method(http.MethodHead, r.Path, h)
		}
	}
}
