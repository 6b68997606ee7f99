package api

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usageError is the error of an argument that has no valid meaning, as opposed to a command that
// has failed.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

const localhost = "127.0.0.1"

// listenAddress returns the address to listen on for the value of a flag such as --http. A port
// alone is a port of this machine only, like the default.
func listenAddress(name, flag string) (string, error) {
	if strings.Contains(flag, "://") {
		return "", usagef("%s %s: an address such as 127.0.0.1:8090 is meant, not a URL", name, flag)
	}
	if _, err := strconv.Atoi(flag); err == nil {
		flag = net.JoinHostPort(localhost, flag)
	}
	host, port, err := net.SplitHostPort(flag)
	if err != nil {
		why := err.Error()
		var parts *net.AddrError
		if errors.As(err, &parts) {
			why = parts.Err
		}
		return "", usagef("%s %s: %s; an address is 127.0.0.1:8090, [::1]:8090, or :8090 for every network", name, flag, why)
	}
	if n, err := strconv.Atoi(port); err == nil && (n < 0 || n > 65535) {
		return "", usagef("%s %s: ports go from 1 to 65535, and 0 takes a free one", name, flag)
	}
	return net.JoinHostPort(host, port), nil
}

// checkPublic returns an error for a folder of public files that the operator has named, if it does
// not exist or would make secrets public.
func checkPublic(public, data string) error {
	info, err := os.Stat(public)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--public %s: there is no such folder", public)
	}
	if err != nil {
		return fmt.Errorf("--public: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("--public %s: not a folder", public)
	}
	real, err := filepath.EvalSymlinks(public)
	if err != nil {
		return fmt.Errorf("--public: %w", err)
	}
	if dir, err := os.Stat(data); err == nil && os.SameFile(info, dir) {
		return fmt.Errorf("--public %s: this is the data folder, which nobody may read", public)
	}
	if real, err = filepath.Abs(real); err != nil {
		return fmt.Errorf("--public: %w", err)
	}
	for _, private := range []string{"storage", "backups"} {
		dir, err := os.Stat(filepath.Join(data, private))
		if err == nil && within(real, dir) {
			return fmt.Errorf("--public %s: files of records and backups are in there, which are not for everybody", public)
		}
	}
	return nil
}

// within reports whether the path is the folder, or in the folder.
func within(path string, folder fs.FileInfo) bool {
	for {
		info, err := os.Stat(path)
		if err == nil && os.SameFile(info, folder) {
			return true
		}
		up := filepath.Dir(path)
		if up == path {
			return false
		}
		path = up
	}
}

// checkOrigins returns an error for an origin that no browser can send, so that a typing error does
// not lock out the intended pages. An origin is a scheme, a host, and a port unless it is the
// default port.
func checkOrigins(origins []string) error {
	for _, origin := range origins {
		if why := unusableOrigin(origin); why != "" {
			return usagef("--origins %s: %s; an origin is https://app.example.com, https://*.example.com or *", origin, why)
		}
	}
	return nil
}

func unusableOrigin(origin string) string {
	scheme, host, ok := strings.Cut(origin, "://")
	switch {
	case origin == "":
		return "it is empty"
	case origin == "null": // pages of files and sandboxes
		return ""
	case strings.ContainsAny(origin, " \t\r\n"):
		return "there is a blank in it"
	case !ok && !strings.Contains(origin, "*"):
		return "the scheme is missing"
	case !ok:
		host = origin
	case scheme == "":
		return "the scheme is missing"
	case host == "":
		return "the host is missing"
	}
	switch {
	case strings.HasSuffix(host, "/"):
		return "there is a slash at its end"
	case strings.ContainsAny(host, "/#"):
		return "there is a path in it"
	case strings.Contains(host, "@"):
		return "there is a user in it"
	case scheme == "http" && strings.HasSuffix(host, ":80"), scheme == "https" && strings.HasSuffix(host, ":443"):
		return "browsers leave the usual port out"
	}
	return ""
}
