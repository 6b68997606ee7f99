package openapi

import (
	"mime"
	"strings"
)

// YAML is the media type of documents in YAML.
const YAML = "application/yaml"

// WantsYAML reports whether an Accept header asks for YAML: for one of its media types before
// JSON or anything.
func WantsYAML(accept []string) bool {
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		name, _, err := mime.ParseMediaType(part)
		switch {
		case err != nil:
		case name == "application/json" || name == "*/*" || name == "application/*":
			return false
		case name == YAML || name == "application/openapi+yaml" || name == "application/x-yaml" || name == "text/yaml":
			return true
		}
	}
	return false
}
