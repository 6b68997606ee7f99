// Loam is a backend in one binary: see README.md.
package main

import (
	"os"

	// The roots of public certificates, where the system has none, as in an image that is empty.
	_ "golang.org/x/crypto/x509roots/fallback"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
)

func main() { os.Exit(api.Main(core.New(core.Config{}))) }
