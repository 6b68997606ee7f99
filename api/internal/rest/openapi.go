package rest

import (
	"github.com/loambase/loam/api/internal/openapi"
	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/api/internal/shape/typed"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/cache"
	"github.com/loambase/loam/internal/yaml"
)

// documents caches the documents of a snapshot.
type documents = cache.PerSnapshot[schema.Snapshot, cache.Map[documentKey, document]]

// documentKey is the key of a document.
type documentKey struct {
	kind      string // the media type
	superuser bool
	title     string // the name of the app
}

// document is the text of a document, or the error of making it.
type document struct {
	text []byte
	err  error
}

// openAPI answers with the OpenAPI document for the audience of the caller, in JSON or YAML.
func (a *API) openAPI(c *call) error {
	c.w.Header().Add("Vary", "Accept")
	kind := "application/json"
	if openapi.WantsYAML(c.r.Header.Values("Accept")) {
		kind, c.fields = openapi.YAML, nil
	}
	return c.document(kind, func(m *shape.Model) ([]byte, error) {
		text, err := openapi.Build(openapi.Input{Title: c.Settings.Meta.AppName, Version: core.Version, Routes: a.Routes(), Own: a.own, Model: m}).JSON()
		if err != nil || kind != openapi.YAML {
			return text, err
		}
		return yaml.FromJSON(text)
	})
}

// typeScript answers with the types of the records that the caller may see.
func (a *API) typeScript(c *call) error {
	c.fields = nil
	return c.document("text/plain; charset=utf-8", func(m *shape.Model) ([]byte, error) { return typed.TypeScript{}.Write(m), nil })
}

// document answers with a text about the collections. make makes the text once for each audience
// and each snapshot of the collections.
func (c *call) document(kind string, make func(*shape.Model) ([]byte, error)) error {
	snapshot, superuser := c.api.app.Snapshot(), c.Caller.Superuser()
	key := documentKey{kind, superuser, c.Settings.Meta.AppName}
	d := c.api.documents.Of(snapshot).Get(key, func() document {
		text, err := make(shape.Of(snapshot, superuser))
		return document{text, err}
	})
	return c.withETag(kind, d.text, d.err)
}
