package api

import (
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/realtime"
	"github.com/loambase/loam/realtime/channel"
)

// Hooks are all points at which a program can run its own code in the work of the server.
// docs/hooks.md lists them in one table, by the same names.
//
// Most hooks are named by a subject and a moment, as Records.Before. The moments are: Request,
// around a request, before the server has checked the request; Before, before the subject is
// stored, when handlers may still change the subject; InTx, in the transaction that stores the
// subject; AfterSuccess and AfterFailure, after the commit or the rollback; Enrich, before the
// subject is shown to a client. Any other hook is named by the operation that its handlers run
// around.
type Hooks struct {
	*core.Hooks // Records, Collections, Settings, Files, Mails, Backups, Start, Stop

	Auth     *auth.Hooks
	Realtime *realtime.Hooks
	Channels *channel.Hooks
	Serve    *hook.Hook[*ServeEvent] // runs before the server makes its routes
}

// Hooks returns the hooks of the program. Handlers may be bound at any time, even before the
// App is open.
func (p *Program) Hooks() Hooks {
	return Hooks{p.App.Hooks(), p.Server().Auth.Hooks(), p.Server().Realtime.Hooks(), p.Server().Channels.Hooks(), &p.Serve}
}
