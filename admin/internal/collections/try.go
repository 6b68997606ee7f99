package collections

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/complete"
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
	late  bool // the rule was not judged within tryTime

	wrong, meant string // an unknown name in the rule, and the name that was probably meant; both "" if there is none
	wrongAt      int    // byte offset of the unknown name in the rule
}

// tryTime is the maximum time for judging one rule; a form has up to seven rules.
const tryTime = 2 * time.Second

// judgement is a rule that the tester judges, with the operation that the rule decides.
type judgement struct {
	rule      string
	operation record.Operation
	method    string
	allowed   string // the effect on the client if the rule allows the operation
	denied    string // the effect on the client if the rule denies the operation
}

var judged = []judgement{
	{"listRule", record.OpList, http.MethodGet, "in the list", "left out of the list"},
	{"viewRule", record.OpView, http.MethodGet, "answers 200", "answers 404"},
	{"createRule", record.OpCreate, http.MethodPost, "answers 200", "answers 400"},
	{"updateRule", record.OpUpdate, http.MethodPatch, "answers 200", "answers 404"},
	{"deleteRule", record.OpDelete, http.MethodDelete, "answers 204", "answers 404"},
	// authRule and manageRule are judged on the stored account, with the body and the context of
	// the request, as an operation that writes nothing.
	{"authRule", record.OpView, http.MethodPost, "answers 200", "answers 403"},
	{"manageRule", record.OpView, http.MethodPatch, "a manager", "not a manager"},
}

// testerOf returns the tester for the parameters of the address: "as" is guest, user or superuser,
// "accounts" and "user" are the collection and the id of a user, "on" is the id of the record. If
// "on" is missing, the first record is chosen.
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

// knownRecord returns the record with the id. If there is no such record, the id is its title.
func knownRecord(c *console.Call, in *schema.Collection, id string) (records.Known, error) {
	found, err := records.WithIDs(c, in, id)
	if err != nil || len(found) == 0 {
		return records.Known{ID: id, Title: id}, err
	}
	return found[0], nil
}

// tryRules judges the typed rules, saved or not, for the chosen identity and record.
func tryRules(c *console.Call) error {
	in, err := c.Collection()
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
	t, wrong := attemptOf(c, in, caller)
	problem = cmp.Or(problem, wrong)
	var list []verdict
	if problem == "" {
		if list, err = judgeAll(c, t); err != nil {
			return err
		}
	}
	return c.Part(verdicts(in, list, problem, testOf(c, in, caller, list)))
}

// attempt is the input of the tester: the caller, and a record or a body.
type attempt struct {
	in       *schema.Collection
	caller   record.Caller
	id       string         // the id of a stored record; "" if no record is chosen
	imagined bool           // the body is judged as a record, although it is not stored
	body     map[string]any // nil if no body is written
}

// attemptOf reads the record and the body from the form. problem is a sentence about a body that
// cannot be read.
func attemptOf(c *console.Call, in *schema.Collection, caller record.Caller) (t attempt, problem string) {
	sent := c.R.PostForm
	t = attempt{in: in, caller: caller, imagined: sent.Get("_on") == "body"}
	if !t.imagined {
		t.id = sent.Get("_record")
	}
	t.body, problem = bodyOf(sent.Get("_body"))
	return t, problem
}

// question returns the caller and the question for a rule. If the rule needs a record or a body
// that the form lacks, missing tells the user what to do.
func (t attempt) question(j judgement, r rule) (caller record.Caller, q record.Question, missing string) {
	switch {
	case j.operation == record.OpCreate && t.body == nil && !t.imagined:
		return caller, q, "write a body to try it"
	case j.operation != record.OpCreate && t.id == "" && !t.imagined:
		return caller, q, "choose a record to try it"
	}
	caller = t.caller
	caller.Method = j.method
	if r.ofAccounts() {
		caller.Body = t.body
	}
	if r.name == "authRule" {
		caller.Context = "password"
	}
	q = record.Question{Collection: t.in.ID, Operation: j.operation, Rule: r.text, ID: t.id, Body: t.body}
	if t.id != "" && j.operation != record.OpCreate && j.operation != record.OpUpdate {
		q.Body = nil
	}
	return caller, q, ""
}

// requestOfForm reads the query and the headers of the request from the form. problem is a sentence
// about a query or header that cannot be read.
func requestOfForm(c *console.Call) (caller record.Caller, problem string) {
	sent := c.R.PostForm
	var err error
	caller.Query, err = url.ParseQuery(strings.TrimPrefix(strings.TrimSpace(sent.Get("_query")), "?"))
	if err != nil {
		return caller, "The query of the address cannot be read: " + err.Error() + "."
	}
	caller.Headers = map[string][]string{}
	for line := range strings.Lines(sent.Get("_headers")) {
		name, value, ok := strings.Cut(line, ":")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !ok {
			return caller, "A header is a name, a colon and a value."
		}
		name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
		caller.Headers[name] = append(caller.Headers[name], strings.TrimSpace(value))
	}
	return caller, ""
}

