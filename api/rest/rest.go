// Package rest is the REST interface (docs/wire/records.md, auth-realtime-system.md):
// one file per group of routes. A handler decodes, calls a service and encodes;
// what may be done, the services decide.
package rest

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
)

// API serves the routes. It is safe for concurrent use.
type API struct {
	app     *core.App
	auth    *auth.Service
	buffers wire.Buffers
	heavy   *wire.Gate
}

// heavyBodies is how many bodies with very many values are worked on at a time.
const heavyBodies = 4

// New is the API of an open app.
func New(app *core.App, auth *auth.Service) *API {
	return &API{app: app, auth: auth, heavy: wire.NewGate(heavyBodies)}
}

// Routes adds every route below /api/ to the router.
func (a *API) Routes(r chi.Router) {
	a.get(r, "/api/health", a.health)

	a.get(r, "/api/collections", superusers(a.listCollections))
	a.post(r, "/api/collections", superusers(a.createCollection))
	a.get(r, "/api/collections/{collection}", superusers(a.viewCollection))
	a.patch(r, "/api/collections/{collection}", superusers(a.updateCollection))
	a.delete(r, "/api/collections/{collection}", superusers(a.deleteCollection))
	a.delete(r, "/api/collections/{collection}/truncate", superusers(a.truncateCollection))
	a.post(r, "/api/collections/meta/dry-run-view", superusers(a.dryRunView))
	a.put(r, "/api/collections/import", superusers(a.importCollections))
	a.get(r, "/api/collections/meta/scaffolds", superusers(a.scaffolds))
	a.post(r, "/api/collections/meta/plan", superusers(a.planCollections))

	a.get(r, "/api/collections/{collection}/records", a.listRecords)
	a.post(r, "/api/collections/{collection}/records", a.createRecord)
	a.get(r, "/api/collections/{collection}/records/{id}", a.viewRecord)
	a.patch(r, "/api/collections/{collection}/records/{id}", a.updateRecord)
	a.delete(r, "/api/collections/{collection}/records/{id}", a.deleteRecord)

	a.get(r, "/api/collections/{collection}/auth-methods", a.authMethods)
	a.post(r, "/api/collections/{collection}/auth-with-password", a.authWithPassword)
	a.post(r, "/api/collections/{collection}/auth-refresh", a.authRefresh)

	a.post(r, "/api/batch", a.batch)

	a.get(r, "/api/settings", superusers(a.viewSettings))
	a.patch(r, "/api/settings", superusers(a.updateSettings))
}

func (a *API) get(r chi.Router, path string, e endpoint) {
	h := a.handle(e)
	r.Method(http.MethodGet, path, h)
	r.Method(http.MethodHead, path, h)
}

func (a *API) post(r chi.Router, path string, e endpoint) {
	r.Method(http.MethodPost, path, a.handle(e))
}

func (a *API) put(r chi.Router, path string, e endpoint) {
	r.Method(http.MethodPut, path, a.handle(e))
}

func (a *API) patch(r chi.Router, path string, e endpoint) {
	r.Method(http.MethodPatch, path, a.handle(e))
}

func (a *API) delete(r chi.Router, path string, e endpoint) {
	r.Method(http.MethodDelete, path, a.handle(e))
}
