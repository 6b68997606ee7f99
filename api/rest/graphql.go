package rest

import (
	"net/http"
	"time"

	"github.com/loambase/loam/api/graphql"
	"github.com/loambase/loam/api/ratelimit"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

func newGraphQL(app *core.App) *graphql.Service {
	return graphql.New(graphql.Config{Records: app.Records, Snapshot: app.Snapshot, Log: app.Log,
		WriteLimit: func() time.Duration { return app.Settings().Current().Batch.TimeLimit() }})
}

// runGraphQL answers a GraphQL operation (docs/graphql.md).
func (a *API) runGraphQL(c *call) error {
	if !c.Settings.GraphQL.Enabled {
		return fault.New(fault.NotFound, "")
	}
	answer, err := a.graphql.HTTP(c.r, c.Request, func() ([]byte, error) { return c.readJSON(nil, loadFailed) }, c.chargeField)
	if err != nil {
		return err
	}
	if answer.Allow != "" {
		c.w.Header().Set("Allow", answer.Allow)
	}
	return c.writeAs(answer.Status, answer.Type+"; charset=utf-8", answer.Body)
}

// methodOf is the method of the requests with a tag.
var methodOf = map[string]string{
	"list": http.MethodGet, "view": http.MethodGet, "create": http.MethodPost, "update": http.MethodPatch, "delete": http.MethodDelete,
}

// chargeField counts a root field as if the request of the tag had come alone.
func (c *call) chargeField(in *schema.Collection, tag string) error {
	if !c.api.limiter.Enabled() || c.Caller.Superuser() {
		return nil
	}
	verdict := c.api.limiter.Take(clientOf(c.Request), ratelimit.Action{
		Method: methodOf[tag], Paths: [3]string{"/api/collections/" + in.Name + "/records", "/api/collections/" + in.ID + "/records"},
		Collection: in.Name, CollectionID: in.ID, Route: "*:" + tag, Tags: []string{tag},
	})
	if err := verdict.Err(); err != nil {
		c.api.proxies.warn(c.api.app, c.Request, c.r)
		return err
	}
	return nil
}
