package api

import (
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/realtime"
)

// Hooks are all points where a program takes part in what its server does. docs/hooks.md has
// them in one table, by the names that they have here.
//
// A name is a subject and a moment. Moments are: Request, around what is asked, before it is
// looked at; Before, before it is stored, when it may still change; InTx, in the transaction, when
// it is stored; AfterSuccess and AfterFailure, when it is durable or undone; Enrich, when it is
// shown. All other names are the thing that the handlers run around.
type Hooks struct {
	*core.Hooks // Records, Collections, Settings, Files, Mails, Backups, Start, Stop

	Auth     *auth.Hooks
	Realtime *realtime.Hooks
	Serve    *hook.Hook[*ServeEvent] // when the routes are made
}

// Hooks returns the hooks of the program. Handlers may be bound at any time, also before the
// app is open.
func (p *Program) Hooks() Hooks {
	return Hooks{p.App.Hooks(), p.Server().Auth.Hooks(), p.Server().Realtime.Hooks(), &p.Serve}
}
