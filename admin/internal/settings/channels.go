// The list of channels on the settings page of realtime.

package settings

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/settings"
)

const (
	channelsName = "realtime.channels" // the path in the settings document
	channelOrder = "channel.order"     // the input with the keys of the entries, in their order
)

// channelEntry is an entry of the list. Its inputs are named channel.KEY.property.
type channelEntry struct {
	key      string
	pattern  string
	isNew    bool
	rules    []channelRule
	document form.Document
}

// channelRule is the rule for joining or for sending.
type channelRule struct {
	name, label, about string // name is the name of the property
	text               *string
}

func (e channelEntry) at(name string) string { return "channel." + e.key + "." + name }

// inputs returns the inputs for the properties of an entry other than the rules.
func (e channelEntry) inputs() []form.Input {
	return []form.Input{
		{Name: e.at("pattern"), Label: "Pattern", Mono: true, Wide: true, Help: "Segments with : between. * is any one segment, ** at the end is any rest. room:* is room:1, but not room:1:talk."},
		{Name: e.at("presence"), Label: "Presence", Kind: form.Switch, Help: "Members see each other."},
		{Name: e.at("history"), Label: "History", Kind: form.Number, Unit: "messages", Help: "Sent to a member that joins. 0 to 100."},
		{Name: e.at("graceSeconds"), Label: "A lost connection stays present for", Kind: form.Number, Unit: "s", Help: "0 to 10."},
	}
}

func entryOf(key string, c settings.Channel) (channelEntry, error) {
	properties, err := form.Open(c)
	if err != nil {
		return channelEntry{}, err
	}
	return channelEntry{key: key, pattern: c.Pattern,
		document: form.Document{"channel": map[string]any{key: map[string]any(properties)}},
		rules: []channelRule{
			{"joinRule", "Join", "Reads @request.auth, @collection, @channel.name, and @channel.1, @channel.2 … for the text at each wildcard.", c.JoinRule},
			{"sendRule", "Send", "Judged for each message of a member.", c.SendRule},
		}}, nil
}

func channelsOf(stored settings.Channels) (list []channelEntry, err error) {
	for i, c := range stored {
		e, err := entryOf(strconv.Itoa(i), c)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// newChannel answers with an empty entry.
func newChannel(c *console.Call) error {
	e, err := entryOf(form.NewKey(), settings.Channel{})
	if err != nil {
		return err
	}
	e.isNew = true
	return c.Part(channelItem(e))
}

// typedChannels returns the channels in the form.
func typedChannels(sent url.Values) (list []map[string]any, problems []form.Problem) {
	list = []map[string]any{}
	for _, key := range sent[channelOrder] {
		e := channelEntry{key: key}
		typed, wrong := form.Patch([]form.Group{{Inputs: e.inputs()}}, sent)
		problems = append(problems, wrong...)
		entry := map[string]any{}
		if all, ok := typed["channel"].(map[string]any); ok {
			entry, _ = all[key].(map[string]any)
		}
		for _, name := range []string{"joinRule", "sendRule"} {
			text := form.Sent(sent, e.at(name)+".text")
			switch sent.Get(e.at(name) + ".mode") {
			case "open":
				entry[name] = ""
			case "rule":
				if strings.TrimSpace(text) == "" { // an empty stored rule would allow everybody
					problems = append(problems, form.Problem{Name: e.at(name), Message: "Write the rule, or choose Superusers."})
				}
				entry[name] = text
			default:
				entry[name] = nil
			}
		}
		list = append(list, entry)
	}
	return list, problems
}

// completeChannelRule answers with the completions of a rule of a channel.
func completeChannelRule(c *console.Call) error {
	query := c.R.URL.Query()
	return c.JSON(complete.Channel(c.App.Snapshot(), query.Get("before"), query.Get("q")))
}

// mode returns the mode of the rule; see form.RuleMode.
func (r channelRule) mode() string {
	return form.RuleMode(r.text)
}

func (r channelRule) expression() string {
	return form.RuleText(r.text)
}
