package api

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
)

// Program is a program that embeds Loam: the command line and the server of an App, with the
// commands, routes and hooks that the program adds. Only App is required. The fields must be
// set before the first call of a method. A Program must not be copied.
type Program struct {
	App *core.App

	// Commands are added to Loam's commands; a command with the name of one of Loam's replaces
	// it. App is not open when a command runs. An error that RunE returns is printed in one
	// line, and the exit code is 1. If Args refuses the arguments, the exit code is 2, and a
	// hint at the help is printed.
	Commands []*cobra.Command

	Config Config // the configuration of the server; flags of the command line change it

	// Name and Version are the name and the version that the command line shows; default:
	// "loam" and core.Version.
	Name, Version string

	// Short describes the program in one line of the help, Long in a paragraph; default: the
	// description of Loam.
	Short, Long string

	// Defaults are default values of flags, by the names of the flags, in the form of the
	// command line: {"http": ":8080", "origins": "https://example.com"}. The command line and
	// the environment override them. A name that is not a flag of any command, and a value
	// that its flag does not take, end Main with the exit code 1.
	Defaults map[string]string

	// EnvPrefix is the prefix of the environment variables that set flags; default "LOAM_".
	EnvPrefix string

	// MigrationsDir is the folder with the Go source of the program's migrations, relative to
	// the working directory. The command "migrate" writes new migrations there, and under
	// "serve --dev" each change of the collections writes a migration too. Default: no
	// migration is written.
	MigrationsDir string

	// Banner writes a line to out when the server has begun to answer at url; default: a line
	// with name, version, url and folder.
	Banner func(out io.Writer, url string)

	// Serve runs when the routes are made. Its handlers add the routes of the program.
	Serve hook.Hook[*ServeEvent]

	once   sync.Once
	server *Server
}

// Main runs the whole command line for a program that adds nothing to the app. It opens the
// app as the command needs, and returns the exit code.
func Main(app *core.App) int { return (&Program{App: app}).Main() }

// Main runs the command that the command line of the process names, and returns the
// exit code.
func (p *Program) Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second signal ends the process at once
	return p.run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

func (p *Program) name() string { return cmp.Or(p.Name, loamName) }

func (p *Program) prefix() string { return cmp.Or(p.EnvPrefix, "LOAM_") }

// loamName is the name of the command in the help of its commands.
const loamName = "loam"

func (p *Program) version() string { return cmp.Or(p.Version, core.Version) }

// Server returns the server of the program, the same for each call. App need not be open, so
// that hooks can be bound before it is.
func (p *Program) Server() *Server {
	p.once.Do(func() { p.server = newServer(p.App, &p.Config, &p.Serve) })
	return p.server
}

// Handler returns the handler of the server, the same for each call. App must be open. The error
// is the error of a Serve hook, or of a route that a hook has added.
func (p *Program) Handler() (http.Handler, error) { return p.Server().Handler() }
