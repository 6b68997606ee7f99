package wire

import (
	"errors"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/fault"
)

// maxFields is the maximum length of the parameter in bytes.
const maxFields = 10_000

// ParseFields parses the parameter "fields": paths with dots, "*" for the other keys of a level,
// and the modifier ":excerpt(max, withEllipsis)" at the end of a path. An empty parameter gives the
// nil Fields, which selects everything. The fault is Invalid for a syntax error.
func ParseFields(text string) (*Fields, error) {
	if text == "" {
		return nil, nil
	}
	root, err := parseFields(text)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Reason: "fields: " + err.Error(), Err: err}
	}
	if root.all() {
		return nil, nil
	}
	return &Fields{root}, nil
}

func parseFields(text string) (*node, error) {
	if len(text) > maxFields {
		return nil, errors.New("too long")
	}
	items, err := splitFields(text)
	if err != nil {
		return nil, err
	}
	root := &node{}
	for _, item := range items {
		path, modifier, modified := strings.Cut(item, ":")
		if path = strings.TrimSpace(path); path == "" && !modified {
			continue
		}
		leaf := root.grow(strings.Split(path, "."))
		if !modified {
			*leaf = node{} // the whole value wins over parts of the value
			continue
		}
		if leaf.excerpt, err = parseExcerpt(strings.TrimSpace(modifier)); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// grow creates the nodes along the path and returns the last node. A value that is selected as a
// whole stays selected as a whole.
func (n *node) grow(path []string) *node {
	for i, key := range path {
		key = strings.TrimSpace(key)
		next := n.children[key]
		if key == "*" {
			next = n.rest
		}
		if next == nil {
			next = &node{}
			n.attach(key, next)
		} else if next.all() && i+1 < len(path) {
			return next
		}
		n = next
	}
	return n
}

func (n *node) attach(key string, next *node) {
	if key == "*" {
		n.rest = next
		return
	}
	if n.children == nil {
		n.children = map[string]*node{}
	}
	n.children[key] = next
}

// splitFields splits the text at commas outside of parentheses and quotes.
func splitFields(text string) ([]string, error) {
	var items []string
	start, depth, quote := 0, 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return nil, errors.New("unbalanced parentheses")
			}
		case c == ',' && depth == 0:
			items = append(items, text[start:i])
			start = i + 1
		}
	}
	if depth != 0 || quote != 0 {
		return nil, errors.New("unbalanced parentheses or quotes")
	}
	return append(items, text[start:]), nil
}

// parseExcerpt reads "excerpt(max)" or "excerpt(max, withEllipsis)".
func parseExcerpt(modifier string) (*excerpt, error) {
	inner, ok := strings.CutPrefix(modifier, "excerpt(")
	if ok {
		inner, ok = strings.CutSuffix(inner, ")")
	}
	if !ok {
		return nil, errors.New("unknown modifier " + strconv.Quote(modifier))
	}
	args := strings.Split(inner, ",")
	limit, err := strconv.Atoi(argument(args[0]))
	if err != nil || limit <= 0 || len(args) > 2 {
		return nil, errors.New("excerpt needs a positive length and at most one flag")
	}
	e := &excerpt{max: limit}
	if len(args) == 2 {
		e.ellipsis, _ = strconv.ParseBool(argument(args[1])) // Wire: an argument that is not a boolean is false
	}
	return e, nil
}

// argument returns an argument of a modifier without surrounding spaces and quotes.
func argument(text string) string { return strings.Trim(text, "\"'` \t\r\n") }
