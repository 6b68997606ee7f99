// The documents of GraphQL that clients may ask for by an id, as one text of JSON.

package settings

import (
	"bytes"
	"encoding/json"
	"net/url"

	"github.com/loambase/loam/admin/form"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

const documentsInput = "graphql.documents"

// showDocuments puts their text in place of the documents.
func showDocuments(d form.Document, documents settings.Documents) error {
	text, err := schema.Marshal(documents)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return err
	}
	form.Put(d, documentsInput, indented.String())
	return nil
}

// putDocuments adds the documents that were sent to the change.
func putDocuments(change map[string]any, sent url.Values) []form.Problem {
	if !sent.Has(documentsInput) {
		return nil
	}
	documents := settings.Documents{}
	if err := json.Unmarshal([]byte(sent.Get(documentsInput)), &documents); err != nil {
		return []form.Problem{{Name: documentsInput, Message: "This is no JSON object of ids and texts."}}
	}
	form.Put(change, documentsInput, documents)
	return nil
}
