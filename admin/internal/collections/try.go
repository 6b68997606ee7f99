package collections

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/records"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// tester holds the first choices of the form that tries the rules.
type tester struct {
	in       *schema.Collection
	accounts []string // names of the auth collections other than _superusers
	chosen   ui.Chosen
	record   records.Known
}

// verdict is the answer of a rule to the chosen identity.
type verdict struct {
	rule  rule
	state string // "ok", "no", "open" for no answer, "bad" for a rule that cannot be used
	why   string // the reason, in words
	about *record.Explanation
}

// judgement is a rule that the tester judges, with the operation that the rule decides.
type judgement struct {
	rule      string
	operation record.Operation
	method    string
	denied    string // the effect of a denial on the client
}

var judged = []judgement{
	{"listRule", record.OpList, http.MethodGet, "left out of the list"},
	{"viewRule", record.OpView, http.MethodGet, "answers 404"},
	{"createRule", record.OpCreate, http.MethodPost, "answers 400"},
	{"updateRule", record.OpUpdate, http.MethodPatch, "answers 404"},
	{"deleteRule", record.OpDelete, http.MethodDelete, "answers 404"},
	// authRule and manageRule are judged on the stored account, with the body and the context of the
	// request. OpView stands for an operation that writes nothing.
	{"authRule", record.OpView, http.MethodPost, "answers 403"},
	{"manageRule", record.OpView, http.MethodPatch, "not a manager"},
}

// testerOf returns the tester for the identity and the record in the address: "as" is guest, user or
// superuser, "accounts" and "user" are the collection and the id of a user, "on" is the id of the
// record. Without "on" the first record is chosen.
func testerOf(c *console.Call, in *schema.Collection) (tester, error) {
	q := c.R.URL.Query()
	t := tester{in: in, accounts: c.Accounts(), chosen: ui.Chosen{As: q.Get("as")}}
	if accounts := c.App.Snapshot().Find(q.Get("accounts")); accounts != nil && slices.Contains(t.accounts, accounts.Name) {
		t.chosen.Collection = accounts.Name
		if id := q.Get("user"); id != "" {
			user, err := knownRecord(c, accounts, id)
			if err != nil {
				return t, err
			}
			t.chosen.ID, t.chosen.Title = user.ID, user.Title
		}
	}
	if id := q.Get("on"); id != "" {
		var err error
		t.record, err = knownRecord(c, in, id)
		return t, err
	}
	found, err := records.Search(c, in, "", 1)
	if kind := fault.KindOf(err); err != nil && kind != fault.Internal {
		return t, nil // a broken view has no record for a first choice
	}
	if len(found) > 0 {
		t.record = found[0]
	}
	return t, err
}

// knownRecord returns the record of an id. The title of a record that does not exist is its id.
func knownRecord(c *console.Call, in *schema.Collection, id string) (records.Known, error) {
	found, err := records.ByID(c, in, id)
	if err != nil || len(found) == 0 {
		return records.Known{ID: id, Title: id}, err
	}
	return found[0], nil
}

// tryRules judges the typed rules, saved or not, for the chosen identity and record.
func tryRules(c *console.Call) error {
	in, err := collectionOf(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	caller, problem, err := callerOf(c)
	if err != nil {
		return err
	}
	body, wrong := bodyOf(c.R.PostForm.Get("_body"))
	problem = cmp.Or(problem, wrong)
	var list []verdict
	if problem == "" {
		if list, err = judgeAll(c, in, caller, body); err != nil {
			return err
		}
	}
	return c.Part(verdicts(list, problem, testOf(c, in, caller, list)))
}

// callerOf reads the identity, the query and the headers of the request from the form. problem is a
// sentence for the form if the input is incomplete or wrong.
func callerOf(c *console.Call) (caller record.Caller, problem string, err error) {
	sent := c.R.PostForm
	caller.Query, err = url.ParseQuery(strings.TrimPrefix(strings.TrimSpace(sent.Get("_query")), "?"))
	if err != nil {
		return caller, "The query of the address cannot be read: " + err.Error() + ".", nil
	}
	caller.Headers = map[string][]string{}
	for line := range strings.Lines(sent.Get("_headers")) {
		name, value, ok := strings.Cut(line, ":")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !ok {
			return caller, "A header is a name, a colon and a value.", nil
		}
		name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
		caller.Headers[name] = append(caller.Headers[name], strings.TrimSpace(value))
	}
	switch sent.Get("_as") {
	case "superuser":
		caller.Auth = c.Caller.Auth
	case "user":
		if sent.Get("_user") == "" {
			return caller, "Choose the user who asks.", nil
		}
		caller.Auth, err = c.App.Records().FindByID(c.R.Context(), sent.Get("_accounts"), sent.Get("_user"))
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return caller, "There is no such user any more.", nil
		}
	}
	return caller, "", err
}

