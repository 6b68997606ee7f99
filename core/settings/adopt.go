// Adoption of settings from another installation (the import of PocketBase), of which wrong parts
// are dropped.

package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/internal/store"
)

// Adopt stores a document of settings that another installation wrote, for an import. Properties
// that the document leaves out have their defaults, and so have properties of the wrong type;
// dropped names the latter. Values that validation would refuse are stored unchanged; odd describes
// them. A document that is not a JSON object is an error. The settings are published when tx is
// durable. No change is logged.
func (s *Service) Adopt(tx store.Tx, document []byte) (dropped, odd []string, err error) {
	doc, err := Defaults().merged(document)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		doc, dropped, err = mergedByPart(document)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("settings: %w", err)
	}
	if err := s.write(tx, doc); err != nil {
		return nil, nil, err
	}
	s.publishAfter(tx, doc)
	return dropped, doc.validate().Lines(), nil
}

// mergedByPart merges the document into the defaults one property at a time, so that a property of
// the wrong type does not affect others. dropped names the properties of the wrong type.
func mergedByPart(document []byte) (doc *Settings, dropped []string, err error) {
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(document, &sections); err != nil {
		return nil, nil, err
	}
	doc = Defaults()
	for section, value := range sections {
		parts := map[string]json.RawMessage{}
		if json.Unmarshal(value, &parts) != nil {
			doc, dropped = doc.mergedPart(dropped, section, map[string]json.RawMessage{section: value})
			continue
		}
		for name, part := range parts {
			doc, dropped = doc.mergedPart(dropped, section+"."+name,
				map[string]map[string]json.RawMessage{section: {name: part}})
		}
	}
	slices.Sort(dropped)
	return doc, dropped, nil
}

// mergedPart returns s with one property merged. If the property is of the wrong type, it returns s
// unchanged, and adds the name to dropped.
func (s *Settings) mergedPart(dropped []string, name string, part any) (*Settings, []string) {
	body, err := json.Marshal(part)
	if err == nil {
		var next *Settings
		if next, err = s.merged(body); err == nil {
			return next, dropped
		}
	}
	return s, append(dropped, name)
}
