package openapi

import (
	"bytes"
	"mime"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML is the media type of documents in YAML.
const YAML = "application/yaml"

// ToYAML returns a JSON text as YAML, with the same members in the same order.
func ToYAML(text []byte) ([]byte, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil { // JSON is YAML
		return nil, err
	}
	plain(&node)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&node); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// plain takes the style of JSON from the nodes.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		plain(child)
	}
}

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
