// The merge of a page of settings with changes that somebody else has made since it was opened.

package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// The names of the lists in the form. A list is one value: if two people change its entries, the
// second one gets a conflict.
const (
	rulesList    = "rule"
	channelsList = "channel"
)

// values returns the stored values of the page.
func (p page) values(d form.Document, now *settings.Settings) (form.Values, error) {
	stored := form.Values{}
	secrets := map[string]string{"smtp.password": now.SMTP.Password, "s3.secret": now.S3.Secret, "backups.s3.secret": now.Backups.S3.Secret}
	for _, g := range p.groups {
		stored.Add(g.Inputs, d)
		for _, in := range g.Inputs {
			if in.Kind == form.Secret {
				stored[in.Name] = form.Value{Text: secrets[in.Name], Secret: true}
			}
		}
	}
	switch p.id {
	case "limits":
		rules := rulesOf(now.RateLimits.Rules)
		text, err := canonical(rules)
		if err != nil {
			return nil, err
		}
		stored[rulesList] = form.Value{Text: text, Shown: rulesWords(rules)}
	case "realtime":
		text, err := canonical(now.Realtime.Channels)
		if err != nil {
			return nil, err
		}
		stored[channelsList] = form.Value{Text: text, Shown: channelsWords(now.Realtime.Channels)}
	}
	return stored, nil
}

// changeOf returns the change of the settings that the form makes, and its merge with the present
// settings. Values that the form does not change are left out.
func (p page) changeOf(c *console.Call, now *settings.Settings) (change map[string]any, m *form.Merge, problems []form.Problem, err error) {
	document, err := documentOf(now)
	if err != nil {
		return nil, nil, nil, err
	}
	stored, err := p.values(document, now)
	if err != nil {
		return nil, nil, nil, err
	}
	sent := c.R.PostForm
	m = form.NewMerge(c, "", stored)
	m.KeepIn(p.groups, sent)
	change, problems = form.Patch(p.groups, sent)
	problems = append(problems, putDocuments(change, sent)...)
	switch p.id {
	case "limits":
		rules, wrong := typedRules(sent)
		if problems = append(problems, wrong...); len(problems) == 0 {
			err = putList(m, change, rulesList, rulesName, rules, sent.Has(rulesSent))
		}
	case "realtime":
		channels, wrong := typedChannels(sent)
		if problems = append(problems, wrong...); len(problems) == 0 {
			err = putList(m, change, channelsList, channelsName, channels, sendsChannels(sent))
		}
	}
	return change, m, problems, err
}

// putList adds a sent list to the change at the path if the form changes the list.
func putList[T any](m *form.Merge, change map[string]any, name, path string, list []T, sent bool) error {
	if !sent {
		return nil
	}
	text, err := canonical(list)
	if err == nil && m.Changes(name, text) {
		form.Put(change, path, list)
	}
	return err
}

// canonical returns a list as JSON with sorted keys, so that a list of structs and a list of maps with
// the same entries have the same text. A nil list is [].
func canonical[T any](list []T) (string, error) {
	text, err := schema.Marshal(list)
	if err != nil {
		return "", err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var entries []any
	if err := decoder.Decode(&entries); err != nil {
		return "", err
	}
	if entries == nil {
		return "[]", nil
	}
	text, err = schema.Marshal(entries)
	return string(text), err
}

// sendsChannels reports whether the form has an input of the list of channels.
func sendsChannels(sent url.Values) bool {
	for name := range sent {
		if strings.HasPrefix(name, channelsList+".") {
			return true
		}
	}
	return false
}

// rulesWords lists rate limits for a message.
func rulesWords(list []rule) string {
	words := make([]string, len(list))
	for i, r := range list {
		words[i] = strings.TrimSpace(fmt.Sprintf("%s %s", r.Label, r.Audience)) + fmt.Sprintf(": %d in %d s", r.MaxRequests, r.Duration)
	}
	return strings.Join(words, ", ")
}

// channelsWords lists the patterns of channels for a message.
func channelsWords(list settings.Channels) string {
	words := make([]string, len(list))
	for i, c := range list {
		words[i] = c.Pattern
	}
	return strings.Join(words, ", ")
}
