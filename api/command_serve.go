package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/core"
)

const serveHelp = `Open the data folder, creating it if it is missing, and answer requests until
the process is told to stop (SIGINT or SIGTERM). Running requests may finish.

The REST API is below /api/. Files in the public folder are served at /; where a
path leads to no file, its index.html is. A folder that --public names must exist.

With domains, Loam gets a certificate for each of them from Let's Encrypt, whose terms
you agree to by that, and renews it. It listens on ports 443 and 80, where the domains
must lead. With --tls-cert and --tls-key the certificate is yours; replace the files and
it is read again.`

const serveExample = `  loam serve
  loam serve --http 0.0.0.0:8080 --dir /var/lib/loam --public ./dist
  loam serve example.com www.example.com
  loam serve --https :8443 --tls-cert chain.pem --tls-key key.pem --http ""
  loam serve --origins https://app.example.com,https://*.example.org
  LOAM_HTTP=127.0.0.1:9000 loam serve`

func newServeCommand(p *Program) *cobra.Command {
	var address, metrics string
	var memory int64
	var dev bool
	var secure tlsFlags
	cmd := &cobra.Command{
		Use:     "serve [DOMAIN…]",
		Short:   "Start the server",
		Long:    serveHelp,
		Example: serveExample,
		RunE: task(func(cmd *cobra.Command, domains []string) error {
			if err := checkOrigins(p.Config.Origins); err != nil {
				return err
			}
			// A folder that --public names must exist; the default folder may be created later.
			if cmd.Flags().Changed("public") && p.Config.Public != "" {
				if err := checkPublic(p.Config.Public, p.App.Config.Dir); err != nil {
					return err
				}
			}
			if memory < 0 {
				return errors.New("--memory: not below 0")
			}
			if memory > 0 {
				p.App.Config.Limits.Memory = memory << 20
			}
			if dev && p.App.Config.PrintMails == nil {
				p.App.Config.PrintMails = cmd.ErrOrStderr()
			}
			if dev && p.MigrationsDir != "" {
				p.automigrate()
			}
			p.Config.Metrics = p.Config.Metrics || metrics != ""
			if token := p.Config.MetricsToken; token != "" && len(token) < leastMetricsToken {
				return usagef("--metrics-token: not below %d characters", leastMetricsToken)
			}
			if c := p.Config.Traces; c.URL != "" {
				if err := c.Check(); err != nil {
					return usagef("--otlp: %v", err)
				}
			}
			return serve(cmd, p, &secure, addresses{main: address, metrics: metrics}, domains)
		}),
	}
	ratio := p.Config.Traces.Ratio
	if p.Config.Traces.URL == "" {
		ratio = 1
	}
	flags := cmd.Flags()
	flags.StringVar(&address, "http", "127.0.0.1:8090", "the address to listen on; a port alone is one of this machine only; with TLS it leads to --https, and the default is "+defaultPlain+", empty for none")
	flags.StringVar(&metrics, "metrics", "", "the address to answer Prometheus on, at /metrics, without a guard: 127.0.0.1:9090; empty for none")
	flags.StringVar(&p.Config.MetricsToken, "metrics-token", p.Config.MetricsToken, "the bearer token with which the server itself answers Prometheus, at /metrics; better set as "+p.prefix()+"METRICS_TOKEN, since other users see the flags of a process; empty for none")
	flags.DurationVar(&p.App.Config.SlowQuery, "slow-query", p.App.Config.SlowQuery, "the time from which a statement is kept for /api/insights/queries")
	flags.StringVar(&p.Config.Traces.URL, "otlp", p.Config.Traces.URL, "the collector of OpenTelemetry to send traces to, over HTTP: http://127.0.0.1:4318; empty for none")
	flags.Float64Var(&p.Config.Traces.Ratio, "otlp-ratio", ratio, "the part of the traces that is sent, from 0 to 1")
	secure.add(flags)
	flags.StringVar(&p.Config.Public, "public", cmp.Or(p.Config.Public, "loam_public"), "the folder of files to serve at /; empty for none")
	flags.BoolVar(&dev, "dev", false, "for development: print mails while SMTP is off in the settings, and write changes of collections as migrations, in a program that has a folder for them")
	origins := p.Config.Origins
	if len(origins) == 0 {
		origins = []string{"*"}
	}
	flags.StringSliceVar(&p.Config.Origins, "origins", origins, "the origins whose pages may use the API; * and ? are wildcards")
	flags.Int64Var(&memory, "memory", 0, "the memory, in MiB, that the process may have; 0 for what the machine has or its limits allow")
	return cmd
}