// bodyOf parses a JSON object; body is nil for an empty text.
func bodyOf(text string) (body map[string]any, problem string) {
	if strings.TrimSpace(text) == "" {
		return nil, ""
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(&body); err != nil || body == nil {
		return nil, "The body is no JSON object."
	}
	return body, ""
}

func judgeAll(c *console.Call, in *schema.Collection, caller record.Caller, body map[string]any) (list []verdict, err error) {
	rules := typedRules(c, in)
	id := c.R.PostForm.Get("_record")
	imagined := c.R.PostForm.Get("_on") == "body"
	if imagined {
		id = ""
	}
	for _, j := range judged {
		for _, r := range rules {
			if r.name != j.rule {
				continue
			}
			v := verdict{rule: r, state: "open"}
			switch {
			case r.unwritten(c):
				v.state, v.why = "bad", "no rule is written"
			case r.name == "manageRule" && caller.Auth == nil:
				v.state, v.why = "no", "a guest manages nobody"
			case j.operation == record.OpCreate && body == nil && !imagined:
				v.why = "write a body to try it"
			case j.operation != record.OpCreate && id == "" && !imagined:
				v.why = "choose a record to try it"
			default:
				caller.Method, caller.Body, caller.Context = j.method, nil, ""
				if r.ofAccounts() {
					caller.Body = body
				}
				if r.name == "authRule" {
					caller.Context = "password"
				}
				v, err = judge(c, caller, r, record.Question{Collection: in.ID, Operation: j.operation, Rule: r.text, ID: id, Body: body}, j.denied)
			}
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
	}
	return list, nil
}

func judge(c *console.Call, caller record.Caller, r rule, q record.Question, denied string) (verdict, error) {
	if q.Operation != record.OpCreate && q.ID != "" && q.Operation != record.OpUpdate {
		q.Body = nil
	}
	e, err := c.App.Records().Explain(c.R.Context(), c.Caller, caller, q)
	var f *fault.Error
	switch {
	case errors.As(err, &f) && f.Kind == fault.NotFound:
		return verdict{rule: r, state: "open", why: "there is no such record any more"}, nil
	case errors.As(err, &f) && f.Kind == fault.Invalid:
		return verdict{rule: r, state: "bad", why: cmp.Or(f.Reason, f.Message, "it cannot be judged")}, nil
	case err != nil:
		return verdict{}, err
	}
	v := verdict{rule: r, about: e, state: "no"}
	switch {
	case e.Problem != nil:
		v.state, v.why = "bad", e.Problem.Message
	case e.Allowed && caller.Superuser():
		v.state, v.why = "ok", "superusers always may"
	case e.Allowed && r.name == "authRule" && e.Clause == nil:
		v.state, v.why = "ok", "every account may"
	case e.Allowed && e.Clause == nil:
		v.state, v.why = "ok", "everyone may"
	case e.Allowed:
		v.state, v.why = "ok", "the rule holds"
	case r.text == nil && r.name == "authRule":
		v.why = "nobody may sign in · answers 403"
	case r.text == nil && r.name == "manageRule":
		v.why = "superusers only"
	case r.text == nil:
		v.why = "superusers only · answers 403"
	default:
		v.why = "does not hold: " + decisive(e.Clause) + " · " + denied
	}
	return v, nil
}

// decisive returns the text of the first part of a rule that decides.
func decisive(c *record.Clause) string {
	if c.Decides && c.Join != "" {
		return "no related record satisfies all of it"
	}
	for _, p := range c.Parts {
		if text := decisive(p); text != "" {
			return text
		}
	}
	if c.Decides && c.Join == "" {
		return c.Text
	}
	return ""
}

// mark is a range of a rule's text that the editor colours.
type mark struct {
	From int    `json:"from"` // in UTF-16 code units, as JavaScript counts
	To   int    `json:"to"`
	Kind string `json:"kind"` // "ok", "no" or "bad"
}

// marks returns, as JSON, the ranges of the rule that decide or are wrong.
func (v verdict) marks() string {
	list := []mark{}
	text := v.rule.expression()
	at := func(n int) int { return units(text[:min(n, len(text))]) }
	if v.about != nil && v.about.Problem != nil {
		pos := v.about.Problem.Pos
		list = append(list, mark{at(pos), at(pos + wordLength(text[min(pos, len(text)):])), "bad"})
	}
	var walk func(*record.Clause)
	walk = func(c *record.Clause) {
		if c.Decides && c.Known {
			list = append(list, mark{at(c.Pos), at(c.End), map[bool]string{true: "ok", false: "no"}[c.Holds]})
		}
		for _, p := range c.Parts {
			walk(p)
		}
	}
	if v.about != nil && v.about.Clause != nil {
		walk(v.about.Clause)
	}
	out, _ := json.Marshal(list) // not reached: numbers and strings can always be encoded
	return string(out)
}

// units returns the length of a text in UTF-16 code units.
func units(text string) (n int) {
	for _, r := range text {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// wordLength returns the length in bytes of the word at the beginning of a text, at least one
// character unless the text is empty.
func wordLength(text string) int {
	end := strings.IndexFunc(text, func(r rune) bool {
		return !strings.ContainsRune("@_.:", r) && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
	switch {
	case end < 0:
		return len(text)
	case end == 0:
		for i := range text {
			if i > 0 {
				return i
			}
		}
		return len(text)
	}
	return end
}

// sides names the compared values.
func sides(c *record.Clause) string {
	switch {
	case c.Left != "" && c.Right != "":
		return c.Left + " and " + c.Right
	case c.Left != "" || c.Right != "":
		return "with " + c.Left + c.Right
	}
	return ""
}
