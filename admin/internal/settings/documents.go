// The input of the persisted documents of GraphQL: a JSON object of texts by ids.

package settings

import (
	"encoding/json"
	"net/url"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/settings"
)

const documentsInput = "graphql.documents"

// showDocuments replaces the documents in d by their indented JSON, for the input.
func showDocuments(d form.Document, documents settings.Documents) error {
	text, err := console.Indented(documents)
	if err != nil {
		return err
	}
	form.Put(d, documentsInput, text)
	return nil
}

// putDocuments parses the text of the input and adds the documents to the change. It does nothing
// if the form has no such input.
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