// addresses are the addresses that a server listens on.
type addresses struct {
	main    string
	metrics string // "" for none
}

// serve starts the server, prints its URL, and closes it when the context of the command ends.
func serve(cmd *cobra.Command, p *Program, secure *tlsFlags, at addresses, domains []string) (err error) {
	ctx := cmd.Context()
	source, err := secure.source(cmd, p.App, domains)
	if err != nil {
		return err
	}
	l, err := openListeners(ctx, secure, source, at.main, cmd.Flags().Changed("http"))
	if err != nil {
		return err
	}
	defer l.close()
	watched, err := listenForMetrics(ctx, at.metrics)
	if err != nil {
		return err
	}
	defer watched.close()
	if source != nil {
		p.Config.TLS = source.Config()
	}
	defer runtime.KeepAlive(ballast())
	defer limitHeap(&p.App.Config.Limits)()
	server := p.Server()
	if err := server.Start(ctx, l.main); err != nil {
		return unlessStopped(ctx, err)
	}
	defer keepTLS(source, l)()
	watched.serve(server.Metrics())
	done, err := firstSuperuser(ctx, p, os.LookupEnv)
	if err != nil {
		return errors.Join(err, server.Close())
	}
	err = announce(cmd, p, baseURL(p, l.main.Addr(), domains))
	if watched.listener != nil && err == nil {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "Metrics at http://%s/metrics\n", reachable(watched.listener.Addr()))
	}
	if done != "" && err == nil {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), done)
	}
	p.App.Mails().Warn()
	if err == nil {
		err = server.Wait(ctx)
	}
	err = unlessStopped(ctx, err)
	if n := server.Running(); n > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "Stopping: %s finish. Stop it again to end at once.\n", requests(n))
	}
	return errors.Join(err, server.Close())
}

// unlessStopped returns the error, or nil if the error is only that the command was stopped.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// requests returns the subject and verb of a sentence about n running requests: "2 requests may".
func requests(n int) string {
	if n == 1 {
		return "1 request may"
	}
	return fmt.Sprintf("%d requests may", n)
}

// open opens the app. Its error names the folder or the database that cannot be opened.
func open(ctx context.Context, app *core.App, mode core.Mode) error {
	if app.Config.DB == "" {
		if err := checkFolder(app.Config.Dir); err != nil {
			return err
		}
	}
	if err := app.Open(ctx, mode); err != nil {
		return fmt.Errorf("cannot open %s: %w", place(app), err)
	}
	return nil
}

// place describes the place of the data for messages. It leaves the address of a database out,
// because the address may contain a password.
func place(app *core.App) string {
	if app.Config.DB != "" {
		return "PostgreSQL, files in " + app.Config.Dir
	}
	return app.Config.Dir
}

// announce prints the URL of the server, and, while there is no superuser, how to create the
// first one.
func announce(cmd *cobra.Command, p *Program, url string) error {
	app := p.App
	token, err := p.Server().Auth.Installer(cmd.Context())
	if err != nil { // fail before the first line announces a running server
		return err
	}
	if p.Banner != nil {
		p.Banner(cmd.OutOrStdout(), url)
	} else {
		fmt.Fprintf(cmd.OutOrStdout(), "%s %s serves %s (REST API at %s/api/), data in %s\n", cmp.Or(p.Name, "Loam"), p.version(), url, url, place(app))
	}
	if token != "" {
		fmt.Fprintf(cmd.OutOrStdout(), "There is no superuser yet. Create one within 30 minutes: %s/_/#/pbinstall/%s\n", url, token)
		dir := ""
		if app.Config.Dir != cmd.Flag("dir").DefValue {
			dir = " --dir " + shellWord(app.Config.Dir)
		}
		if app.Config.DB != "" {
			dir += " --db …"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "Or on this machine, at any time: %s superuser upsert EMAIL PASSWORD%s\n",
			cmd.Root().Name(), dir)
	}
	return nil
}

// baseURL returns the URL of the server for browsers: with its first domain, or else with an
// address of this machine.
func baseURL(p *Program, address net.Addr, domains []string) string {
	host := reachable(address)
	switch {
	case p.Config.TLS == nil:
		return "http://" + host
	case len(domains) > 0:
		_, port, _ := net.SplitHostPort(host)
		host = strings.TrimSuffix(net.JoinHostPort(domains[0], port), ":443")
	}
	return "https://" + host
}

// shellWord quotes the text as one word of a shell.
func shellWord(s string) string {
	special := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/._-+:@%,", r)
	}
	if !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// reachable returns the form of an address that a browser on this machine can use.
func reachable(address net.Addr) string {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
