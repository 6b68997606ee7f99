// The rule that holds at a node: list or view.

package record

// allow sets the rule that the records must satisfy. In an expand that is the view rule, even for
// records that refer to others.
func (t *treeRead) allow(n *treeNode) {
	if t.rq.superuser {
		return
	}
	rule := n.target.ViewRule
	if n.back && t.paged {
		rule = n.target.ListRule
	}
	if n.closed = rule == nil; !n.closed {
		n.rule = *rule
	}
}
