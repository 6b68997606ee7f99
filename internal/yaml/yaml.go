// Package yaml converts JSON to readable YAML, and YAML to JSON.
package yaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// FromJSON returns a JSON text as YAML, with the same members in the same order.
func FromJSON(text []byte) ([]byte, error) {
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

// plain removes the JSON style from the nodes.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		plain(child)
	}
}

// ToJSON returns a document in YAML or JSON as JSON. It is an error if there are several documents,
// or if the document contains values that JSON does not have.
func ToJSON(text []byte) ([]byte, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var v any
	if err := d.Decode(&v); errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	} else if err != nil {
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one document")
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	return raw, nil
}
