package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

const (
	refusalsPeriod = 24 * time.Hour
	refusalsTime   = 2 * time.Second // the time limit for reading the log
	refusalsPage   = 1000            // the number of entries that are read at once
	refusalsMost   = 100_000         // the maximum number of requests that are held in memory
)

// refusals counts requests in the log that rate limits have refused or, if typed is true, would
// have refused.
type refusals struct {
	since    time.Time // the time of the oldest request that was read
	requests int       // the number of requests that were read
	whole    bool      // all requests of refusalsPeriod were read
	rules    []refused // in the order of the settings
	typed    bool      // the rules are those of the form; else those of the settings
}

// refused is a rule with the number of refused requests, and their IP addresses.
type refused struct {
	settings.Rule
	requests int
	clients  map[string]bool
}

// logged is the entry of a request in the log.
type logged struct {
	Created string `json:"created"`
	Data    struct {
		Status int    `json:"status"`
		Method string `json:"method"`
		URL    string `json:"url"`
		Auth   string `json:"auth"`
		IP     string `json:"userIP"`
	} `json:"data"`
}

// showRefusals answers with the requests that were refused, by the saved rules.
func showRefusals(c *console.Call) error {
	limits := c.App.Settings().Current().RateLimits
	limits.Enabled = true // limits that are switched off now may have refused requests earlier
	return answerRefusals(c, limits, false)
}

// tryRules answers with the requests that the rules of the form would have refused.
func tryRules(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	change := map[string]any{}
	rules, problems := typedRules(c.R.PostForm)
	lists, wrong := form.Patch([]form.Group{{Inputs: []form.Input{lines("rateLimits.excludedIPs", "", "")}}}, c.R.PostForm)
	if problems = append(problems, wrong...); len(problems) > 0 {
		return c.Part(refusalProblems(problems))
	}
	if c.R.PostForm.Has(rulesSent) {
		form.Put(change, rulesName, rules)
	}
	form.Put(change, "rateLimits.enabled", true)
	if typed, ok := lists["rateLimits"].(map[string]any); ok {
		form.Put(change, "rateLimits.excludedIPs", typed["excludedIPs"])
	}
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	next, err := c.App.Settings().Preview(c.Caller, body)
	if problems, err = problemsOf(c, err); err != nil {
		return err
	}
	if len(problems) > 0 {
		return c.Part(refusalProblems(problems))
	}
	return answerRefusals(c, next.RateLimits, true)
}

// problemOfRule returns the message of a problem, with the number of the rule in front.
func problemOfRule(p form.Problem) string {
	if _, row, property := entryName(p.Name); row >= 0 {
		return fmt.Sprintf("Rule %d, %s: %s", row+1, property, p.Message)
	}
	return p.Message
}

// answerRefusals answers with the refused requests in the log by rule. If typed is true, limits
// decides which requests are refused; otherwise the requests with the status 429 are.
func answerRefusals(c *console.Call, limits settings.RateLimits, typed bool) error {
	list, whole, err := requestsOf(c)
	if err != nil {
		return err
	}
	found := refusals{requests: len(list), whole: whole, typed: typed, since: c.App.Now(), rules: make([]refused, len(limits.Rules))}
	for i, r := range limits.Rules {
		found.rules[i] = refused{Rule: r, clients: map[string]bool{}}
	}
	judge := c.Judge(limits)
	for i, r := range slices.Backward(list) { // from the oldest to the newest
		at, _ := schema.ParseTime(r.Created)
		if i == len(list)-1 {
			found.since = at
		}
		address, err := url.Parse(r.Data.URL)
		if err != nil {
			continue
		}
		rule, denied := judge(at, r.Data.IP, r.Data.Auth != "", r.Data.Method, address.Path)
		if !typed {
			denied = r.Data.Status == http.StatusTooManyRequests
		}
		if denied && rule >= 0 {
			found.rules[rule].requests++
			found.rules[rule].clients[r.Data.IP] = true
		}
	}
	return c.Part(refusalList(found))
}

// requestsOf returns the requests of refusalsPeriod in the log, the newest first. Requests of
// superusers are left out, since they are not counted. whole is false if refusalsTime or
// refusalsMost has ended the reading.
func requestsOf(c *console.Call) (list []logged, whole bool, err error) {
	ctx, stop := context.WithTimeout(c.R.Context(), refusalsTime)
	defer stop()
	p := record.ListParams{
		PerPage: refusalsPage, SkipTotal: true, Sort: "-@rowid", Walk: true,
		Filter: "data.type = 'request' && data.auth != '" + schema.Superusers + "' && created >= '" + schema.FormatTime(c.App.Now().Add(-refusalsPeriod)) + "'",
	}
	for {
		page, err := c.App.Logs().List(ctx, c.Caller, p)
		if ctx.Err() != nil && c.R.Context().Err() == nil {
			return list, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		var more []logged
		if err := json.Unmarshal(page.Items, &more); err != nil {
			return nil, false, err
		}
		list = append(list, more...)
		if p.Cursor = page.Next; p.Cursor == "" {
			return list, true, nil
		}
		if len(list) >= refusalsMost {
			return list, false, nil
		}
	}
}

// total returns the number of refused requests.
func (f refusals) total() (n int) {
	for _, r := range f.rules {
		n += r.requests
	}
	return n
}