// callerOf reads the account and the request of the caller from the form. problem is a sentence
// about input that is missing or wrong.
func callerOf(c *console.Call) (caller record.Caller, problem string, err error) {
	if caller, problem = requestOfForm(c); problem != "" {
		return caller, problem, nil
	}
	sent := c.R.PostForm
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
	if err := d.Decode(&body); err != nil || body == nil || d.More() {
		return nil, "The body is no JSON object."
	}
	return body, ""
}

// judgeAll judges the typed rules in the order of judged. A rule that the collection lacks is left
// out.
func judgeAll(c *console.Call, t attempt) (list []verdict, err error) {
	rules := typedRules(c, t.in)
	for _, j := range judged {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.name == j.rule })
		if i < 0 {
			continue
		}
		v := verdict{rule: rules[i], state: "open"}
		if rules[i].unwritten(c) {
			v.state, v.why = "bad", "no rule is written"
		} else if caller, q, missing := t.question(j, rules[i]); missing != "" {
			v.why = missing
		} else if v, err = judge(c, caller, rules[i], q, j); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func judge(c *console.Call, caller record.Caller, r rule, q record.Question, j judgement) (verdict, error) {
	ctx, cancel := context.WithTimeout(c.R.Context(), tryTime)
	defer cancel()
	e, err := c.App.Records().Explain(ctx, c.Caller, caller, q)
	var f *fault.Error
	switch {
	case errors.Is(err, record.ErrTimeLimit):
		return verdict{rule: r, state: "bad", why: "no answer within 2 seconds", late: true}, nil
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
		v.misspelt(c.App.Snapshot(), q)
	case r.name == "manageRule" && caller.Auth == nil:
		v.why = "a guest manages nobody"
	case e.Allowed:
		v.state, v.why = "ok", whyAllowed(r, e, caller)+" · "+j.allowed
	default:
		v.why = whyDenied(r, e, j)
	}
	return v, nil
}

func whyAllowed(r rule, e *record.Explanation, caller record.Caller) string {
	switch {
	case caller.Superuser():
		return "superusers always may"
	case e.Clause != nil:
		return "the rule holds"
	case r.name == "authRule":
		return "every account may"
	}
	return "everyone may"
}

func whyDenied(r rule, e *record.Explanation, j judgement) string {
	switch {
	case r.text != nil:
		return "does not hold: " + decisive(e.Clause) + " · " + j.denied
	case r.name == "authRule":
		return "nobody may sign in · answers 403"
	case r.name == "manageRule":
		return "superusers only"
	}
	return "superusers only · answers 403"
}

// misspelt sets wrong and meant if the rule has an unknown name and a known name is similar.
func (v *verdict) misspelt(snapshot *schema.Snapshot, q record.Question) {
	text, pos := v.rule.expression(), v.about.Problem.Pos
	if pos >= len(text) {
		return
	}
	path := text[pos : pos+wordLength(text[pos:])]
	if m, ok := complete.Nearest(snapshot, snapshot.ByID(q.Collection), path); ok {
		v.wrong, v.meant, v.wrongAt = m.Wrong, m.Meant, pos+m.Pos
	}
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
		end := pos + wordLength(text[min(pos, len(text)):])
		if v.meant != "" {
			pos, end = v.wrongAt, v.wrongAt+len(v.wrong)
		}
		list = append(list, mark{at(pos), at(end), "bad"})
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

// sides lists the two compared values, then the values that decide. A side with several values is
// in brackets.
func sides(c *record.Clause) string {
	left, right := sideWords(c.Left), sideWords(c.Right)
	switch {
	case left != "" && right != "":
		left += " and " + right
	case left != "" || right != "":
		left = "with " + left + right
	}
	for _, s := range []record.Side{c.Left, c.Right} {
		var deciding []string
		for i, decides := range s.Decides {
			if decides {
				deciding = append(deciding, shortened(s.Values[i]))
			}
		}
		if len(deciding) > 0 {
			left += " · decided by " + strings.Join(slices.Compact(deciding), ", ")
		}
	}
	return left
}

func sideWords(s record.Side) string {
	values := make([]string, len(s.Values))
	for i, v := range s.Values {
		values[i] = shortened(v)
	}
	list := strings.Join(values, ", ")
	if !s.Many {
		return list
	}
	if s.More {
		list += ", …"
	}
	return "[" + list + "]"
}

// maxShown is the number of bytes to which a compared value is cut on the page.
const maxShown = 200

// shortened cuts a value to maxShown bytes.
func shortened(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}
