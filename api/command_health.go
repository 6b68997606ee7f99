package api

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

const healthHelp = `Ask a running server whether it is ready, and exit with 0 if it is: for containers
whose image has no other program that could ask.

It asks where "loam serve" listens on this machine with the same --http. The
certificate of an https URL is not checked if its host is this machine.`

const healthExample = `  loam health
  loam health --http :8080
  loam health --url https://127.0.0.1
  loam health --live`

// healthTime is the time limit for the answer of the server.
const healthTime = 5 * time.Second

func newHealthCommand() *cobra.Command {
	var address, base string
	var live bool
	cmd := &cobra.Command{
		Use:     "health",
		Short:   "Ask a running server whether it is ready",
		Long:    healthHelp,
		Example: healthExample,
		Args:    noArguments,
		RunE: task(func(cmd *cobra.Command, _ []string) error {
			question := "ready"
			if live {
				question = "live"
			}
			target, err := healthURL(base, address, question)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTime)
			defer cancel()
			message, err := askHealth(ctx, target)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), message)
			return err
		}),
	}
	cmd.Flags().StringVar(&address, "http", "127.0.0.1:8090", "the address that the server listens on")
	cmd.Flags().StringVar(&base, "url", "", "the URL of the server, instead of --http")
	cmd.Flags().BoolVar(&live, "live", false, "ask only whether the process answers")
	return cmd
}

// healthURL returns the URL at which a server answers the question. base is the URL of the server;
// if it is "", address is the address that the server listens on.
func healthURL(base, address, question string) (*url.URL, error) {
	if base == "" {
		address, err := listenAddress("--http", address)
		if err != nil {
			return nil, err
		}
		host, port, _ := net.SplitHostPort(address)
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = localhost
		}
		base = "http://" + net.JoinHostPort(host, port)
	}
	target, err := url.Parse(base)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, usagef("--url %s: a URL such as https://127.0.0.1:8443 is meant", base)
	}
	return target.JoinPath("api/health", question), nil
}

// askHealth returns the message of the server. An answer with a status other than 200 is an error.
func askHealth(ctx context.Context, target *url.URL) (message string, err error) {
	ip := net.ParseIP(target.Hostname())
	here := target.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: here}}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return "", err
	}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var body struct{ Message string }
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return "", err
	}
	if json.Unmarshal(text, &body) != nil {
		body.Message = "the answer is not of Loam"
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s (%d)", target, body.Message, answer.StatusCode)
	}
	return body.Message, nil
}
