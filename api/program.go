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

// Program is a program of somebody's own around an App: the command line and the
// server, with what the program adds to them. Only App is required. The fields are to
// be set before the first call of a method; a Program must not be copied.
type Program struct {
	App *core.App

	// Commands are beside those of Loam; one that has the name of one of them takes its
	// place. App is not open when they run. An error that their RunE returns is printed in
	// one line, and the exit code is 1; that of arguments which their Args refuse is 2, with
	// a hint at the help.
	Commands []*cobra.Command

	Config Config // of the server; flags of the command line change it

	// Name and Version are what the command line calls the program; default: "loam" and
	// core.Version.
	Name, Version string

	// Short says in a line, and Long at length, what the program is, in its help; default:
	// what Loam is.
	Short, Long string

	// Defaults are those of flags, by their names, as the command line has their values:
	// {"http": ":8080", "origins": "https://example.com"}. The command line and the environment win.
	// A name that no command has as a flag, and a value that is not one, end Main with
	// the exit code 1.
	Defaults map[string]string

	// EnvPrefix begins the environment variables that set flags; default "LOAM_".
	EnvPrefix string

	// MigrationsDir is the folder with the Go source of the program's migrations, seen from
	// where it is run. The command "migrate" writes new ones there; with "serve --dev" so does
	// each change of the collections. Default: none is written.
	MigrationsDir string

	// Banner writes the first line of a server that has begun to answer at the url; default:
	// a line with name, version, url and folder.
	Banner func(out io.Writer, url string)

	// Serve runs when the routes are made. Handlers add their own.
	Serve hook.Hook[*ServeEvent]

	once   sync.Once
	server *Server
}

// Main is the whole command line of a program that serves the app, which it opens
// as the command needs it. It returns the exit code.
func Main(app *core.App) int { return (&Program{App: app}).Main() }

// Main runs the command that the command line of the process names, and returns the
// exit code.
func (p *Program) Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who is too impatient for a graceful end sends the signal twice
	return p.run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

func (p *Program) name() string { return cmp.Or(p.Name, loamName) }

func (p *Program) prefix() string { return cmp.Or(p.EnvPrefix, "LOAM_") }

// loamName is the name of the command in the help of its commands.
const loamName = "loam"

func (p *Program) version() string { return cmp.Or(p.Version, core.Version) }

// Server returns the server of the program, the same each time. App need not be open:
// hooks of the server's parts can be bound from the beginning.
func (p *Program) Server() *Server {
	p.once.Do(func() { p.server = newServer(p.App, &p.Config, &p.Serve) })
	return p.server
}

// Handler returns the handler of the server, the same each time. App must be open. An
// error is a Serve hook's.
func (p *Program) Handler() (http.Handler, error) { return p.Server().Handler() }
