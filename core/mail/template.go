package mail

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// Values holds the values of the placeholders of a template (docs/wire/auth-realtime-system.md
// §6.1).
type Values struct {
	Token     string // {TOKEN}
	OTP       string // {OTP}
	OTPID     string // {OTP_ID}
	AlertInfo string // {ALERT_INFO}; plain text
	Record    *record.Record

	// Accept is the Accept-Language of the request that causes the mail. It decides the language of
	// the mail if the record does not.
	Accept string
}

// Render fills in a template: the subject as plain text, the body as a whole HTML page. A
// placeholder without a value is left unchanged. Inserted values are not searched for placeholders.
// The language of the template is that of the record's language field, else that of Accept, if
// there is a translation.
func (s *Service) Render(t schema.Template, v Values) (subject, page string) {
	t = translated(t, v)
	meta := s.cfg.Settings().Meta
	subject = fill(t.Subject, func(name string) (string, bool) { return v.value(meta, name) })
	body := fill(t.Body, func(name string) (string, bool) {
		value, ok := v.value(meta, name)
		return html.EscapeString(value), ok
	})
	return subject, layout(html.EscapeString(subject), body)
}

// BaseURL returns the address of the app without a slash at its end. All links in mails begin with
// it.
func BaseURL(meta settings.Meta) string { return strings.TrimRight(meta.AppURL, "/") }

// value returns the value of the named placeholder.
func (v *Values) value(meta settings.Meta, name string) (value string, ok bool) {
	some := func(s string) (string, bool) { return s, s != "" }
	switch name {
	case "APP_NAME":
		return meta.AppName, true
	case "APP_URL":
		return BaseURL(meta), true
	case "TOKEN":
		return some(v.Token)
	case "OTP":
		return some(v.OTP)
	case "OTP_ID":
		return some(v.OTPID)
	case "ALERT_INFO":
		return some(v.AlertInfo)
	}
	field, ok := strings.CutPrefix(name, "RECORD:")
	if !ok || v.Record == nil {
		return "", false
	}
	// Hidden fields, such as passwords and token keys, are not inserted.
	if f := v.Record.Collection().Field(field); f == nil || f.Hidden {
		return "", false
	}
	return text(v.Record.Get(field)), true
}

// text returns the value of a field as text for a mail.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return schema.FormatTime(v)
	case []string:
		return strings.Join(v, ", ")
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(encoded)
}

// fill replaces each {NAME} for which value returns a value, in one pass.
func fill(template string, value func(name string) (string, bool)) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "{")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		// A brace that does not begin a placeholder is text, as in a style sheet; the search
		// continues right after it.
		if v, known := value(name); closed && known {
			out.WriteString(v)
			template = after
			continue
		}
		out.WriteByte('{')
		template = rest
	}
}

// layout returns the page around the body of every mail.
func layout(title, body string) string {
	return `<!doctype html>
<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>` + title + `</title>
<style>
body { margin: 0; padding: 24px 16px; background: #fff; color: #16161a; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 560px; }
a { color: inherit; }
.btn { display: inline-block; padding: 10px 20px; border-radius: 6px; background: #16161a; color: #fff !important; font-weight: 600; text-decoration: none; }
</style>
</head>
<body>
<main>
` + body + `
</main>
</body>
</html>
`
}

// withoutPassword returns the text without the password of the SMTP server.
func (s *Service) withoutPassword(text string) string {
	smtp := s.cfg.Settings().SMTP
	if len(smtp.Password) < 6 { // too short to be distinguished from other words
		return text
	}
	encode := base64.StdEncoding.EncodeToString
	return strings.NewReplacer(
		smtp.Password, "…",
		encode([]byte(smtp.Password)), "…",
		encode([]byte("\x00"+smtp.Username+"\x00"+smtp.Password)), "…",
	).Replace(text)
}
