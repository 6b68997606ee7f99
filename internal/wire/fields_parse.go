package wire

import (
	"errors"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/fault"
)

// maxFields is how long the parameter may be, in bytes.
const maxFields = 10_000

// ParseFields reads the parameter "fields": paths with dots, "*" for what is not
// mentioned on a level, and at the end of a path the modifier
// ":excerpt(max, withEllipsis)". Nothing wanted is the nil Fields, which wants all;
// what cannot be read is an Invalid fault.
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
			*leaf = node{} // the whole of it wins over parts of it
			continue
		}
		if leaf.excerpt, err = parseExcerpt(strings.TrimSpace(modifier)); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// grow makes the nodes on the way to the path and returns the last. What is wanted
// whole already stays so.
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

// splitFields splits at the commas that are in no parentheses and no quotes.
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
		e.ellipsis, _ = strconv.ParseBool(argument(args[1])) // Wire: what is no boolean is false
	}
	return e, nil
}

// argument is an argument of a modifier without spaces and quotes around it.
func argument(text string) string { return strings.Trim(text, "\"'` \t\r\n") }
