package settings

import (
	"net/url"
	"strconv"

	"github.com/loambase/loam/admin/form"
)

// rule is a rate limit as a row of the form.
type rule struct {
	Label       string `json:"label"`
	Audience    string `json:"audience"`
	Duration    int64  `json:"duration"`
	MaxRequests int64  `json:"maxRequests"`
}

// putRules adds the rules that were sent to the change. They are sent together, or not at
// all. A row without a label is left out.
func putRules(change map[string]any, sent url.Values) (problems []form.Problem) {
	labels, ok := sent["rule.label"]
	if !ok {
		return nil
	}
	list := []rule{}
	for i, label := range labels {
		if label == "" {
			continue
		}
		r := rule{Label: label, Audience: at(sent["rule.audience"], i)}
		var err [2]error
		r.MaxRequests, err[0] = strconv.ParseInt(at(sent["rule.maxRequests"], i), 10, 64)
		r.Duration, err[1] = strconv.ParseInt(at(sent["rule.duration"], i), 10, 64)
		if err[0] != nil || err[1] != nil {
			problems = append(problems, form.Problem{Name: "rateLimits.rules", Message: "The numbers of " + label + " are no whole numbers."})
		}
		list = append(list, r)
	}
	form.Put(change, "rateLimits.rules", list)
	return problems
}

func at(list []string, i int) string {
	if i >= len(list) {
		return ""
	}
	return list[i]
}
