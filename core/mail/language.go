package mail

import (
	"maps"
	"slices"

	"golang.org/x/text/language"

	"github.com/loambase/loam/core/schema"
)

// maxAccept is the maximum length of an Accept-Language that is read.
const maxAccept = 256

// translated returns the template in the language of the mail.
func translated(t schema.Template, v Values) schema.Template {
	if len(t.Translations) == 0 {
		return t
	}
	var own []language.Tag
	if v.Record != nil {
		if name := v.Record.Collection().Auth.LanguageField; name != "" {
			if tag, err := language.Parse(v.Record.Text(name)); err == nil {
				own = append(own, tag)
			}
		}
	}
	for _, wanted := range [][]language.Tag{own, accepted(v.Accept)} {
		if found, ok := t.Translations[closest(t.Translations, wanted)]; ok {
			t.Subject, t.Body = found.Subject, found.Body
			break
		}
	}
	return t
}

// accepted returns the languages of an Accept-Language header, the preferred one first; none if the
// header is invalid.
func accepted(header string) []language.Tag {
	if len(header) > maxAccept {
		return nil
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return nil
	}
	return tags
}

// closest returns the name of the translation that suits readers of the wanted languages, "" if no
// translation does: "de" suits "de-AT".
func closest(translations schema.Translations, wanted []language.Tag) string {
	if len(wanted) == 0 {
		return ""
	}
	names := slices.Sorted(maps.Keys(translations))
	tags := make([]language.Tag, len(names))
	for i, name := range names {
		tags[i] = language.Make(name)
	}
	_, i, confidence := language.NewMatcher(tags).Match(wanted...)
	if confidence < language.High {
		return ""
	}
	return names[i]
}
