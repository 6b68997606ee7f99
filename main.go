// Loam is a backend in one binary: see README.md.
package main

import (
	"os"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
)

func main() { os.Exit(api.Main(core.New(core.Config{}))) }
