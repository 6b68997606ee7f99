// Command testbinary is loam with the lowest cost of password hashes. The tests of clients sign in
// thousands of times, and a hash at the default cost takes 64 times as long. "make binary" builds
// it.
package main

import (
	"os"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/internal/password"
)

func main() { os.Exit(api.Main(core.New(core.Config{HashCost: password.MinCost}))) }
