package reference

import (
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
)

// ruleLine describes the rule of an operation: its label, and either its expression or, for a rule
// without one, the allowed identities in words.
type ruleLine struct{ label, words, expression string }

// ruleOf describes the rule of the operation with the id. ok is false if no single rule decides the
// operation.
func ruleOf(in *schema.Collection, id string) (line ruleLine, ok bool) {
	var rule *string
	switch id {
	case "list", "aggregate", "websocket", "sse", "gql-list", "gql-live":
		line.label, rule = "List rule", in.ListRule
	case "view", "gql-one":
		line.label, rule = "View rule", in.ViewRule
	case "create", "gql-create":
		line.label, rule = "Create rule", in.CreateRule
	case "update", "upload":
		line.label, rule = "Update rule", in.UpdateRule
	case "delete":
		line.label, rule = "Delete rule", in.DeleteRule
	case "password", "otp", "oauth2", "refresh":
		line.label, rule = "Sign-in rule", in.Auth.AuthRule
	default:
		return line, false
	}
	switch mode := form.RuleMode(rule); {
	case mode == "open" && line.label == "Sign-in rule":
		line.words = "every account"
	case mode == "open":
		line.words = "everyone"
	case mode == "locked" && line.label == "Sign-in rule":
		line.words = "nobody"
	case mode == "locked":
		line.words = "superusers only"
	default:
		line.expression = *rule
	}
	return line, true
}
