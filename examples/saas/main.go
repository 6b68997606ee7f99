// Command saas is the server of a service for teams. The account that creates a team owns it and
// invites others by mail. A webhook of a billing service sets the plan of a team, and a webhook of
// ours tells another service of the new plan. Every night each team gets a report.
//
//	SAAS_BILLING_SECRET=… SAAS_WEBHOOK=https://… saas serve
package main

import (
	"net/http"
	"os"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
)

// service is the program with its configuration.
type service struct {
	*api.Program
	billingSecret string        // key of the signatures of incoming and outgoing webhooks
	webhook       string        // URL that outgoing webhooks are sent to; "" for none
	wake          chan struct{} // wakes deliver; holds one signal
}

func main() {
	os.Exit(newService(os.Getenv("SAAS_BILLING_SECRET"), os.Getenv("SAAS_WEBHOOK")).Main())
}

func newService(billingSecret, webhook string) *service {
	app := core.New(core.Config{Dir: "saas_data", Migrations: migrations})
	s := &service{
		Program: &api.Program{
			App: app, Name: "saas", Version: "1.0", Short: "Teams, invitations and billing", EnvPrefix: "SAAS_",
			MigrationsDir: "migrations",
		},
		billingSecret: billingSecret, webhook: webhook, wake: make(chan struct{}, 1),
	}
	app.Hooks().Records.InTx.BindFunc(s.ownTeam, "teams")
	app.Hooks().Records.InTx.BindFunc(s.tellPlan, "teams")
	app.Hooks().Records.AfterSuccess.BindFunc(s.wakeUp, "outbox")
	app.Go("webhooks", s.deliver)
	if err := app.Jobs().Add("report", "0 2 * * *", s.report); err != nil {
		panic(err) // the cron expression is wrong
	}
	s.Serve.BindFunc(s.routes)
	return s
}

func (s *service) routes(e *api.ServeEvent) error {
	signedIn := e.Group("/api", api.RequireAuth("users"))
	signedIn.Route(http.MethodPost, "/teams/{team}/invitations", s.invite, api.Doc{Summary: "Invite somebody", Takes: invite{}})
	signedIn.Route(http.MethodPost, "/invitations/{token}/accept", s.accept, api.Doc{Summary: "Join the team"})
	e.Route(http.MethodPost, "/webhooks/billing", s.billing, api.BodyLimit(64<<10), api.SkipRateLimits())
	e.Route(http.MethodGet, "/join/{token}", s.showInvitation, api.SkipLog()) // the token is in the path
	e.Route(http.MethodGet, "/{$}", s.front)
	return e.Next()
}
