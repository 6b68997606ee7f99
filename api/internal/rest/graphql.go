package rest

import (
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/api/internal/graphql"
	"github.com/loambase/loam/api/internal/ratelimit"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

func newGraphQL(app *core.App, accounts *auth.Service) *graphql.Service {
	s := graphql.New(graphql.Config{Records: app.Records, Auth: accounts, Snapshot: app.Snapshot, Blobs: app.Blobs(), BrokenViews: app.Collections().BrokenViews, Log: app.Log, Go: app.Go,
		WriteLimit: func() time.Duration { return app.Settings().Current().Batch.TimeLimit() }})
	app.OnCommitted(func(changes []change.Change) {
		isCollection := func(c change.Change) bool { return c.Kind == change.Collection }
		if changes == nil || slices.ContainsFunc(changes, isCollection) {
			s.Renew()
		}
	})
	return s
}

// runGraphQL answers a GraphQL operation (docs/graphql.md), or upgrades the request to a WebSocket,
// which lives on after the return.
func (a *API) runGraphQL(c *call) error {
	if !c.Settings.GraphQL.Enabled {
		return fault.New(fault.NotFound, "")
	}
	if websocket.IsWebSocketUpgrade(c.r) {
		return a.live.Accept(c.w, c.r, c.Request)
	}
	body := func() ([]byte, error) { return c.readJSON(nil, loadFailed) }
	var answer *graphql.Answer
	var err error
	switch {
	case graphql.IsMultipart(c.r):
		answer, err = a.graphql.Multipart(c.r, c.Request, c.readUploads, c.chargeField)
	case graphql.WantsStream(c.r.Header.Values("Accept")):
		answer, err = a.live.Stream(c.w, c.r, c.Request, body)
	default:
		answer, err = a.graphql.HTTP(c.r, c.Request, body, c.chargeField)
	}
	if answer == nil {
		return err
	}
	if answer.Allow != "" {
		c.w.Header().Set("Allow", answer.Allow)
	}
	defer answer.Release()
	return c.writeAs(answer.Status, answer.Type+"; charset=utf-8", answer.Body)
}

// readUploads reads a form with an operation and files.
func (c *call) readUploads() (form *graphql.Form, err error) {
	if err := c.read(loadFailed); err != nil {
		return nil, err
	}
	form = &graphql.Form{}
	most := c.Settings.GraphQL.MaxBodyBytes
	if form.Operations, err = c.body.FormJSON("operations", most); err != nil {
		return nil, err
	}
	if form.Map, err = c.body.FormJSON("map", most); err != nil {
		return nil, err
	}
	form.Files, err = c.body.Files("Failed to read the submitted files.")
	return form, err
}

// mirrored maps the tag of a root field to the request of REST that does the same: its method, its
// path below the path of the collection, and its tags in rate limit rules.
var mirrored = map[string]struct {
	method, path string
	tags         []string
}{
	"list": {http.MethodGet, "/records", []string{"list"}}, "view": {http.MethodGet, "/records", []string{"view"}},
	"aggregate": {http.MethodGet, "/records", []string{"aggregate", "list"}}, "create": {http.MethodPost, "/records", []string{"create"}},
	"update": {http.MethodPatch, "/records", []string{"update"}}, "delete": {http.MethodDelete, "/records", []string{"delete"}},

	"authWithPassword":     {http.MethodPost, "/auth-with-password", []string{"authWithPassword", "auth"}},
	"authWithOTP":          {http.MethodPost, "/auth-with-otp", []string{"authWithOTP", "auth"}},
	"authWithOAuth2":       {http.MethodPost, "/auth-with-oauth2", []string{"authWithOAuth2", "auth"}},
	"authRefresh":          {http.MethodPost, "/auth-refresh", []string{"authRefresh"}},
	"requestOTP":           {http.MethodPost, "/request-otp", []string{"requestOTP"}},
	"requestVerification":  {http.MethodPost, "/request-verification", []string{"requestVerification"}},
	"confirmVerification":  {http.MethodPost, "/confirm-verification", []string{"confirmVerification"}},
	"requestPasswordReset": {http.MethodPost, "/request-password-reset", []string{"requestPasswordReset"}},
	"confirmPasswordReset": {http.MethodPost, "/confirm-password-reset", []string{"confirmPasswordReset"}},
	"requestEmailChange":   {http.MethodPost, "/request-email-change", []string{"requestEmailChange"}},
	"confirmEmailChange":   {http.MethodPost, "/confirm-email-change", []string{"confirmEmailChange"}},
}

// chargeField counts a root field against the rate limits, like the request of REST with the tag.
func (c *call) chargeField(in *schema.Collection, tag string) error {
	err := c.api.charge(c.Caller)(in, tag)
	if err != nil {
		c.api.proxies.warn(c.api.app, c.Request, c.r)
	}
	return err
}

// charge returns a function that counts the root fields of a caller against the rate limits.
func (a *API) charge(caller record.Caller) graphql.Charge {
	return func(in *schema.Collection, tag string) error {
		if !a.limiter.Enabled() || caller.Superuser() {
			return nil
		}
		m := mirrored[tag]
		verdict := a.limiter.Take(clientOf(caller), &ratelimit.Action{
			Method: m.method, Paths: [3]string{"/api/collections/" + in.Name + m.path, "/api/collections/" + in.ID + m.path},
			Collection: in.Name, CollectionID: in.ID, Route: "*:" + tag, Tags: m.tags,
		})
		if err := verdict.Err(); err != nil {
			return err
		}
		return nil
	}
}
