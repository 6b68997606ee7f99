package form

// RuleMode returns "locked" for a rule that only superusers pass, "open" for a rule that everybody
// passes, and "rule" for an expression.
func RuleMode(rule *string) string {
	switch {
	case rule == nil:
		return "locked"
	case *rule == "":
		return "open"
	}
	return "rule"
}

// RuleText returns the expression of a rule, "" if it has none.
func RuleText(rule *string) string {
	if rule == nil {
		return ""
	}
	return *rule
}
