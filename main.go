// Loam is a backend in one binary: see README.md.
package main

import (
	"os"

	// Root certificates, for systems without any, like an empty image.
	_ "golang.org/x/crypto/x509roots/fallback"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
)

func main() { os.Exit(api.Main(core.New(core.Config{}))) }
