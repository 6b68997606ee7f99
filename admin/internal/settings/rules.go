package settings

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// rule is a rate limit as a row of the form.
type rule struct {
	Label       string `json:"label"`
	Audience    string `json:"audience"`
	Duration    int64  `json:"duration"`
	MaxRequests int64  `json:"maxRequests"`
}

const (
	rulesName = "rateLimits.rules" // the path in the settings document
	rulesSent = "rule.sent"        // the input that a form with a list of rules has, even if the list is empty
)

// ruleInput returns the name of the input of a property in a row, for a problem. Rows count from 0.
func ruleInput(row int, property string) string { return fmt.Sprintf("rule.%d.%s", row, property) }

// typedRules returns the rate limits in the form.
func typedRules(sent url.Values) (list []rule, problems []form.Problem) {
	list = make([]rule, len(sent["rule.label"]))
	for i, label := range sent["rule.label"] {
		number := func(property string) int64 {
			n, err := strconv.ParseInt(strings.TrimSpace(form.At(sent["rule."+property], i)), 10, 64)
			if err != nil {
				problems = append(problems, form.Problem{Name: ruleInput(i, property), Message: "This is no whole number."})
			}
			return n
		}
		list[i] = rule{Label: strings.TrimSpace(label), Audience: form.At(sent["rule.audience"], i), MaxRequests: number("maxRequests"), Duration: number("duration")}
	}
	return list, problems
}

// rulesOf returns the stored rules as rows.
func rulesOf(stored settings.Rules) []rule {
	list := make([]rule, len(stored))
	for i, r := range stored {
		list[i] = rule{Label: r.Label, Audience: r.Audience, Duration: r.Duration, MaxRequests: int64(r.MaxRequests)}
	}
	return list
}

// maxLabels is the maximum number of labels that the form offers.
const maxLabels = 300

// labelsFor returns labels that a rule may have, for the completion of an input.
func labelsFor(snapshot *schema.Snapshot) []string {
	actions := []string{"list", "view", "create", "update", "delete", "file", "auth"}
	list := []string{"/api/", "/api/batch", "/api/graphql"}
	for _, action := range append(actions, "authWithPassword", "authRefresh", "requestOTP", "requestPasswordReset", "requestVerification") {
		list = append(list, "*:"+action)
	}
	for _, in := range snapshot.All() {
		for _, action := range actions {
			if action != "auth" || in.IsAuth() {
				list = append(list, in.Name+":"+action)
			}
		}
	}
	return list[:min(len(list), maxLabels)]
}

// address is the address of the superuser as the server sees it, for the page of IP lists.
type address struct {
	ip     string // determined by the saved settings
	header string // a header of the request with another address of the client; "" for none
}

// addressOf returns the address that the call came from.
func addressOf(c *console.Call) address {
	return address{ip: c.Caller.IP, header: console.ForwardingHeader(c.R)}
}
