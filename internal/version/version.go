// Package version says which Loam this is.
package version

// Number is the version that the binary reports.
const Number = "0.1.0"

// Set by the linker when a release is built (deploy/release).
var (
	commit string // of the repository
	date   string // of the commit: 2026-01-31
)

// Build returns of which commit the binary was built, and from when that is; empty for a
// binary that is no release.
func Build() string {
	if commit == "" {
		return ""
	}
	return "commit " + commit + ", " + date
}
