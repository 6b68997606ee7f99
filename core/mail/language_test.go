package mail

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

func TestTranslated(t *testing.T) {
	t.Parallel()
	template := schema.Template{Subject: "default", Body: "default", Translations: schema.Translations{
		"de": {Subject: "de", Body: "de"}, "pt-BR": {Subject: "pt-BR", Body: "pt-BR"}, "zh-Hant": {Subject: "zh-Hant", Body: "zh-Hant"},
		"nb": {Subject: "nb", Body: "nb"},
	}}
	collection := &schema.Collection{Name: "users", Type: schema.Auth, Auth: &schema.AuthOptions{LanguageField: "lang"},
		Fields: []*schema.Field{{ID: "f1", Name: "lang", Kind: &schema.Text{}}}}
	for _, tt := range []struct{ field, accept, want string }{
		{"", "", "default"},
		{"de", "pt-BR", "de"},
		{"de-AT", "", "de"},
		{"DE", "", "de"},
		{"pt", "", "pt-BR"},
		{"zh-TW", "", "zh-Hant"},
		{"fr", "de;q=0.5,pt-BR", "pt-BR"}, // there is no translation in the language of the record
		{"", "fr, de-CH;q=0.8, *;q=0.1", "de"},
		{"", "fr", "default"},
		{"da", "", "nb"}, // readers of Danish can read Norwegian
		{"no such language!", "de", "de"},
		{"", "not a header; q=x", "default"},
		{"", strings.Repeat("de,", 100), "default"},
		{"{TOKEN}", "", "default"},
	} {
		r := record.Blank(collection)
		r.Set("lang", tt.field)
		got := translated(template, Values{Record: r, Accept: tt.accept})
		if got.Subject != tt.want || got.Body != tt.want {
			t.Errorf("field %q, Accept-Language %q: %s, want %s", tt.field, tt.accept, got.Subject, tt.want)
		}
	}
	if got := translated(template, Values{Accept: "de"}); got.Subject != "de" {
		t.Errorf("without a record: %s", got.Subject)
	}
	template.Translations = nil
	if got := translated(template, Values{Accept: "de"}); got.Subject != "default" {
		t.Errorf("without translations: %s", got.Subject)
	}
}
