package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/loambase/loam/core/internal/store"
)

// Adopt stores a document of settings that comes from elsewhere, as it is. What it
// leaves out has its default; so have the properties of the wrong type, which are
// named in dropped. What is out of range stays so, and is named in odd. A document
// that is not a JSON object is an error. It is current once tx has been committed.
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
	tx.OnCommit(func() { s.current.Store(doc) })
	return dropped, doc.validate().Lines(), nil
}

// mergedByPart is the document over the defaults without the properties that are of
// the wrong type, which are named in dropped.
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

// mergedPart is s with one more part, or s itself if that is of the wrong type.
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
