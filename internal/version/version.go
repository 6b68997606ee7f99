// Package version holds the version of Loam.
package version

// Number is the version that the binary reports.
const Number = "0.1.0"

// Set by the linker when a release is built (deploy/release).
var (
	commit string // of the repository
	date   string // of the commit: 2026-01-31
)

// Build returns the commit of the binary and its date; "" for a binary that is not a release.
func Build() string {
	if commit == "" {
		return ""
	}
	return "commit " + commit + ", " + date
}
